import Models

/// One head's queries and keys, as softmax reads them.
public struct HeadVectors: Sendable {
  /// The width of the head.
  public let dHead: Int
  /// What products are multiplied by before softmax.
  public let scale: Double
  /// After position encoding, row-major `[seq, dHead]`.
  public let queries, keys: [Float]

  /// Vectors of a head.
  public init(dHead: Int, scale: Double, queries: [Float], keys: [Float]) {
    self.dHead = dHead
    self.scale = scale
    self.queries = queries
    self.keys = keys
  }

  /// One head's vectors in a run.
  init(_ trace: Trace<Float>, _ head: HeadIndex) {
    let plan = trace.plan.blocks[head.layer].attention
    let (queries, keys) = (trace.queries(head), trace.keys(head))
    self.init(
      dHead: plan.dHead, scale: plan.scale,
      queries: (0..<queries.rows).flatMap { queries.withRow($0) { Array($0) } },
      keys: (0..<keys.rows).flatMap { keys.withRow($0) { Array($0) } })
  }

  /// One query; zeros outside the prompt.
  func query(_ position: Int) -> [Float] { row(queries, position) }
  /// One key; zeros outside the prompt.
  func key(_ position: Int) -> [Float] { row(keys, position) }

  /// What each dimension adds to the score of a query and a key: `scale · q ∘ k`.
  func products(query: Int, key: Int) -> [Float] {
    zip(self.query(query), self.key(key)).map { $0 * $1 * Float(scale) }
  }

  private func row(_ rows: [Float], _ position: Int) -> [Float] {
    guard position >= 0, (position + 1) * dHead <= rows.count else {
      return Array(repeating: 0, count: dHead)
    }
    return Array(rows[position * dHead..<(position + 1) * dHead])
  }
}

/// How long the values of a run are: `‖v‖` of every key in every layer and head.
public struct ValueLengths: Sendable {
  /// `[layer][head][key]`.
  public let norms: [[[Float]]]

  /// Norms of every layer, head and key.
  public init(_ norms: [[[Float]]]) { self.norms = norms }

  /// The norms in a run.
  init(_ trace: Trace<Float>) {
    norms = (0..<trace.layers).map { layer in
      (0..<trace.heads).map { head in
        let values = trace.values(HeadIndex(layer: layer, head: head))
        return (0..<values.rows).map { row in
          values.withRow(row) { $0.reduce(0) { $0 + $1 * $1 } }.squareRoot()
        }
      }
    }
  }

  subscript(head: HeadIndex) -> [Float] { norms[head.layer][head.head] }
}
