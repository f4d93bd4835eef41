import Tensors

/// Earlier blocks are reached through one landmark each.
struct LandmarkRule: AttentionRule {
  private static let block = RuleParameter.whole(
    "block", 51, help: "tokens in a block, its landmark included")
  private static let form = RuleParameter.choice(
    "landmark", ["last", "mean"],
    "the block's last token stands in for the landmark, or the mean of its keys, and nothing is lost"
  )
  private static let top = RuleParameter.whole(
    "top", 0, 0...(1 << 30), "earlier blocks kept for each query; all when 0")

  static let card = RuleCard(
    name: "landmark", title: "Landmark attention",
    formula:
      "softmax over own block's tokens and earlier landmarks; a landmark's weight times the softmax"
      + " within its block",
    family: .factorised,
    label: .adapted(supplied: "a pseudo-landmark, for the model has none"), evidence: .checked,
    source: "Mohtashami & Jaggi 2023; epfml/landmark-attention landmark.py",
    parameters: [block, form, top], needs: [.causal], rows: .oneOrZero,
    kvFraction: "(own block + landmarks + top · block) / n")

  let block, top: Int
  let usesMean: Bool

  init(_ spec: RuleSpec) {
    block = spec.whole(Self.block)
    usesMean = spec.text(Self.form) == "mean"
    top = spec.whole(Self.top)
  }

  func prepare<K: Kernels>(_ head: RuleHead<K>) -> HeadRule<K.Element> {
    let (block, usesMean, top) = (block, usesMean, top)
    var rule = HeadRule<K.Element>.fromScores(of: head) { query, row in
      let current = query / block
      // A complete block's last token is its landmark: seen from later blocks only.
      func members(_ b: Int) -> Range<Int> { b * block..<(b + 1) * block - (usesMean ? 0 : 1) }
      let own = current * block..<min(query + 1, members(current).upperBound)
      var earlier = Array(0..<current)
      var gates = earlier.map { b in
        guard usesMean else { return row[(b + 1) * block - 1] }
        return row[members(b)].reduce(0, +) / Double(block)
      }
      if top > 0 {
        let kept = gates.largest(top)
        (earlier, gates) = (kept.map { earlier[$0] }, kept.map { gates[$0] })
      }
      let weights = (Array(row[own]) + gates).softmax
      let within = earlier.map { Array(row[members($0)]).softmax }
      row.update(repeating: 0)
      for (place, key) in own.enumerated() { row[key] = weights[place] }
      for (place, b) in earlier.enumerated() {
        let weight = weights[own.count + place]
        for (key, share) in zip(members(b), within[place]) { row[key] = weight * share }
        // A block of nothing but its landmark has nowhere to pass the weight on to.
        if members(b).isEmpty { row[b * block] = weight }
      }
    }
    // Every block stays in memory for the queries to come unless only the best are fetched.
    let complete = (head.seq - 1) / block
    if top > 0 { rule.cache = .keys(head.seq - complete * block + complete + top * block) }
    rule.facts = [RuleFact("complete blocks", head.seq / block)]
    return rule
  }
}
