import Tensors

/// How few directions a matrix uses.
enum LowRank {
  /// The share of the trace in the largest eigenvalues of a symmetric matrix that has none below zero:
  /// of a matrix's squared norm in its largest singular values.
  ///
  /// - Returns: From 0 to 1; `.nan` for zeros.
  static func energy(_ gram: Tensor<Double>, top: Int) -> Double {
    let sorted = Spectrum.eigenvalues(gram.elements, size: gram.shape[0]).map { max(0, $0) }
      .sorted(by: >)
    let total = sorted.reduce(0, +)
    return total > 0 ? sorted.prefix(top).reduce(0, +) / total : .nan
  }
}
