import Analysis
import Models
import Tensors
import Testing

/// One head's map, given as rows.
private struct FixedMap: PatternSource {
  let rows: [[Float]]
  var layers: Int { 1 }
  var heads: Int { 2 }
  var queryCount: Int { rows.count }
  var keyCount: Int { rows.first?.count ?? 0 }
  var isCausal: Bool { true }

  func pattern(_ head: HeadIndex, rows: Range<Int>, columns: Range<Int>) -> Tensor<Float> {
    let weights = rows.flatMap { row in
      columns.map { head.head == 0 ? self.rows[row][$0] : ($0 == row ? 1 : 0) }
    }
    return Tensor(weights, shape: [rows.count, columns.count])
  }
}

private let here = HeadIndex(layer: 0, head: 0)
private let diagonal = HeadIndex(layer: 0, head: 1)

@Test func `maps as they should be pass all checks`() {
  let checks = MapChecks(FixedMap(rows: [[1, 0], [0.25, 0.75]])) { _ in }
  #expect(checks.worstSum == 0 && checks.leak == 0 && checks.undefined == 0)
  #expect(checks.rows == 4 && checks.allRows == 4)
}

@Test func `a row that does not sum to one is found, with its head`() {
  let checks = MapChecks(FixedMap(rows: [[1, 0], [0.25, 0.5]])) { _ in }
  #expect(checks.worstSum == 0.25 && checks.worstHead == here)
}

@Test func `weight on the future and NaN are found`() {
  let checks = MapChecks(FixedMap(rows: [[0.5, 0.5], [.nan, 1]])) { _ in }
  #expect(checks.leak == 0.5 && checks.undefined == 1)
}

@Test func `beyond the budget evenly spaced rows stand for all, the last among them`() {
  let rows = (0..<16).map { row in (0..<16).map { Float($0 == 0 ? 1 : 0) * (row == 15 ? 2 : 1) } }
  let checks = MapChecks(FixedMap(rows: rows), budget: 128) { _ in }
  #expect(checks.rows == 8 && checks.allRows == 32)
  #expect(checks.worstSum == 1)
}

@Test func `maps without a common key are one apart, equal ones nothing`() {
  let map = FixedMap(rows: [[1, 0, 0], [1, 0, 0], [1, 0, 0]])
  let rows = MapDistance.rows(of: map)
  #expect(rows == [0, 1, 2])
  #expect(MapDistance.totalVariation(map, here, map, here, rows: rows) == 0)
  // Two of three rows look elsewhere.
  #expect(abs(MapDistance.totalVariation(map, here, map, diagonal, rows: rows) - 2 / 3) < 1e-9)
  #expect(MapDistance.totalVariation(map, here, map, diagonal, rows: []).isNaN)
}

@Test func `a long map is compared on spread rows, the last among them`() {
  let map = FixedMap(rows: Array(repeating: [1], count: 1000))
  let rows = MapDistance.rows(of: map, most: 10)
  #expect(rows.count == 10 && rows.first == 99 && rows.last == 999)
}
