extension PlainKernels {
  /// The plain kernels compute what is asked for.
  public static var roundsFactors: Bool { false }

  /// Number by number.
  @_specialize(where Element == Float) @_specialize(where Element == Double)
  public static func rounded(_ m: Matrix<Element>) -> Tensor<BFloat16> {
    Tensor(
      (0..<m.rows).flatMap { m.withRow($0) { $0.map { BFloat16(Float($0)) } } },
      shape: [m.rows, m.columns])
  }

  /// Widened, then three loops.
  public static func multiply(
    _ a: Matrix<BFloat16>, _ b: Matrix<BFloat16>, transposed: Bool, adding: Bool,
    into c: MutableMatrix<Element>
  ) {
    multiply(
      a.widened().converted(to: Element.self).matrix,
      b.widened().converted(to: Element.self).matrix, transposed: transposed, scale: 1,
      adding: adding, into: c)
  }

  /// Row by row.
  @_specialize(where Element == Float) @_specialize(where Element == Double)
  public static func addToSoftmax(
    _ scores: MutableMatrix<Element>, visible: (Int) -> Range<Int>,
    maxima: MutableMatrix<Element>, totals: MutableMatrix<Element>,
    scaling output: MutableMatrix<Element>
  ) {
    for i in 0..<scores.rows {
      let range = visible(i).clamped(to: 0..<scores.columns)
      let before = maxima[0, i]
      scores.withRow(i) { row in
        let highest = row[range].reduce(before, max)
        var sum: Element = 0
        for j in row.indices {
          // Before any finite score: −∞ less −∞ would be no number.
          let weight = range.contains(j) && row[j] != -.infinity
          row[j] = weight ? Element.exp(row[j] - highest) : 0
          sum += row[j]
        }
        let factor = before == -.infinity ? 0 : Element.exp(before - highest)
        maxima[0, i] = highest
        totals[0, i] = totals[0, i] * factor + sum
        output.withRow(i) { row in for j in row.indices { row[j] *= factor } }
      }
    }
  }

  /// Row by row.
  @_specialize(where Element == Float) @_specialize(where Element == Double)
  public static func divide(_ m: MutableMatrix<Element>, by divisors: Matrix<Element>) {
    for i in 0..<m.rows where divisors[0, i] != 0 {
      let divisor = divisors[0, i]
      m.withRow(i) { row in for j in row.indices { row[j] /= divisor } }
    }
  }

  /// Row by row.
  @_specialize(where Element == Float) @_specialize(where Element == Double)
  public static func weigh(
    _ scores: MutableMatrix<Element>, visible: (Int) -> Range<Int>, maxima: Matrix<Element>,
    totals: Matrix<Element>, entropies: MutableMatrix<Element>?
  ) {
    for i in 0..<scores.rows {
      let range = visible(i).clamped(to: 0..<scores.columns)
      let (maximum, total) = (maxima[0, i], totals[0, i])
      scores.withRow(i) { row in
        for j in row.indices {
          row[j] =
            range.contains(j) && total != 0 ? Element.exp(row[j] - maximum) / total : 0
        }
        guard let entropies else { return }
        entropies[0, i] = row.reduce(0) { $1 == 0 ? $0 : $0 - $1 * Element.log($1) }
      }
    }
  }

  /// Key by key, in double precision.
  @_specialize(where Element == Float) @_specialize(where Element == Double)
  public static func summarise(
    _ weights: Matrix<Element>, row: Int, query: Int, firstKey: Int, byKey: inout [Double],
    byOffset: inout [Double], first: Int, entropy: Double?
  ) -> RowSummary {
    weights.withRow(row) { row in
      var (sum, total, distance, maximum, strongest) = (0.0, 0.0, 0.0, 0.0, firstKey)
      for (column, weight) in row.enumerated() {
        let (p, key) = (Double(weight), firstKey + column)
        if entropy == nil, p > 0 { sum -= p * Double.log(p) }
        total += p
        distance += p * Double(abs(query - key))
        if p > maximum { (maximum, strongest) = (p, key) }
        byKey[key] += p
        byOffset[first + key] += p
      }
      return RowSummary(
        entropy: entropy ?? sum, total: total, distance: distance, maximum: maximum,
        strongest: strongest)
    }
  }

  /// Weight by weight.
  @_specialize(where Element == Float) @_specialize(where Element == Double)
  public static func pool(
    _ weights: Matrix<Element>, by pool: Int, offset: Int, maxima: inout [Float],
    sums: inout [Float]
  ) {
    for i in 0..<weights.rows {
      for j in 0..<weights.columns {
        let (weight, block) = (Float(weights[i, j]), (offset + j) / pool)
        if !(maxima[block] >= weight) { maxima[block] = weight }
        sums[block] += weight
      }
    }
  }
}
