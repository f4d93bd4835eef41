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
    /// What is read off a run before some layer: of a classifier the classes, whatever the position.
    func distribution(_ trace: Trace<Float>, layer: Int) throws -> Distribution {
      guard model.plan.head.isOfClasses else {
        return try model.distribution(trace, layer: layer, position: position)
      }
      return try Distribution.ofClasses(model, trace, layer: layer)
    }
    let top = try distribution(trace, layer: trace.layers).top(10).map(guess)
    let target = try token ?? distribution(base, layer: base.layers).top(1).first?.id ?? 0
    var (lens, rise): ([Guess], [Double]) = ([], [])
    for layer in 0...trace.layers {
      let distribution = try distribution(trace, layer: layer)
      lens += distribution.top(1).map(guess)
      rise.append(Double.exp(-distribution.loss(target)))
    }
    // Heads add to the row that the output reads: a classifier's first one, where that alone is read.
    let isReadAtOnce = [.everyToken, .first].contains(model.plan.head.reading)
    let contributions =
      isReadAtOnce
      ? try DirectAttribution.table(model, trace, [.init(position: position, id: target)]) : nil
    let ids = trace.prompt.ids
    let hasNext = trace.isCausal && !model.plan.head.isOfClasses && position + 1 < ids.count
    let right = hasNext ? ids[position + 1] : target
    self.init(
      top: top,
      target: Guess(id: target, bytes: open.spell(target) ?? [], probability: rise.last ?? .nan),
      lens: lens, rise: rise, contributions: contributions,
      obstacle: contributions != nil
        ? nil
        : isReadAtOnce
          ? "the output head reads something narrower than heads write to"
          : "the class is read from several tokens at once",
      lastLayer: isReadAtOnce
        ? try LastLayer.of(model, trace, position: position, id: right) : nil,
      lastLayerToken: open.spell(right) ?? [])
  }
}
