import Analysis
import Models
import Tensors

extension Forecast {
  /// What a run expects after a position.
  ///
  /// - Parameter base: The run without any change: its most probable token is the one whose rise and
  ///   contributions are shown, so that they stay comparable.
  init(_ open: OpenModel, _ trace: Trace<Float>, base: Trace<Float>, at position: Int) throws {
    let model = open.model
    func guess(_ candidate: Distribution.Candidate) -> Guess {
      Guess(
        id: candidate.id, bytes: open.spell(candidate.id) ?? [], probability: candidate.probability)
    }
    let top = try model.distribution(trace, position: position).top(10).map(guess)
    let target = try model.distribution(base, position: position).top(1).first?.id ?? 0
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
      top: top, lens: lens, rise: rise, contributions: contributions,
      obstacle: contributions == nil
        ? "the output head reads something narrower than heads write to" : nil,
      lastLayer: try LastLayer.of(model, trace, position: position, id: right),
      lastLayerToken: open.spell(right) ?? [])
  }
}
