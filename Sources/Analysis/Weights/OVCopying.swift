import Models
import Tensors

/// How much of what a head's value and output weights do is copying, by the signs of their eigenvalues.
///
/// `Re(Σ λ) / Σ |λ|`: 1 when all eigenvalues are positive, −1 when all are negative, 0 for a rotation.
/// The eigenvalues of a large product of low rank are those of the small product taken the other way
/// round: `eig(W_V W_O) = eig(W_O W_V)` but for zeros, `eig(W_E W_V W_O W_U) = eig(W_O (W_U W_E) W_V)`.
///
/// Source: Elhage et al. 2021, "A Mathematical Framework for Transformer Circuits"; TransformerLens'
/// notebooks, on folded and centred weights.
public enum OVCopying {
  /// The share of a matrix's eigenvalues that is positive, signed.
  ///
  /// - Parameter matrix: `[n, n]`.
  /// - Returns: From −1 to 1; `.nan` for a matrix of zeros, or with a number that is not finite.
  public static func score(_ matrix: Matrix<Double>) -> Double {
    guard let eigenvalues = Eigenvalues.of(matrix) else { return .nan }
    let magnitude = eigenvalues.reduce(0) { $0 + $1.magnitude }
    return magnitude > 0 ? eigenvalues.reduce(0) { $0 + $1.real } / magnitude : .nan
  }

  /// The score of every head.
  ///
  /// - Parameter kind: How tokens enter; nil for the residual stream itself.
  static func table<Element: Scalar>(
    _ input: ScoreInput<Element>, _ kind: Model.EffectiveEmbedding?
  ) throws -> HeadTable {
    let model = input.model
    var middle: Tensor<Element>?
    if let kind {
      guard let product = try model.vocabularyProduct(kind, as: Element.self) else {
        return input.undefined
      }
      middle = product
    }
    return try input.forEachHeadWeights { [middle] weights in
      let output = middle.map { SmallProducts.product(weights.output, $0) } ?? weights.output
      let small = SmallProducts.product(output, weights.value)
      return score(small.converted(to: Double.self).matrix)
    }
  }
}
