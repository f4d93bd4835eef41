import Tensors

/// Near keys one by one, and one summary for each farther stretch.
struct CombinerRule: AttentionRule {
  private static let form = RuleParameter.choice(
    "form", ["fixed", "logsparse"],
    "segments of one length, or stretches of doubling length by the binary digits of the position (our"
      + " reading)")
  private static let segment = RuleParameter.whole("segment", 128, help: "tokens in a segment")

  static let card = RuleCard(
    name: "combiner", title: "Combiner: factorised attention with full support",
    formula: "softmax over own keys and one summary per earlier segment r with key max over r of K;"
      + " its weight shared out by u = softmax(max over r of Q · K)",
    family: .factorised, label: .adapted(supplied: "on a model not trained with it"),
    evidence: .code, source: "Ren et al. 2021; google-research combiner approx_attention.py",
    parameters: [form, segment], needs: [.causal], kvFraction: "segment / n + 1 / segment")

  let isLogSparse: Bool
  let segment: Int

  init(_ spec: RuleSpec) {
    isLogSparse = spec.text(Self.form) == "logsparse"
    segment = spec.whole(Self.segment)
  }

  /// A stretch of keys with the key that stands for it and how its weight is shared out.
  private struct Summary {
    let keys: Range<Int>
    let share: [Double]
  }

  func prepare<K: Kernels>(_ head: RuleHead<K>) -> HeadRule<K.Element> {
    let stretches = stretches(seq: head.seq)
    // Without earlier stretches every key is read one by one.
    guard !stretches.isEmpty else { return .unchanged }
    let queries = Rows.doubles(head.queries)
    let keys = Rows.doubles(head.keys)
    let width = head.plan.dHead
    func highest(_ numbers: [Double], _ range: Range<Int>) -> [Double] {
      (0..<width).map { column in
        range.reduce(-Double.infinity) { max($0, numbers[$1 * width + column]) }
      }
    }
    let pooledKeys = stretches.flatMap { highest(keys, $0) }
    let pooled: Tensor<K.Element> = Rows.tensor(pooledKeys, shape: [stretches.count, width])
    let scale = head.plan.scale
    let summaries = stretches.map { range in
      let query = highest(queries, range)
      let scores = range.map { key in
        (0..<width).reduce(0) { $0 + query[$1] * keys[key * width + $1] } * scale
      }
      return Summary(keys: range, share: scores.softmax)
    }
    let index = Dictionary(uniqueKeysWithValues: stretches.enumerated().map { ($1, $0) })
    var rule = HeadRule<K.Element>.map { rows in
      let width = head.width(rows)
      var tile = head.scores(rows, keys: 0..<width)
      let far = head.scores(of: head.queries.rows(rows).copied, keys: pooled.matrix)
      Rows.change(tile.mutableMatrix(), firstQuery: rows.lowerBound) { query, row in
        let (own, earlier) = parts(of: query)
        let chosen = earlier.compactMap { index[$0] }
        let farScores = Rows.doubles(far.matrix, query - rows.lowerBound)
        let weights = (Array(row[own]) + chosen.map { farScores[$0] }).softmax
        row.update(repeating: 0)
        for (place, key) in own.enumerated() { row[key] = weights[place] }
        for (place, summary) in chosen.map({ summaries[$0] }).enumerated() {
          let weight = weights[own.count + place]
          for (key, share) in zip(summary.keys, summary.share) { row[key] = weight * share }
        }
      }
      return tile
    }
    let last = parts(of: head.seq - 1)
    rule.cache = .keys(last.own.count + last.earlier.count)
    rule.facts = [RuleFact("summaries", stretches.count)]
    return rule
  }

  /// The keys a query sees one by one, and the stretches before them.
  func parts(of query: Int) -> (own: Range<Int>, earlier: [Range<Int>]) {
    guard isLogSparse else {
      let count = query / segment
      return (
        count * segment..<query + 1, (0..<count).map { $0 * segment..<($0 + 1) * segment }
      )
    }
    // 0 ..< query in stretches of falling length: one for each 1 among its binary digits.
    var start = 0
    var earlier: [Range<Int>] = []
    for bit in stride(from: Int.bitWidth - 2, through: 0, by: -1) where query >> bit & 1 == 1 {
      earlier.append(start..<start + 1 << bit)
      start += 1 << bit
    }
    return (query..<query + 1, earlier)
  }

  /// Every stretch that some query needs a summary of.
  private func stretches(seq: Int) -> [Range<Int>] {
    var all: Set<Range<Int>> = []
    if isLogSparse {
      for query in 0..<seq { all.formUnion(parts(of: query).earlier) }
    } else if seq > 0 {
      all = Set(parts(of: seq - 1).earlier)
    }
    return all.sorted { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) }
  }
}
