import Foundation
import Tensors
import Testing

@testable import Models

/// What must hold for any head, whatever its numbers.
@Suite struct RuleIdentityTests {
  private let fixture = RuleFixture(n: 24, width: 6, heads: 4, kvHeads: 2)
  private let picture = RuleFixture(
    n: 37, width: 4, heads: 2, kvHeads: 2, mask: .bidirectional,
    grid: PatchGrid(rows: 6, columns: 6, first: 1))

  @Test(arguments: [
    "streaming:sink=4,recent=20", "duo:sink=4,recent=20", "s2:block=2,local=1,stride=1",
    "s2:block=2,local=1,stride=4,dense=2", "window:size=24", "titans-mask:size=24",
    "titans-mask:form=window,size=24", "top-k:k=24", "sparsifiner-oracle:keep=1",
    "clipped:gamma=0,eta=1", "act:beta=1", "temperature:tau=1", "recycled:stride=1",
    "recycled:k=24,pool=1", "razor:sink=4,local=20", "razor:local=24,compensation=none",
    "combiner:segment=24", "landmark:block=25", "fusemax:passes=1,block=5",
    "fusemax:passes=2,block=5", "fusemax:passes=3", "moh:shared=1", "longheads:chunk=4,chunks=6",
    "cut", "cut:edges=30>*+*>24-90",
  ])
  func `a rule that takes nothing away is softmax`(rule: String) throws {
    for head in 0..<4 {
      let difference = try largestDifference(
        fixture.map(rule, head: head), fixture.plain(head: head))
      #expect(difference < 1e-12, "head \(head)")
    }
  }

  @Test(arguments: ["biformer:regions=3,top=9", "davit:window=6", "sparsifiner-oracle:keep=1"])
  func `a rule on patches that takes nothing away is softmax`(rule: String) throws {
    #expect(try largestDifference(picture.map(rule), picture.plain()) < 1e-12)
  }

  @Test func `cut edges are gone, and the rest of the row takes over`() throws {
    let plain = fixture.plain(head: 1)
    let map = try fixture.map("cut:edges=9>3+9>5-6+*>0+7>*", head: 1)
    let gone = [0, 3, 5, 6]
    let left = (0...9).filter { !gone.contains($0) }.reduce(0) { $0 + plain[9][$1] }
    for key in 0...9 {
      let wanted = gone.contains(key) ? 0 : plain[9][key] / left
      #expect(abs(map[9][key] - wanted) < 1e-12)
    }
    // Nothing is left of the first query, which sees key 0 alone, and of the seventh.
    #expect(map[0].allSatisfy { $0 == 0 } && map[7].allSatisfy { $0 == 0 })
    #expect(map[10][0] == 0 && abs(map[10].reduce(0, +) - 1) < 1e-12)
    for text in ["9", "9>", ">3", "9>3>1", "5-4>1", "a>1", "9>-1", "9>1-2-3", "9>3+"] {
      #expect(throws: RuleError.self) { try RuleSpec(parsing: "cut:edges=\(text)").rule() }
    }
  }

  @Test func `without a sink's only competitor the row stays`() throws {
    let map = try fixture.map("no-sink")
    #expect(map[0][0] == 1 && map[1][0] == 0 && abs(map[1][1] - 1) < 1e-12)
    let head = RuleHead(layer: fixture.layer, head: 0)
    let facts = try RuleSpec("no-sink").rule().prepare(head).facts
    #expect(facts.map(\.value) == [1])
  }

  @Test func `rows sum as the card says`() throws {
    let spans = [PromptSpan(name: "a", tokens: 2..<8), PromptSpan(name: "b", tokens: 8..<15)]
    let rotary = PositionPlan.rotary(
      RotaryPlan(frequencies: RotaryPlan.frequencies(theta: 100, dimensions: 6)))
    let text = RuleFixture(
      n: 24, width: 6, heads: 4, kvHeads: 2, position: rotary, spans: spans)
    for type in AttentionRules.all where type.card.name != "lofit" {
      let rule = try RuleSpec(type.card.name).rule()
      let needsPicture = !rule.needs.isDisjoint(with: [.bidirectional, .grid])
      if ["biformer", "davit", "agent"].contains(type.card.name) {
        let small = ["biformer": "regions=3,top=2", "davit": "window=3", "agent": "pool=3"]
        let spec = "\(type.card.name):\(small[type.card.name] ?? "")"
        _ = try picture.map(spec)
        continue
      }
      #expect(!needsPicture)
      // The debug check in `tile` compares every row with the card.
      let map = text.map(rule, head: 1)
      guard type.card.rows == .one else { continue }
      #expect(map.allSatisfy { abs($0.reduce(0, +) - 1) < 1e-9 }, "\(type.card.name)")
    }
  }

  @Test func `shards of S2 together see everything, and a group shares one`() throws {
    // Eight query heads over four KV heads: stride 4 in steps of one.
    let fixture = RuleFixture(n: 32, width: 4, heads: 8, kvHeads: 4)
    let maps = try (0..<8).map { try fixture.map("s2:block=2,local=1,stride=4", head: $0) }
    for query in 0..<32 {
      for key in 0...query {
        #expect(maps.contains { $0[query][key] > 0 }, "nobody sees \(key) from \(query)")
      }
    }
    func support(_ map: [[Double]]) -> [[Bool]] { map.map { $0.map { $0 > 0 } } }
    for group in 0..<4 { #expect(support(maps[2 * group]) == support(maps[2 * group + 1])) }
    #expect(support(maps[0]) != support(maps[2]))
  }

  @Test func `Duo's split and Recycled's keys are the same for a group`() throws {
    let first = try fixture.map("recycled:stride=8,k=3", head: 0)
    let second = try fixture.map("recycled:stride=8,k=3", head: 1)
    #expect(first.map { $0.map { $0 > 0 } } == second.map { $0.map { $0 > 0 } })
    let scores = [[0.1, 0.9], [0.5, 0.2]]
    #expect(DuoHeads.lowest(scores, share: 0.5) == [[true, false], [false, true]])
    #expect(DuoHeads.lowest(scores, share: 0) == [[false, false], [false, false]])
  }

  @Test func `agents bound the rank, and the summary half of Combiner too`() throws {
    let map = try picture.map("agent:pool=2")
    #expect(rank(map) <= 4)
    #expect(rank(picture.plain()) > 4)
  }

  @Test func `the dropped mass is never over-estimated`() throws {
    let map = try fixture.map("razor:sink=2,local=4")
    let plain = fixture.plain()
    for query in 6..<24 {
      let dropped = 2...query - 4
      let kept = dropped.reduce(0) { $0 + map[query][$1] }
      #expect(kept <= dropped.reduce(0) { $0 + plain[query][$1] } + 1e-12)
    }
  }

  @Test func `logsparse cuts the past by binary digits`() throws {
    let rule = try CombinerRule(RuleSpec(parsing: "combiner:form=logsparse"))
    #expect(rule.parts(of: 13).own == 13..<14)
    #expect(rule.parts(of: 13).earlier == [0..<8, 8..<12, 12..<13])
    #expect(rule.parts(of: 0).earlier.isEmpty)
    let map = try fixture.map("combiner:form=logsparse")
    #expect(map.enumerated().allSatisfy { query, row in row[...query].allSatisfy { $0 > 0 } })
  }

  @Test func `the gate of MoH keeps shared heads and the largest norms`() throws {
    let rule = try MoHRule(RuleSpec(parsing: "moh:shared=0.5,routed=0.25"))
    let gates = rule.gates(norms: [[1, 1, 5, 9], [1, 1, 9, 5]])
    #expect(gates == [[true, true, false, true], [true, true, true, false]])
  }

  @Test func `heads that lean on a span stand above the median`() {
    #expect(VHRRule.reinforced([1, 2, 3, 4], textNorms: [1, 1, 1, 1]) == [2, 3])
    // The outlier counts as zero, because its output without the span is large, too.
    #expect(VHRRule.reinforced([1, 2, 3, 90], textNorms: [1, 1, 1, 9]) == [1, 2])
    #expect(VHRRule.reinforced([2, 2], textNorms: [1, 1]).isEmpty)
  }

  @Test func `Lightning's slopes are ALiBi's between powers of two`() {
    #expect(abs(LightningRule.slope(head: 7, heads: 8, layer: 0, layers: 2) - 1.00001 / 256) < 1e-9)
    #expect(
      abs(
        LightningRule.slope(head: 8, heads: 12, layer: 0, layers: 2)
          - 1.00001 * pow(2, -0.5)) < 1e-9)
  }

  @Test func `LongHeads takes first, last and current chunk and the best others`() {
    #expect(LongHeadsRule.chosen([0, 5, 9, 1, 0], current: 5, count: 4) == [0, 2, 4, 5])
    #expect(LongHeadsRule.chosen([0], current: 1, count: 4) == [0, 1])
  }

  /// The number of singular values above rounding, by Gauss–Jordan elimination with full pivots.
  private func rank(_ rows: [[Double]]) -> Int {
    var rows = rows
    var rank = 0
    while rank < rows.count {
      var (best, at) = (0.0, (0, 0))
      for i in rank..<rows.count {
        for j in rows[i].indices where abs(rows[i][j]) > best {
          (best, at) = (abs(rows[i][j]), (i, j))
        }
      }
      guard best > 1e-9 else { break }
      rows.swapAt(rank, at.0)
      for i in rank + 1..<rows.count {
        let factor = rows[i][at.1] / rows[rank][at.1]
        for j in rows[i].indices { rows[i][j] -= factor * rows[rank][j] }
      }
      rank += 1
    }
    return rank
  }
}
