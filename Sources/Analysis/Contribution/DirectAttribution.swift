import Models
import Tensors

/// What each head adds to a logit directly, the final norm's scale taken as it was.
///
/// `(o / s) · u`: `o` a head's output in the residual stream, `s` the scale of the final norm at that token in
/// the full run, `u` the token's row of the output head with the norm's gain folded in and, for a layer
/// norm, centred. Later layers' use of `o` is left out. Biases belong to no head: what a value bias, which every
/// row hands on whole, adds to `o` is taken off, as folding it into the output's bias does.
///
/// Source: Elhage et al. 2021, "A Mathematical Framework for Transformer Circuits"; TransformerLens'
/// `stack_head_results` and `apply_ln_to_stack`.
public enum DirectAttribution {
  /// A logit, or the difference of two, at some positions.
  public struct Target: Sendable, Hashable {
    /// Where.
    public let position: Int
    /// Whose logit.
    public let id: Int
    /// Whose is subtracted; nil for none.
    public let against: Int?

    /// The logit of `id` after `position`, less that of `against`.
    public init(position: Int, id: Int, against: Int? = nil) {
      self.position = position
      self.id = id
      self.against = against
    }
  }

  /// Every position but the last with the token that follows it.
  public static func nextTokens(_ ids: [Int]) -> [Target] {
    ids.indices.dropLast().map { Target(position: $0, id: ids[$0 + 1]) }
  }

  /// The mean over the targets of what each head adds, in logits.
  ///
  /// - Returns: nil where the output head reads something narrower than the residual stream.
  /// - Throws: `ModelError.outputHeadMissing`; what `onProgress` throws.
  public static func table<Element: Scalar>(
    _ model: Model, _ trace: Trace<Element>, _ targets: [Target],
    onProgress: (Double) throws -> Void = { _ in }
  ) throws -> HeadTable? {
    typealias K = Element.PreferredKernels
    let ids = Set(targets.flatMap { [$0.id] + ($0.against.map { [$0] } ?? []) }).sorted()
    guard let rows = try model.unembedding(ids, as: Element.self) else { return nil }
    let place = Dictionary(ids.enumerated().map { ($1, $0) }) { first, _ in first }
    let scales = model.finalScales(trace)
    var directions = Tensor<Element>(
      repeating: 0, shape: [targets.count, model.plan.dModel])
    let target = directions.mutableMatrix()
    for (index, wanted) in targets.enumerated() {
      let row = target.rows(index..<index + 1)
      if let against = wanted.against.flatMap({ place[$0] }) {
        K.add(rows.matrix.rows(against..<against + 1), to: row)
        K.scale(row, by: -1)
      }
      if let own = place[wanted.id] { K.add(rows.matrix.rows(own..<own + 1), to: row) }
      let factor = model.plan.head.scale / scales[wanted.position]
      K.scale(row, by: Element(factor))
    }
    // Cross attention writes into the same residual stream through weights of its own.
    let part = model.part(trace.plan)
    var tables: [[Double]] = []
    for (layer, block) in part.plan.blocks.enumerated() {
      // What each number of z adds, `[targets, heads · dValue]`.
      let output = part.outputProjection(layer: layer, as: Element.self)
      var effects = Tensor<Element>(uninitialized: [targets.count, output.shape[0]])
      K.multiply(
        directions.matrix, output.matrix, transposed: true, scale: Element(block.residualScale),
        adding: false, into: effects.mutableMatrix())
      tables.append(
        part.plan.heads(inLayer: layer).map { head in
          let z = trace.weightedValues(head)
          let width = block.attention.dValue
          let own = effects.matrix.columns(head.head * width..<(head.head + 1) * width)
          let bias = part.valueBias(head, as: Element.self)
          var sum = 0.0
          for (index, wanted) in targets.enumerated() {
            let rows = wanted.position..<wanted.position + 1
            sum += K.dots(z.rows(rows), own.rows(index..<index + 1))[0]
            guard let bias else { continue }
            let share = 1 - trace.sinkShares(head, rows: rows)[0]
            sum -= share * K.dots(bias.matrix, own.rows(index..<index + 1))[0]
          }
          return sum / Double(targets.count)
        })
      try onProgress(Double(layer + 1) / Double(part.plan.layers))
    }
    return HeadTable(rows: tables)
  }
}
