import Models
import Tensors

/// How much a later head's matrices read of what an earlier head writes.
///
/// `‖W₁ W₂‖ / (‖W₁‖ ‖W₂‖)` in Frobenius norms, with `W₁ = W_V W_O` of the earlier head and `W₂` of the later
/// one: `W_Q W_Kᵀ` for its queries, its transpose for its keys, `W_V W_O` for its values. A random pair
/// gives about 1/√dModel, which is subtracted.
///
/// Goals: exact, and products so large that they run at full speed. An orthonormal factor at either end
/// changes no norm, so `W_V = Q T` leaves `‖T W_O · …‖`, as narrow as a head, and the same at the other end:
/// a pair is one block of one product of a layer's writers and another's readers.
///
/// Source: Elhage et al. 2021, "A Mathematical Framework for Transformer Circuits"; they subtract the mean
/// of random samples where heed subtracts its limit.
public enum Composition: String, Sendable, CaseIterable {
  case query, key, value

  /// Why no head has such a score; nil when some have.
  static func obstacle(_ facts: ScoreFacts) -> String? {
    facts.headWeightsObstacle
      ?? (facts.plan.layers < 2 ? "the model has one layer, no head is earlier" : nil)
  }

  /// The strongest composition of every head with a head of an earlier layer; `.nan` in the first layer.
  ///
  /// - Complexity: O((layers × heads × dHead)² × dModel) time; memory for the readers of a few layers.
  func table<Element: Scalar>(_ input: ScoreInput<Element>) throws -> HeadTable {
    let model = input.part
    let (layers, heads) = (model.plan.layers, model.plan.heads)
    let random = 1 / Double(model.plan.dModel).squareRoot()
    var table = HeadTable(repeating: -.infinity, layers: layers, heads: heads)
    // So many layers are read from at once that every writer is made only a few times.
    let attention = model.plan.blocks[0].attention
    let perLayer = model.plan.dModel * heads * max(attention.dHead, attention.dValue)
    let step = max(1, Self.elementsAtOnce / perLayer)
    for start in stride(from: 1, to: layers, by: step) {
      let later = start..<min(layers, start + step)
      let reading = later.map { readers(model.headWeights(layer: $0, as: Element.self)) }
      for layer in 0..<later.upperBound - 1 {
        let writers = Self.writers(model.headWeights(layer: layer, as: Element.self))
        for (index, side) in zip(later, reading) where index > layer {
          let best = Self.strongest(writers, side)
          for head in 0..<heads {
            let place = HeadIndex(layer: index, head: head)
            table[place] = max(table[place], best[head] - random)
          }
        }
        try input.onProgress(
          (Double(start - 1) + Double(later.count * (layer + 1)) / Double(later.upperBound))
            / Double(layers))
      }
    }
    // The first layer has nothing before it; heads of zeros have no ratio.
    return HeadTable(
      layers: layers, heads: heads, values: table.values.map { $0.isFinite ? $0 : .nan })
  }

  /// 256 MiB in single precision.
  private static let elementsAtOnce = 1 << 26

  /// All heads' matrices side by side, narrowed, and the norm of each.
  private struct Side<Element: Scalar> {
    let matrices: Tensor<Element>
    let norms: [Double]
  }

  /// What every head writes, `[heads · dValue, dModel]`: `T W_O` with `W_V = Q T`.
  private static func writers<Element: Scalar>(_ layer: LayerHeadWeights<Element>) -> Side<Element>
  {
    let parts = each(layer.heads) { index -> Tensor<Element> in
      let head = layer[index]
      let factor = SmallProducts.factor(SmallProducts.gram(head.value))
      return SmallProducts.product(factor.converted(to: Element.self), head.output)
    }
    let width = parts[0].shape[0]
    var matrices = Tensor<Element>(
      uninitialized: [layer.heads * width, parts[0].shape[1]])
    let target = matrices.mutableMatrix()
    for (index, part) in parts.enumerated() {
      target.rows(index * width..<(index + 1) * width).copy(from: part.matrix)
    }
    return Side(matrices: matrices, norms: parts.map { norm($0.matrix) })
  }

  /// What every head reads with, `[dModel, heads · width]`: `W_Q Tᵀ` with `W_K = Q T`, and so on.
  private func readers<Element: Scalar>(_ layer: LayerHeadWeights<Element>) -> Side<Element> {
    let parts = Self.each(layer.heads) { index -> Tensor<Element> in
      let head = layer[index]
      let (reading, end) =
        switch self {
        case .query: (head.query, head.key)
        case .key: (head.key, head.query)
        case .value: (head.value, head.output.matrix.transposed)
        }
      let factor = SmallProducts.factor(SmallProducts.gram(end)).matrix.transposed
      return SmallProducts.product(reading, factor.converted(to: Element.self))
    }
    let width = parts[0].shape[1]
    var matrices = Tensor<Element>(
      uninitialized: [parts[0].shape[0], layer.heads * width])
    let target = matrices.mutableMatrix()
    for (index, part) in parts.enumerated() {
      target.columns(index * width..<(index + 1) * width).copy(from: part.matrix)
    }
    return Side(matrices: matrices, norms: parts.map { Self.norm($0.matrix) })
  }

  /// For every reader the largest ratio with a writer.
  private static func strongest<Element: Scalar>(
    _ writers: Side<Element>, _ readers: Side<Element>
  ) -> [Double] {
    let (rows, columns) = (writers.matrices.matrix, readers.matrices.matrix)
    let (height, width) = (
      rows.rows / writers.norms.count, columns.columns / readers.norms.count
    )
    return each(readers.norms.count) { reader in
      var products = Tensor<Element>(uninitialized: [rows.rows, width])
      Element.PreferredKernels.multiply(
        rows, columns.columns(reader * width..<(reader + 1) * width), transposed: false, scale: 1,
        adding: false, into: products.mutableMatrix())
      let ratios = writers.norms.indices.map { writer in
        norm(products.matrix.rows(writer * height..<(writer + 1) * height))
          / (writers.norms[writer] * readers.norms[reader])
      }
      return ratios.max() ?? .nan
    }
  }

  /// Frobenius.
  private static func norm<Element: Scalar>(_ matrix: Matrix<Element>) -> Double {
    Element.PreferredKernels.dots(matrix, matrix).reduce(0, +).squareRoot()
  }

  /// What `make` makes of every index, on several threads.
  private static func each<Result: Sendable>(
    _ count: Int, _ make: @Sendable (Int) -> Result
  ) -> [Result] {
    let results = Slots<Result>(count: count)
    Parallel.forEach(count) { results.put(make($0), at: $0) }
    return results.take()
  }
}
