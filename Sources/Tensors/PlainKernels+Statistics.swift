/// What scores of maps are made of, in double precision whatever the scalar.
extension PlainKernels {
  /// The largest number of a row is taken off first, so that nothing overflows.
  @_specialize(where Element == Float) @_specialize(where Element == Double)
  public static func addLogSums(of m: Matrix<Element>, to sums: inout [Double]) {
    precondition(sums.count == m.rows)
    for i in 0..<m.rows {
      let row = m.withRow(i) { row in
        let highest = Double(row.max() ?? 0)
        return highest + Double.log(row.reduce(0) { $0 + Double.exp(Double($1) - highest) })
      }
      sums[i] = LogSum.joined(sums[i], row)
    }
  }

  /// Number by number.
  @_specialize(where Element == Float) @_specialize(where Element == Double)
  public static func raise(_ maxima: inout [Double], toMaximaOf m: Matrix<Element>) {
    for i in 0..<m.rows {
      maxima[i] = m.withRow(i) { $0.reduce(maxima[i]) { max($0, Double($1)) } }
    }
  }

  /// Number by number, in double precision.
  @_specialize(where Element == Float) @_specialize(where Element == Double)
  public static func divergences(
    _ a: Matrix<Element>, _ b: Matrix<Element>, logSums: [Double], _ others: [Double]
  ) -> [Double] {
    (0..<a.rows).map { i in
      var sum = 0.0
      for j in 0..<a.columns {
        let p = Double.exp(Double(a[i, j]) - logSums[i])
        let q = Double.exp(Double(b[i, j]) - others[i])
        guard p + q > 0 else { continue }
        sum += (p + q) / 4 * DivergenceTerm.value((q - p) / (q + p))
      }
      return sum
    }
  }

  /// Number by number, in double precision.
  @_specialize(where Element == Float) @_specialize(where Element == Double)
  public static func sumOfDifferences(_ a: Matrix<Element>, _ b: Matrix<Element>) -> Double {
    precondition(a.rows == b.rows && a.columns == b.columns)
    var sum = 0.0
    for i in 0..<a.rows { for j in 0..<a.columns { sum += Double(abs(a[i, j] - b[i, j])) } }
    return sum
  }

  /// Number by number, up to the first that is not.
  @_specialize(where Element == Float) @_specialize(where Element == Double)
  public static func allFinite(_ m: Matrix<Element>) -> Bool {
    (0..<m.rows).allSatisfy { m.withRow($0) { $0.allSatisfy(\.isFinite) } }
  }

  /// Key by key, in double precision.
  @_specialize(where Element == Float) @_specialize(where Element == Double)
  public static func sum(
    _ weights: Matrix<Element>, row: Int, keys: ArraySlice<Int32>, shift: Int
  ) -> Double {
    weights.withRow(row) { row in
      var sum = 0.0
      for key in keys where row.indices.contains(Int(key) + shift) {
        sum += Double(row[Int(key) + shift])
      }
      return sum
    }
  }

  /// Key by key, in double precision.
  @_specialize(where Element == Float) @_specialize(where Element == Double)
  public static func divergence(
    _ a: Matrix<Element>, _ b: Matrix<Element>, row: Int
  ) -> Double {
    precondition(a.columns == b.columns)
    var sum = 0.0
    for key in 0..<a.columns {
      let (p, q) = (Double(a[row, key]), Double(b[row, key]))
      let middle = (p + q) / 2
      if p > 0 { sum += p * Double.log(p / middle) }
      if q > 0 { sum += q * Double.log(q / middle) }
    }
    return sum / 2
  }
}

/// Sums of numbers that are known by their logarithms.
enum LogSum {
  /// `ln(exp a + exp b)`.
  static func joined(_ a: Double, _ b: Double) -> Double {
    guard a.isFinite else { return b }
    let (low, high) = (min(a, b), max(a, b))
    return high + Double.log(1 + Double.exp(low - high))
  }
}

/// One term of a Jensen–Shannon divergence.
enum DivergenceTerm {
  /// `(1 + r) ln(1 + r) + (1 − r) ln(1 − r)`; for small `r` by its series.
  static func value(_ r: Double) -> Double {
    let square = r * r
    if square < 0.01 {
      return square * (1 + square * (1.0 / 6 + square * (1.0 / 15 + square / 28)))
    }
    func part(_ x: Double) -> Double { x > 0 ? x * Double.log(x) : 0 }
    return part(1 + r) + part(1 - r)
  }
}
