import Models
import Tensors

/// How far heads' outputs move when a part of the prompt is taken out.
public enum ContextDependence {
  /// The mean over the tokens after the span of ‖output with it − output without it‖, for every head.
  ///
  /// - Returns: `.nan` when no token follows the span, or none stands outside it.
  /// - Throws: What running throws.
  static func table<Element: Scalar>(
    _ input: ScoreInput<Element>, span: Range<Int>
  ) throws -> HeadTable {
    typealias K = Element.PreferredKernels
    let full = try input.trace()
    let kept = full.prompt.tokens.indices.filter { !span.contains($0) }
    let later = kept.enumerated().filter { $0.element >= span.upperBound }
    guard !later.isEmpty else { return input.undefined }
    let short = try input.model.run(kept.map { full.prompt.tokens[$0] }, inPlaceOf: full)
    var rows: [[Double]] = []
    for layer in 0..<full.layers {
      let output = input.part.outputProjection(layer: layer, as: Element.self)
      let dValue = full.plan.blocks[layer].attention.dValue
      rows.append(
        full.plan.heads(inLayer: layer).map { head in
          let columns = head.head * dValue..<(head.head + 1) * dValue
          var difference = Tensor<Element>(uninitialized: [later.count, dValue])
          let target = difference.mutableMatrix()
          for (row, pair) in later.enumerated() {
            let line = target.rows(row..<row + 1)
            line.copy(from: short.weightedValues(head).rows(pair.offset..<pair.offset + 1))
            K.scale(line, by: -1)
            K.add(full.weightedValues(head).rows(pair.element..<pair.element + 1), to: line)
          }
          var moved = Tensor<Element>(uninitialized: [later.count, output.shape[1]])
          K.multiply(
            difference.matrix, output.matrix.rows(columns), transposed: false, scale: 1,
            adding: false, into: moved.mutableMatrix())
          return Statistics.mean(K.dots(moved.matrix, moved.matrix).map { $0.squareRoot() })
        })
      try input.onProgress(Double(layer + 1) / Double(full.layers))
    }
    return HeadTable(rows: rows)
  }
}
