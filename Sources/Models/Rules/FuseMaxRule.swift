import Tensors

/// The same softmax in one, two or three passes over a row, with what each costs.
struct FuseMaxRule: AttentionRule {
  private static let passes = RuleParameter.choice(
    "passes", ["1", "2", "3"], "how often a row's scores are gone through; 2 is recall")
  private static let block = RuleParameter.whole("block", 256, help: "keys in a block")

  static let card = RuleCard(
    name: "fusemax", title: "FuseMax: passes of softmax",
    formula:
      "3: max, then exp and sum, then divide; 2: per block, corrected at the end; 1: running max and"
      + " sum, divided once",
    family: .exact, label: .exact, evidence: .checked,
    source: "Nayak et al. 2024; FPSG-UIUC/micro24-fusemax-artifact stable_softmax.py, proposal.py",
    parameters: [passes, block], kvFraction: "1")

  let passes, block: Int

  init(_ spec: RuleSpec) {
    passes = Int(spec.text(Self.passes)) ?? 1
    block = spec.whole(Self.block)
  }

  func prepare<K: Kernels>(_ head: RuleHead<K>) -> HeadRule<K.Element> {
    let (passes, block) = (passes, block)
    var rule = HeadRule<K.Element>.map { rows in
      var tile = head.scores(rows, keys: 0..<head.width(rows))
      Passes.replace(
        tile.mutableMatrix(), visible: rows.map { head.visible($0) }, passes: passes, block: block)
      return tile
    }
    rule.facts = facts(
      visible: (0..<head.seq).map { head.visible($0).count }, width: head.plan.dHead)
    return rule
  }

  /// What a head of some rows costs.
  ///
  /// - Parameters:
  ///   - visible: How many keys each query sees.
  ///   - width: Numbers in a value, dHead.
  func facts(visible: [Int], width: Int) -> [RuleFact] {
    let weights = visible.reduce(0, +)
    let blocks = visible.reduce(0) { $0 + ($1 + block - 1) / block }
    let rows = visible.count
    return [
      RuleFact("passes over a row's scores", passes),
      // Beside one for each weight, old sums are rescaled once for each block.
      RuleFact("exponentials", passes == 3 ? weights : weights + blocks),
      // Weights are divided one by one, or each output number once.
      RuleFact("divisions", passes == 3 ? weights : rows * width),
      RuleFact(
        "live numbers per row",
        passes == 1
          ? block + width + 2
          : passes == 2 ? 2 * ((visible.max() ?? 0) / block + 1) + block : visible.max() ?? 0),
    ]
  }
}

/// Softmax in passes, in the numbers' own precision so that rounding shows.
private enum Passes {
  @_specialize(where Element == Float) @_specialize(where Element == Double)
  static func replace<Element: Scalar>(
    _ tile: MutableMatrix<Element>, visible: [Range<Int>], passes: Int, block: Int
  ) {
    for i in 0..<tile.rows {
      tile.withRow(i) { row in
        let seen = visible[i]
        for j in 0..<row.count where j < seen.lowerBound || j >= seen.upperBound { row[j] = 0 }
        switch passes {
        case 3: threePasses(row, seen)
        default: blockwise(row, seen, block: block, running: passes == 1)
        }
      }
    }
  }

  @_specialize(where Element == Float) @_specialize(where Element == Double)
  static func threePasses<Element: Scalar>(
    _ row: UnsafeMutableBufferPointer<Element>, _ seen: Range<Int>
  ) {
    var highest = -Element.infinity
    for j in seen { highest = max(highest, row[j]) }
    var sum: Element = 0
    for j in seen {
      row[j] = Element.exp(row[j] - highest)
      sum += row[j]
    }
    for j in seen { row[j] /= sum }
  }

  /// Numerators by a maximum of their own block, or of all blocks so far when `running`; every block then
  /// carries the factor by which later maxima rescale it.
  @_specialize(where Element == Float) @_specialize(where Element == Double)
  static func blockwise<Element: Scalar>(
    _ row: UnsafeMutableBufferPointer<Element>, _ seen: Range<Int>, block: Int, running: Bool
  ) {
    var maxima: [Element] = []
    var sums: [Element] = []
    var highest = -Element.infinity
    var total: Element = 0
    var start = seen.lowerBound
    while start < seen.upperBound {
      let end = min(seen.upperBound, start + block)
      var own = running ? highest : -Element.infinity
      for j in start..<end { own = max(own, row[j]) }
      var sum: Element = 0
      for j in start..<end {
        row[j] = Element.exp(row[j] - own)
        sum += row[j]
      }
      if running {
        total = total * Element.exp(highest - own) + sum
        highest = own
      }
      maxima.append(own)
      sums.append(sum)
      start = end
    }
    if !running {
      for own in maxima { highest = max(highest, own) }
      for (own, sum) in zip(maxima, sums) { total += sum * Element.exp(own - highest) }
    }
    var index = 0
    start = seen.lowerBound
    while start < seen.upperBound {
      let end = min(seen.upperBound, start + block)
      var factor: Element = 1
      if running {
        // One rescaling after the other, as they happen.
        for later in index + 1..<max(index + 1, maxima.count) {
          factor *= Element.exp(maxima[later - 1] - maxima[later])
        }
      } else {
        factor = Element.exp(maxima[index] - highest)
      }
      for j in start..<end { row[j] = row[j] * factor / total }
      index += 1
      start = end
    }
  }
}
