import Tensors

/// Each query reads the first chunk, the latest ones and the best others, laid side by side.
struct LongHeadsRule: AttentionRule {
  private static let chunk = RuleParameter.whole(
    "chunk", 256, help: "tokens in a chunk; scale it down for short prompts")
  private static let chunks = RuleParameter.whole(
    "chunks", 16, 2...(1 << 20), "chunks that a query reads")
  private static let begin = RuleParameter.whole(
    "begin", 0, 0...(1 << 30), "queries before this read everything; chunk · chunks when 0")

  static let card = RuleCard(
    name: "longheads", title: "LongHeads: chosen chunks",
    formula: "softmax over chunk 0, the last complete and the current chunk and the best others by"
      + " q · chunk key before rotation, rotated as if they stood side by side",
    family: .repositioning, label: .asPublished, evidence: .code,
    source:
      "Lu et al. 2024; LuLuLuyi/LongHeads modeling_llama.py (other sizes than 256 and 16: scaled)",
    parameters: [chunk, chunks, begin], needs: [.unrotated, .causal],
    kvFraction: "1 (chunk · chunks / n are read)")

  let chunk, chunks, begin: Int

  init(_ spec: RuleSpec) {
    chunk = spec.whole(Self.chunk)
    chunks = spec.whole(Self.chunks)
    begin = spec.whole(Self.begin)
  }

  func prepare<K: Kernels>(_ head: RuleHead<K>) -> HeadRule<K.Element> {
    let (chunk, chunks) = (chunk, chunks)
    let begin = begin > 0 ? begin : chunk * chunks
    guard head.seq > begin else { return .unchanged }
    let features = chunkKeys(head)
    let unrotated = head.unrotatedQueries
    // Within its chunk a key is turned back to 0, 1, …; chunks then differ by whole chunks only.
    let keys = head.turned(head.keys, by: (0..<head.seq).map { $0 % chunk - $0 })
    var rule = HeadRule<K.Element>.map { rows in
      let width = head.width(rows)
      var tile = head.scores(rows, keys: 0..<width)
      head.softmax(tile.mutableMatrix(), rows: rows, keys: [0..<width], mask: nil)
      let late = rows.clamped(to: begin..<max(begin, rows.upperBound))
      guard !late.isEmpty, features.shape[0] > 0 else { return tile }
      let gates = head.scores(of: unrotated.matrix.rows(late).copied, keys: features.matrix)
      let chosen = late.map { query in
        Self.chosen(
          Rows.doubles(gates.matrix, query - late.lowerBound), current: query / chunk,
          count: chunks)
      }
      // For each place in the row, the queries as that place sees them.
      let places = chosen.map(\.count).max() ?? 0
      let turned = (0..<places).map { place in
        head.turned(
          head.queries.rows(late),
          by: late.map { query in
            let own = chosen[query - late.lowerBound].count - 1
            return (own - place) * chunk + query % chunk - query
          })
      }
      Rows.change(
        tile.mutableMatrix().rows(late.lowerBound - rows.lowerBound..<rows.count),
        firstQuery: late.lowerBound
      ) { query, row in
        let index = query - late.lowerBound
        var positions: [Int] = []
        var scores: [Double] = []
        for (place, number) in chosen[index].enumerated() {
          let range = number * chunk..<min((number + 1) * chunk, query + 1)
          positions += range
          let line = turned[place].matrix.rows(index..<index + 1).copied
          scores += Rows.doubles(head.scores(of: line, keys: keys.matrix.rows(range)).matrix, 0)
        }
        row.update(repeating: 0)
        for (key, weight) in zip(positions, scores.softmax) { row[key] = weight }
      }
      return tile
    }
    rule.facts = [RuleFact("chunks", features.shape[0])]
    return rule
  }

  /// The chunks of one query in order: the first, the last complete, the current one, and the best others.
  static func chosen(_ scores: [Double], current: Int, count: Int) -> [Int] {
    let always = Set([0, max(0, current - 1), current])
    let others = (0..<current).filter { !always.contains($0) }
    let best = others.map { scores[$0] }.largest(max(0, count - always.count)).map { others[$0] }
    return (Array(always) + best).sorted()
  }

  /// One key for each complete chunk, `[chunks, dHead]`: attention within the chunk, its mean over queries,
  /// and that vector's attention over the chunk's keys.
  private func chunkKeys<K: Kernels>(_ head: RuleHead<K>) -> Tensor<K.Element> {
    let count = head.seq / chunk
    let width = head.plan.dHead
    var result = Tensor<K.Element>(uninitialized: [count, width])
    let target = result.mutableMatrix()
    for number in 0..<count {
      let range = number * chunk..<(number + 1) * chunk
      let deltas = Array(repeating: -range.lowerBound, count: chunk)
      let queries = head.turned(head.queries.rows(range), by: deltas)
      let keys = head.turned(head.keys.rows(range), by: deltas)
      var weights = head.scores(of: queries, keys: keys.matrix)
      K.softmax(weights.mutableMatrix())
      // The mean of the outputs is the output of the mean row.
      var mean = [Double](repeating: 0, count: chunk)
      for row in 0..<chunk {
        for (key, weight) in Rows.doubles(weights.matrix, row).enumerated() {
          mean[key] += weight / Double(chunk)
        }
      }
      let shares: Tensor<K.Element> = Rows.tensor(mean, shape: [1, chunk])
      var feature = Tensor<K.Element>(uninitialized: [1, width])
      K.multiply(
        shares.matrix, head.values.rows(range), transposed: false, scale: 1, adding: false,
        into: feature.mutableMatrix())
      var last = head.scores(of: feature, keys: keys.matrix)
      K.softmax(last.mutableMatrix())
      K.multiply(
        last.matrix, keys.matrix, transposed: false, scale: 1, adding: false,
        into: target.rows(number..<number + 1))
    }
    return result
  }
}
