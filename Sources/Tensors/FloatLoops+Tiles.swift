import CKernels

extension FloatLoops {
  /// A vector loop.
  public static func rounded(_ m: Matrix<Float>) -> Tensor<BFloat16> { m.rounded() }

  /// oneDNN's product of bfloat16 numbers where the processor has one.
  public static func multiply(
    _ a: Matrix<BFloat16>, _ b: Matrix<BFloat16>, transposed: Bool, adding: Bool,
    into c: MutableMatrix<Float>
  ) {
    BFloat16Kernels.product(a, b, transposed: transposed, adding: adding, into: c)
  }

  /// A vector loop for each row.
  public static func addToSoftmax(
    _ scores: MutableMatrix<Float>, visible: (Int) -> Range<Int>, maxima: MutableMatrix<Float>,
    totals: MutableMatrix<Float>, scaling output: MutableMatrix<Float>
  ) {
    precondition(maxima.columns == scores.rows && totals.columns == scores.rows)
    precondition(output.rows == scores.rows)
    for i in 0..<scores.rows {
      let range = visible(i).clamped(to: 0..<scores.columns)
      heed_softmax_add(
        scores.base + i * scores.stride, scores.columns, range.lowerBound, range.upperBound,
        maxima.base + i, totals.base + i, output.base + i * output.stride, output.columns)
    }
  }

  /// A vector loop for each row.
  public static func divide(_ m: MutableMatrix<Float>, by divisors: Matrix<Float>) {
    precondition(divisors.columns == m.rows)
    for i in 0..<m.rows where divisors.base[i] != 0 {
      heed_scale(m.base + i * m.stride, 1 / divisors.base[i], m.columns)
    }
  }

  /// A vector loop for each row.
  public static func weigh(
    _ scores: MutableMatrix<Float>, visible: (Int) -> Range<Int>, maxima: Matrix<Float>,
    totals: Matrix<Float>, entropies: MutableMatrix<Float>?
  ) {
    precondition(maxima.columns == scores.rows && totals.columns == scores.rows)
    precondition(entropies.map { $0.columns == scores.rows } ?? true)
    for i in 0..<scores.rows {
      let range = visible(i).clamped(to: 0..<scores.columns)
      let entropy = heed_softmax_weigh(
        scores.base + i * scores.stride, scores.columns, range.lowerBound, range.upperBound,
        maxima.base[i], totals.base[i])
      entropies?.base[i] = entropy
    }
  }

  /// A vector loop with a logarithm of its own.
  public static func summarise(
    _ weights: Matrix<Float>, row: Int, query: Int, firstKey: Int, byKey: inout [Double],
    byOffset: inout [Double], first: Int, entropy: Double?
  ) -> RowSummary {
    precondition(firstKey >= 0 && byKey.count >= firstKey + weights.columns)
    precondition(first + firstKey >= 0 && byOffset.count >= first + firstKey + weights.columns)
    var summary = heed_row_summary()
    weights.withRow(row) { row in
      byKey.withUnsafeMutableBufferPointer { byKey in
        byOffset.withUnsafeMutableBufferPointer { byOffset in
          guard let weights = row.baseAddress, let byKey = byKey.baseAddress,
            let byOffset = byOffset.baseAddress
          else { return }
          heed_summarise_row(
            weights, row.count, query - firstKey, entropy ?? .nan, byKey + firstKey,
            byOffset + first + firstKey,
            &summary)
        }
      }
    }
    return RowSummary(
      entropy: summary.entropy, total: summary.total, distance: summary.distance,
      maximum: Double(summary.maximum), strongest: firstKey + summary.strongest)
  }

  /// A vector loop for each row.
  public static func pool(
    _ weights: Matrix<Float>, by pool: Int, offset: Int, maxima: inout [Float],
    sums: inout [Float]
  ) {
    let end = weights.columns == 0 ? 0 : (offset + weights.columns - 1) / pool + 1
    precondition(pool > 0 && offset >= 0 && maxima.count >= end && sums.count >= end)
    maxima.withUnsafeMutableBufferPointer { maxima in
      sums.withUnsafeMutableBufferPointer { sums in
        guard let maxima = maxima.baseAddress, let sums = sums.baseAddress else { return }
        for i in 0..<weights.rows {
          heed_pool_row(
            weights.base + i * weights.stride, weights.columns, offset, pool, maxima, sums)
        }
      }
    }
  }
}
