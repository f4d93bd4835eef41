import Models
import Tensors

/// How much a later head's matrices read of what an earlier head writes.
///
/// `‖W₁ W₂‖ / (‖W₁‖ ‖W₂‖)` in Frobenius norms, with `W₁ = W_V W_O` of the earlier head and `W₂` of the later
/// one: `W_Q W_Kᵀ` for its queries, its transpose for its keys, `W_V W_O` for its values. A random pair
/// gives about 1/√dModel, which is subtracted.
///
/// Source: Elhage et al. 2021, "A Mathematical Framework for Transformer Circuits"; they subtract the mean
/// of random samples where heed subtracts its limit.
public enum Composition: String, Sendable, CaseIterable {
  case query, key, value

  /// The strongest composition of every head with a head of an earlier layer; `.nan` in the first layer.
  ///
  /// Norms of products are taken through the small matrices in between, never through `[dModel, dModel]`.
  ///
  /// - Complexity: O((layers × heads)² × dHead² × dModel).
  func table<Element: Scalar>(_ input: ScoreInput<Element>) throws -> HeadTable {
    let model = input.model
    var table = input.undefined
    let random = 1 / Double(model.plan.dModel).squareRoot()
    var earlier: [(output: Tensor<Element>, small: SmallProducts)] = []
    for layer in 0..<model.plan.layers {
      let heads = model.plan.heads(inLayer: layer).map {
        model.headWeights($0, as: Element.self)
      }
      let products = heads.map(SmallProducts.init)
      if !earlier.isEmpty {
        let results = Slots<Double>(count: heads.count)
        Parallel.forEach(heads.count) { [earlier] head in
          let best = earlier.map {
            strength(from: $0, to: heads[head], products[head])
          }.max()
          results.put((best ?? .nan) - random, at: head)
        }
        for (head, value) in results.take().enumerated() {
          table[HeadIndex(layer: layer, head: head)] = value
        }
      }
      earlier += zip(heads, products).map { ($0.output.matrix.transposed, $1) }
      try input.onProgress(Double(layer + 1) / Double(model.plan.layers))
    }
    return table
  }

  /// The ratio for one pair.
  ///
  /// - Parameter first: The earlier head's output matrix as columns, `[dModel, dHead]`, and its products.
  private func strength<Element: Scalar>(
    from first: (output: Tensor<Element>, small: SmallProducts), to second: HeadWeights<Element>,
    _ small: SmallProducts
  ) -> Double {
    let (read, end, norm) =
      switch self {
      case .query: (second.query, small.key, small.queryKeyNorm)
      case .key: (second.key, small.query, small.queryKeyNorm)
      case .value: (second.value, small.output, small.valueOutputNorm)
      }
    // ‖V₁ M R‖² = tr(Mᵀ (V₁ᵀV₁) M (R Rᵀ)) with M = O₁ · what the later head reads with.
    let middle = SmallProducts.product(transposing: first.output, read)
    let left = SmallProducts.product(first.small.value, middle)
    let square = SmallProducts.trace(
      SmallProducts.product(transposing: middle, left), end)
    return max(0, square).squareRoot() / (first.small.valueOutputNorm * norm)
  }
}
