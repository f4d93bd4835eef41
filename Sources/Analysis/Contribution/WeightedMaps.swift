import Models
import Tensors

/// Maps that count how much each key really adds: weights times the norms of what they carry.
public enum WeightedMap: String, Sendable, CaseIterable {
  /// `A[query, key] · ‖v[key]‖`, rows divided by their sums.
  case value
  /// `‖A[query, key] · v[key] W_O‖`, not normalised.
  case norm

  /// Rows of one head's weighted map, `[rows, keys]`.
  ///
  /// - Parameters:
  ///   - model: The model that made the run.
  ///   - rows: Which queries.
  ///
  /// Source: of the first Feucht et al. 2025, "The Dual-Route Model of Induction"; of the second Kobayashi
  /// et al. 2020, "Attention is Not Only a Weight" [R].
  public func rows<Element: Scalar>(
    _ model: Model, _ trace: Trace<Element>, _ head: HeadIndex, _ rows: Range<Int>
  ) -> Tensor<Double> {
    let tile = trace.exactPattern(head, rows: rows, columns: 0..<trace.keyCount)
    return weighted(tile.converted(to: Double.self), norms: norms(model, trace, head))
  }

  /// The norm of what each key carries.
  func norms<Element: Scalar>(
    _ model: Model, _ trace: Trace<Element>, _ head: HeadIndex
  ) -> [Double] {
    typealias K = Element.PreferredKernels
    let values = trace.values(head)
    guard self == .norm else { return K.dots(values, values).map { $0.squareRoot() } }
    let width = values.columns
    let part = model.part(trace.plan)
    let output = part.outputProjection(layer: head.layer, as: Element.self).matrix
      .rows(head.head * width..<(head.head + 1) * width)
    var carried = Tensor<Element>(uninitialized: [values.rows, output.columns])
    K.multiply(
      values, output, transposed: false, scale: 1, adding: false, into: carried.mutableMatrix())
    return K.dots(carried.matrix, carried.matrix).map { $0.squareRoot() }
  }

  /// A tile of weights times norms, rows normalised or not.
  func weighted(_ tile: Tensor<Double>, norms: [Double]) -> Tensor<Double> {
    var result = tile
    let target = result.mutableMatrix()
    for row in 0..<target.rows {
      target.withRow(row) { numbers in
        var sum = 0.0
        for key in numbers.indices {
          numbers[key] *= norms[key]
          sum += numbers[key]
        }
        guard self == .value, sum > 0 else { return }
        for key in numbers.indices { numbers[key] /= sum }
      }
    }
    return result
  }
}
