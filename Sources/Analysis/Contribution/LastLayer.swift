import Models
import Tensors

/// What the last layer adds directly to a token's logit: where it is negative for the right token, the layer
/// holds the model back from being too sure.
///
/// The stream's step over the last block, read as `DirectAttribution` reads heads; attention is the sum of the
/// block's heads, the rest (its MLP and every bias) is what remains.
///
/// Source: "anti-overconfidence" after SCORES 6.6 [R]: from memory, unchecked.
public struct LastLayer: Sendable, Hashable {
  /// Whose logit.
  public let id: Int
  /// What the heads of the last layer add, in logits.
  public let attention: Double
  /// What its MLP and biases add, in logits.
  public let rest: Double

  /// A token and its two parts.
  public init(id: Int, attention: Double, rest: Double) {
    (self.id, self.attention, self.rest) = (id, attention, rest)
  }

  /// The parts for a token after a position.
  ///
  /// - Returns: nil where the output head reads something narrower than the residual stream.
  /// - Throws: `ModelError.outputHeadMissing`.
  public static func of<Element: Scalar>(
    _ model: Model, _ trace: Trace<Element>, position: Int, id: Int
  ) throws -> LastLayer? {
    typealias K = Element.PreferredKernels
    let target = DirectAttribution.Target(position: position, id: id)
    guard let row = try model.unembedding([id], as: Element.self),
      let table = try DirectAttribution.table(model, trace, [target])
    else { return nil }
    let factor = Double(model.plan.head.scale) / Double(model.finalScales(trace)[position])
    let rows = position..<position + 1
    let steps = trace.residuals.suffix(2).map { residual in
      K.dots(residual.matrix.rows(rows), row.matrix)[0]
    }
    guard steps.count == 2 else { return nil }
    let heads = table.rows.last?.reduce(0, +) ?? .nan
    return LastLayer(id: id, attention: heads, rest: factor * (steps[1] - steps[0]) - heads)
  }
}
