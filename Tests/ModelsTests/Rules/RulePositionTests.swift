import Tensors
import Testing

@testable import Models

/// Rules that give tokens other positions.
@Suite struct RulePositionTests {
  private static let rotary = PositionPlan.rotary(
    RotaryPlan(frequencies: RotaryPlan.frequencies(theta: 50, dimensions: 6)))

  /// One head whose vectors before rotation are those of given tokens; each is then rotated to where it stands.
  private func fixture(_ tokens: [Int], spans: [PromptSpan]) -> RuleFixture {
    func rotated(_ matrix: Matrix<Double>) -> Matrix<Double> {
      let numbers = tokens.flatMap { Rows.doubles(matrix, $0) }
      let bare = RuleFixture(
        queries: Tensor(numbers, shape: [tokens.count, 6]).matrix,
        keys: Tensor(numbers, shape: [tokens.count, 6]).matrix,
        values: Tensor(numbers, shape: [tokens.count, 6]).matrix, position: Self.rotary)
      let head = RuleHead(layer: bare.layer, head: 0)
      return head.turned(head.queries, by: Array(tokens.indices)).matrix
    }
    let source = RuleFixture(n: tokens.count, width: 6).layer.heads[0]
    return RuleFixture(
      queries: rotated(source.queries), keys: rotated(source.keys),
      values: source.values, position: Self.rotary, spans: spans)
  }

  /// Prefix 0–2, documents a, b, c, suffix.
  private let documents = [3..<7, 7..<9, 9..<14]
  private let seq = 18

  @Test func `PINE does not see the order of documents`() throws {
    let spans = documents.enumerated().map { PromptSpan(name: "d\($0)", tokens: $1) }
    let plain = fixture(Array(0..<seq), spans: spans)
    // The same documents in the order c, a, b.
    let order = Array(0..<3) + documents[2] + documents[0] + documents[1] + Array(14..<seq)
    let moved = fixture(
      order,
      spans: [
        PromptSpan(name: "x", tokens: 3..<8), PromptSpan(name: "y", tokens: 8..<12),
        PromptSpan(name: "z", tokens: 12..<14),
      ])
    let (a, b) = try (plain.map("pine"), moved.map("pine"))
    for (row, query) in order.enumerated() {
      for (column, key) in order.enumerated() {
        #expect(abs(b[row][column] - a[query][key]) < 1e-12)
      }
    }
    // Without the rule the order matters.
    let (c, d) = (plain.plain(), moved.plain())
    #expect(
      order.enumerated().contains { row, query in
        abs(d[row][0] - c[query][0]) > 1e-3
      })
    #expect(a[4][12] > 0, "a document sees those after it")
    #expect(a[4][5] == 0, "but not its own later tokens")
    #expect(a[2][3] == 0 && a[5][15] == 0, "nor does it see what follows them")
  }

  @Test func `the prefix is ordinary, and of two documents the other stands right before`() throws {
    // With a prefix before and a suffix after, two documents in a fixed order by hand.
    let spans = [PromptSpan(name: "a", tokens: 3..<7), PromptSpan(name: "b", tokens: 7..<12)]
    let fixture = fixture(Array(0..<seq), spans: spans)
    let map = try fixture.map("pine")
    // The prefix is ordinary.
    for query in 0..<3 {
      #expect(zip(map[query], fixture.plain()[query]).allSatisfy { abs($0 - $1) < 1e-12 })
    }
    // b reads a at its true distance: a stands right before it, and b's own tokens are in place.
    for query in 7..<12 {
      #expect(zip(map[query], fixture.plain()[query]).allSatisfy { abs($0 - $1) < 1e-12 })
    }
  }

  @Test func `a span moved to where it stands changes nothing, elsewhere only its own scores`()
    throws
  {
    let spans = [PromptSpan(name: "a", tokens: 3..<7)]
    let fixture = fixture(Array(0..<seq), spans: spans)
    #expect(
      try largestDifference(fixture.map("reposition:span=a,to=3"), fixture.plain()) < 1e-12)
    let moved = try fixture.map("reposition:span=a,to=0")
    #expect(largestDifference(moved, fixture.plain()) > 1e-3)
    // Weights outside keep their ratios.
    let (row, own) = (moved[15], fixture.plain()[15])
    #expect(abs(row[1] / row[10] - own[1] / own[10]) < 1e-9)
  }

  @Test func `the cache's places shorten only the way to the sinks`() throws {
    let fixture = fixture(Array(0..<seq), spans: [])
    let kept = try fixture.map("streaming:sink=2,recent=5")
    let cached = try fixture.map("streaming:sink=2,recent=5,positions=cache")
    for query in 0..<seq {
      let (a, b) = (kept[query], cached[query])
      #expect(a.map { $0 > 0 } == b.map { $0 > 0 })
      if query < 7 {
        #expect(zip(a, b).allSatisfy { abs($0 - $1) < 1e-12 })
      } else {
        let (one, other) = (a[query - 1] / a[query], b[query - 1] / b[query])
        #expect(abs(one - other) < 1e-9)
      }
    }
    // By hand: query 12 stands at place 6, key 0 at place 0, as query 6 would with the same vector.
    let head = RuleHead(layer: fixture.layer, head: 0)
    let turned = head.turned(head.queries.rows(12..<13), by: [-6])
    let score = head.scores(of: turned, keys: head.keys.rows(0..<1))[0, 0]
    let own = head.scores(12..<13, keys: 11..<12)[0, 0]
    #expect(abs(cached[12][0] / cached[12][11] - Double.exp(score - own)) < 1e-9)
    #expect(largestDifference(kept, cached) > 1e-3)
  }

  @Test func `LongHeads lays chosen chunks side by side`() throws {
    let fixture = fixture(Array(0..<seq), spans: [])
    let map = try fixture.map("longheads:chunk=3,chunks=3,begin=9")
    for query in 0..<9 {
      #expect(zip(map[query], fixture.plain()[query]).allSatisfy { abs($0 - $1) < 1e-12 })
    }
    for query in 9..<seq {
      let current = query / 3
      let expected = Set([0, current - 1, current].flatMap { $0 * 3..<min($0 * 3 + 3, query + 1) })
      #expect(Set(map[query].indices.filter { map[query][$0] > 0 }) == expected)
      // Neighbouring chunks keep their distance.
      let own = fixture.plain()[query]
      let near = current * 3 - 1
      #expect(abs(map[query][near] / map[query][query] - own[near] / own[query]) < 1e-9)
    }
    // Chunk 0 is read two chunks away instead of five.
    let head = RuleHead(layer: fixture.layer, head: 0)
    let turned = head.turned(head.queries.rows(17..<18), by: [2 * 3 + 17 % 3 - 17])
    let score = head.scores(of: turned, keys: head.keys.rows(1..<2))[0, 0]
    let own = head.scores(17..<18, keys: 16..<17)[0, 0]
    #expect(abs(map[17][1] / map[17][16] - Double.exp(score - own)) < 1e-9)
  }
}
