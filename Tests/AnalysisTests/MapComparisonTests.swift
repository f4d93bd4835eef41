import Models
import Tensors
import Testing

@testable import Analysis

/// Maps of two heads that are given row by row.
private struct GivenMaps: PatternSource {
  let rows: [[[Float]]]
  let layers = 1
  var heads: Int { rows.count }
  var queryCount: Int { rows[0].count }
  var keyCount: Int { rows[0][0].count }
  let isCausal = true

  func pattern(_ head: HeadIndex, rows range: Range<Int>, columns: Range<Int>) -> Tensor<Float> {
    Tensor(
      range.flatMap { Array(rows[head.head][$0][columns]) }, shape: [range.count, columns.count])
  }
}

@Test func `two maps are as far apart as the weight that went elsewhere`() throws {
  let a = GivenMaps(rows: [[[1, 0], [0.5, 0.5]], [[1, 0], [1, 0]]])
  let b = GivenMaps(rows: [[[1, 0], [0.25, 0.75]], [[1, 0], [0, 1]]])
  #expect(MapDistance.table(a, b)?.values == [0.125, 0.5])
  #expect(MapDistance.table(a, a)?.values == [0, 0])
  #expect(MapDistance.table(a, GivenMaps(rows: [[[1]], [[1]]])) == nil)
  #expect(MapDistance.table(a, GivenMaps(rows: [a.rows[0]])) == nil)
}

@Test func `a head points at a token when its strongest key is that token of the prompt`() {
  let maps = GivenMaps(rows: [
    [[1, 0, 0], [1, 0, 0], [0.1, 0.8, 0.1]],
    [[1, 0, 0], [1, 0, 0], [0.9, 0.1, 0]],
    [[1, 0, 0], [1, 0, 0], [0.1, 0.1, 0.8]],
    [[1, 0, 0], [1, 0, 0], [0, 0.6, 0.4]],
  ])
  let prompt = Prompt(ids: [5, 7])
  // The third head looks at a 7 too, but that one was written, not given.
  let pointers = HeadPointer.all(in: maps, to: 7, prompt: prompt)
  #expect(pointers.map(\.head.head) == [0, 3])
  #expect(pointers.map(\.key) == [1, 1] && pointers[0].weight == 0.8)
  #expect(HeadPointer.all(in: maps, to: 5, prompt: prompt).map(\.head.head) == [1])
  #expect(HeadPointer.all(in: maps, to: 4, prompt: prompt).isEmpty)
}
