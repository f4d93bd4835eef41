import Models
import Tensors

/// Maps between some of the tokens of other maps, such as those that stand in another text as well.
///
/// What a query gives to the tokens that are left out is left out, so that rows may sum to less than one.
struct SelectedPatterns: PatternSource {
  let base: any PatternSource
  /// Which tokens, ascending.
  let positions: [Int]

  /// Nil for maps whose queries and keys are not the same tokens, and for fewer than two tokens.
  init?(_ base: any PatternSource, _ positions: [Int]) {
    guard base.queryCount == base.keyCount, positions.count > 1 else { return nil }
    (self.base, self.positions) = (base, positions)
  }

  /// Those of the whole maps.
  var layers: Int { base.layers }
  /// Those of the whole maps.
  var heads: Int { base.heads }
  /// As many as were selected.
  var queryCount: Int { positions.count }
  /// As many as were selected.
  var keyCount: Int { positions.count }
  /// As the whole maps: the order of tokens is kept.
  var isCausal: Bool { base.isCausal }
  /// That of the whole maps.
  var bytesInMemory: Int { base.bytesInMemory }

  func pattern(_ head: HeadIndex, rows: Range<Int>, columns: Range<Int>) -> Tensor<Float> {
    let (queries, keys) = (Array(positions[rows]), Array(positions[columns]))
    guard let top = queries.first, let bottom = queries.last, let left = keys.first,
      let right = keys.last
    else { return Tensor([], shape: [queries.count, keys.count]) }
    let whole = base.pattern(head, rows: top..<bottom + 1, columns: left..<right + 1).matrix
    var elements: [Float] = []
    elements.reserveCapacity(queries.count * keys.count)
    for query in queries {
      whole.withRow(query - top) { row in
        for key in keys { elements.append(row[key - left]) }
      }
    }
    return Tensor(elements, shape: [queries.count, keys.count])
  }
}
