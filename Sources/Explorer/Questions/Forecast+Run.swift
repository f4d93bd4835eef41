import Analysis
import Models
import Tensors

extension Forecast {
  /// What a run expects after a position.
  ///
  /// - Parameters:
  ///   - base: The run without any change: its most probable token is the one whose rise and contributions
  ///     are shown where no other is asked for, so that they stay comparable.
  ///   - token: The one that is asked for.
  /// - Throws: `ExplorerError.badArgument` for a token that the model does not have.
  init(
    _ open: OpenModel, _ trace: Trace<Float>, base: Trace<Float>, at position: Int, of token: Int?
  ) throws {
    let count = open.model.plan.head.outputCount
    if let token, !(0..<count).contains(token) {
      throw ExplorerError.badArgument(
        command: "token", found: "#\(token)", expected: "#0 to #\(count - 1)")
    }
    let model = open.model
    func guess(_ candidate: Distribution.Candidate) -> Guess {
      Guess(
        id: candidate.id, bytes: open.spell(candidate.id) ?? [], probability: candidate.probability)
    }
    let top = try model.distribution(trace, position: position).top(10).map(guess)
    let target = try token ?? model.distribution(base, position: position).top(1).first?.id ?? 0
    var (lens, rise): ([Guess], [Double]) = ([], [])
    for layer in 0...trace.layers {
      let distribution = try model.distribution(trace, layer: layer, position: position)
      lens += distribution.top(1).map(guess)
      rise.append(Double.exp(-distribution.loss(target)))
    }
    let contributions = try DirectAttribution.table(
      model, trace, [.init(position: position, id: target)])
    let ids = trace.prompt.ids
    let right = trace.isCausal && position + 1 < ids.count ? ids[position + 1] : target
    self.init(
      top: top,
      target: Guess(id: target, bytes: open.spell(target) ?? [], probability: rise.last ?? .nan),
      lens: lens, rise: rise, contributions: contributions,
      obstacle: contributions == nil
        ? "the output head reads something narrower than heads write to" : nil,
      lastLayer: try LastLayer.of(model, trace, position: position, id: right),
      lastLayerToken: open.spell(right) ?? [])
  }
}
