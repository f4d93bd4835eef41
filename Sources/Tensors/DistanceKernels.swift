extension PlainKernels {
  /// Number by number.
  @_specialize(where Element == Float) @_specialize(where Element == Double)
  public static func addByDistance(
    queries: Matrix<Element>?, keys: Matrix<Element>?, rows: [Int32], firstQuery: Int,
    to scores: MutableMatrix<Element>
  ) {
    let zero = rows.count / 2
    for i in 0..<scores.rows {
      scores.withRow(i) { target in
        for j in target.indices {
          let row = Int(rows[zero + firstQuery + i - j])
          if let queries { target[j] += queries[i, row] }
          if let keys { target[j] += keys[j, row] }
        }
      }
    }
  }

  /// Number by number.
  @_specialize(where Element == Float) @_specialize(where Element == Double)
  public static func sumByDistance(
    _ gradient: Matrix<Element>, rows: [Int32], firstQuery: Int,
    queries: MutableMatrix<Element>?, keys: MutableMatrix<Element>?
  ) {
    let zero = rows.count / 2
    for i in 0..<gradient.rows {
      for j in 0..<gradient.columns {
        let row = Int(rows[zero + firstQuery + i - j])
        if let queries { queries[i, row] += gradient[i, j] }
        if let keys { keys[j, row] += gradient[i, j] }
      }
    }
  }
}

extension OneDNNKernels {
  /// The plain loop: it gathers from places that no vector unit foresees.
  public static func addByDistance(
    queries: Matrix<Float>?, keys: Matrix<Float>?, rows: [Int32], firstQuery: Int,
    to scores: MutableMatrix<Float>
  ) {
    PlainKernels<Float>.addByDistance(
      queries: queries, keys: keys, rows: rows, firstQuery: firstQuery, to: scores)
  }
}

extension FloatLoops {
  /// The plain loop: it scatters to places that no vector unit foresees.
  public static func sumByDistance(
    _ gradient: Matrix<Float>, rows: [Int32], firstQuery: Int, queries: MutableMatrix<Float>?,
    keys: MutableMatrix<Float>?
  ) {
    PlainKernels<Float>.sumByDistance(
      gradient, rows: rows, firstQuery: firstQuery, queries: queries, keys: keys)
  }
}

extension BFloat16Kernels {
  /// In single precision: only products are bfloat16.
  public static func addByDistance(
    queries: Matrix<Float>?, keys: Matrix<Float>?, rows: [Int32], firstQuery: Int,
    to scores: MutableMatrix<Float>
  ) {
    OneDNNKernels.addByDistance(
      queries: queries, keys: keys, rows: rows, firstQuery: firstQuery, to: scores)
  }
}
