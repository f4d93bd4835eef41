import Tensors

/// Some rows of a map, cut to stretches of keys.
struct KeyTile<Element: Scalar>: Sendable {
  /// Which keys the columns are, one stretch after the other.
  let keys: [Range<Int>]
  /// `[rows, keys of all stretches]`.
  let weights: Tensor<Element>

  /// The same rows over the keys from 0, zeros between the stretches: `[rows, keys up to the last]`.
  var dense: Tensor<Element> {
    if keys.isEmpty || (keys.count == 1 && keys[0].lowerBound == 0) { return weights }
    var result = Tensor<Element>(
      repeating: 0, shape: [weights.shape[0], keys.last?.upperBound ?? 0])
    let target = result.mutableMatrix()
    var column = 0
    for range in keys {
      target.columns(range).copy(from: weights.matrix.columns(column..<column + range.count))
      column += range.count
    }
    return result
  }
}

/// One head under a rule: what maps and the forward pass ask.
struct RuledHead<K: Kernels>: Sendable {
  let head: RuleHead<K>
  let rule: HeadRule<K.Element>
  /// What a row may sum to.
  let rows: RowSum

  init(_ head: RuleHead<K>, _ rule: any AttentionRule) {
    self.head = head
    self.rule = rule.prepare(head)
    // A learned sink takes a part of every row.
    let sums = type(of: rule).card.rows
    rows = head.attention.sink != nil && sums == .one ? .atMostOne : sums
  }

  /// How many queries make a tile: a mask's tiles are narrow, so they may be taller.
  var rowsPerTile: Int {
    if case .softmax(.some, nil, nil) = rule.weights { return 64 }
    return AttentionTiling.rowsPerTile(seq: head.seq)
  }

  /// The weights of some queries.
  func tile(_ rows: Range<Int>) -> KeyTile<K.Element> {
    let tile = unchecked(rows)
    assert(sumsFit(tile.weights), "rows of \(rows) do not sum to what the rule's card says")
    return tile
  }

  private func unchecked(_ rows: Range<Int>) -> KeyTile<K.Element> {
    switch rule.weights {
    case .map(let make):
      let weights = make(rows)
      return KeyTile(keys: [0..<weights.shape[1]], weights: weights)
    case .mixture(let parts):
      let width = head.width(rows)
      var sum = Tensor<K.Element>(repeating: 0, shape: [rows.count, width])
      for part in parts {
        K.add(
          softmax(rows, keys: part.keys).matrix, scale: K.Element(part.share),
          to: sum.mutableMatrix())
      }
      return KeyTile(keys: [0..<width], weights: sum)
    case .softmax(let mask?, nil, nil):
      return masked(mask, rows)
    case .softmax(let mask, let scores, let weights):
      let width = head.width(rows)
      var tile = head.scores(rows, keys: 0..<width)
      let target = tile.mutableMatrix()
      if let scores { Rows.change(target, firstQuery: rows.lowerBound, scores) }
      head.softmax(target, rows: rows, keys: [0..<width], mask: mask)
      if let weights { Rows.change(target, firstQuery: rows.lowerBound, weights) }
      return KeyTile(keys: [0..<width], weights: tile)
    }
  }

  /// The softmax over the keys that a mask leaves, `[rows, width]`.
  func softmax(_ rows: Range<Int>, keys mask: KeyMask?) -> Tensor<K.Element> {
    let width = head.width(rows)
    var tile = head.scores(rows, keys: 0..<width)
    head.softmax(tile.mutableMatrix(), rows: rows, keys: [0..<width], mask: mask)
    return tile
  }

  /// Only the stretches of keys that some of the queries keep are multiplied at all.
  private func masked(_ mask: KeyMask, _ rows: Range<Int>) -> KeyTile<K.Element> {
    // Stretches that nearly touch are cheaper as one.
    let ranges = KeyMask.merged(
      rows.flatMap { mask.keys($0, visible: head.visible($0)) }, gap: 32)
    let width = ranges.reduce(0) { $0 + $1.count }
    guard width > 0 else {
      return KeyTile(keys: [], weights: Tensor(uninitialized: [rows.count, 0]))
    }
    var tile = Tensor<K.Element>(uninitialized: [rows.count, width])
    let target = tile.mutableMatrix()
    var column = 0
    for range in ranges {
      head.score(rows, keys: range, into: target.columns(column..<column + range.count))
      column += range.count
    }
    head.softmax(target, rows: rows, keys: ranges, mask: mask)
    return KeyTile(keys: ranges, weights: tile)
  }

  /// Pattern · values of some queries.
  ///
  /// - Parameter target: `[rows, dValue]`.
  func weightedValues(_ rows: Range<Int>, into target: MutableMatrix<K.Element>) {
    let tile = tile(rows)
    var column = 0
    for (index, range) in tile.keys.enumerated() {
      K.multiply(
        tile.weights.matrix.columns(column..<column + range.count), head.values.rows(range),
        transposed: false, scale: 1, adding: index > 0, into: target)
      column += range.count
    }
    if tile.keys.isEmpty {
      for row in 0..<target.rows {
        Rows.fill(target, row: row, columns: 0..<target.columns, with: 0)
      }
    }
    if let output = rule.output { Rows.change(target, firstQuery: rows.lowerBound, output) }
  }

  /// Whether every row sums to what the card says, up to rounding.
  private func sumsFit(_ weights: Tensor<K.Element>) -> Bool {
    let tolerance = K.Element.self == Double.self ? 1e-9 : 1e-3
    return (0..<weights.matrix.rows).allSatisfy { row in
      rows.allows(Rows.doubles(weights.matrix, row).reduce(0, +), tolerance: tolerance)
    }
  }
}
