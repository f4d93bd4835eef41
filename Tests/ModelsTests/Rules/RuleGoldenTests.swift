import Tensors
import Testing

@testable import Models

/// Every rule that `golden.json` holds, in double precision.
///
/// It has nine decimals, hence 1e-9 and no more.
@Suite struct RuleGoldenTests {
  private let fixture = RuleFixture()

  @Test(arguments: [
    ("clipped_softmax gamma=-0.0234375 eta=1", "clipped"),
    ("streaming sink=1 recent=3", "streaming:sink=1,recent=3"),
    ("streaming sink=1 recent=3", "duo:sink=1,recent=3"),
    ("landmark positions 3,7", "landmark:block=4"),
    ("act beta=.4 thres=.3", "act:threshold=0.3"),
    ("act beta=.4 thres=.1", "act"),
    ("flow causal", "flow"),
    ("combiner_fixed seg=4", "combiner:segment=4"),
    ("razor n0=1 local=3 counted", "razor:sink=1,local=3"),
    ("razor n0=1 local=3 plain-mean", "razor:sink=1,local=3,compensation=plain"),
    ("recycled stride=4 topk=2", "recycled:stride=4,k=2,pool=1"),
    ("lightning slope=0.5", "lightning:slope=0.5"),
  ])
  func `a causal rule gives the reference's map`(entry: String, rule: String) throws {
    #expect(try largestDifference(fixture.map(rule), RuleGolden().map(entry)) < 1e-9)
  }

  @Test func `the model's own map is the reference's softmax`() throws {
    #expect(try largestDifference(fixture.plain(), RuleGolden().map("vanilla_causal")) < 1e-9)
  }

  @Test func `S2 gives every KV head its own shard`() throws {
    let golden = try RuleGolden()
    // Four query heads over two KV heads; all of them see the same numbers.
    let head = RuleFixture().layer.heads[0]
    func four(_ m: Matrix<Double>, _ times: Int) -> Matrix<Double> {
      let numbers = (0..<8).flatMap { i in
        (0..<times).flatMap { _ in Rows.doubles(m, i) }
      }
      return Tensor(numbers, shape: [8, 4 * times]).matrix
    }
    let fixture = RuleFixture(
      queries: four(head.queries, 4), keys: four(head.keys, 2), values: four(head.values, 2),
      heads: 4, kvHeads: 2)
    let rule = "s2:block=2,local=1,stride=2"
    let first = golden.map("s2 block=2 local=1 stride=2 kvhead=0 qheads=4 offset=0")
    let second = golden.map("s2 ... kvhead=1")
    for head in 0..<4 {
      #expect(
        try largestDifference(fixture.map(rule, head: head), head < 2 ? first : second) < 1e-9)
    }
  }

  @Test func `VAR moves weight as the reference does`() throws {
    let fixture = RuleFixture(spans: [PromptSpan(name: "image", tokens: 1..<5)])
    let golden = try RuleGolden().map("var sinks=[0,2] image=[1,5) rho=.5 summ=.2 p=.6")
    #expect(try largestDifference(fixture.map("var:sinks=0+2"), golden) < 1e-9)
    #expect(largestDifference(fixture.plain(), golden) > 1e-3, "the rule does something")
  }

  @Test func `flow and the oracle see both ways`() throws {
    let fixture = RuleFixture(mask: .bidirectional)
    let golden = try RuleGolden()
    #expect(try largestDifference(fixture.map("flow"), golden.map("flow noncausal")) < 1e-9)
    #expect(
      try largestDifference(
        fixture.map("sparsifiner-oracle"),
        golden.map("sparsifiner_oracle noncausal keep=.25 row0 dense")) < 1e-9)
  }

  @Test func `agents come from every fourth query or from the grid`() throws {
    let golden = try RuleGolden()
    let fixture = RuleFixture(
      n: 16, mask: .bidirectional, grid: PatchGrid(rows: 4, columns: 4, first: 0))
    #expect(
      try largestDifference(
        fixture.map("agent:form=sd,every=4"), golden.map("agent_sd n=16 agents=Q[::4]")) < 1e-9)
    #expect(
      try largestDifference(
        fixture.map("agent:pool=2"), golden.map("agent_vit n=16 grid=4 pool=2")) < 1e-9)
  }

  @Test func `BiFormer routes by all heads' channels`() throws {
    let fixture = RuleFixture(
      n: 36, heads: 2, kvHeads: 2, mask: .bidirectional,
      grid: PatchGrid(rows: 6, columns: 6, first: 0))
    let golden = try RuleGolden().map(
      "biformer n=36 grid=6 nwin=3 topk=2 H=2 d=4 head0 (fixture(36,8))")
    #expect(
      try largestDifference(fixture.map("biformer:regions=3,top=2,scale=paper"), golden) < 1e-9)
  }

  @Test func `channels attend to channels as in DaViT`() throws {
    let head = fixture.layer.heads[0]
    let map = ChannelMap.of(keys: head.keys, values: head.values, PlainKernels<Double>.self)
    let golden = try RuleGolden().map("channel_attn map (causal-free)")
    #expect(largestDifference(fixture.rows(map), golden) < 1e-9)
  }

  @Test func `routing takes the nearest queries and keys of each centroid`() throws {
    let golden = try RuleGolden()
    let name = "routing cent=[[1,-1,0,0],[0,0,1,-1]] w=4"
    let head = RuleHead(layer: fixture.layer, head: 0)
    let rule = RoutingRule.rule(head, centroids: [[1, -1, 0, 0], [0, 0, 1, -1]], size: 4)
    guard case .map(let rows) = rule.weights else {
      Issue.record("routing makes its own rows")
      return
    }
    #expect(largestDifference(fixture.rows(rows(0..<8)), golden.map(name)) < 1e-9)
    let empty = golden.list(name, "clusters_per_query").filter { $0 == 0 }.count
    #expect(rule.facts.contains(RuleFact("rows without any key", empty)))
  }

  @Test func `what recycling recovers is the reference's mass, at most one`() throws {
    let name = "recycled stride=4 topk=2"
    let ruled = try fixture.map("recycled:stride=4,k=2,pool=1")
    let recovered = zip(ruled, fixture.plain()).map { map, own in
      zip(map, own).reduce(0) { $0 + ($1.0 > 0 ? $1.1 : 0) }
    }
    let golden = try RuleGolden().list(name, "recovered")
    #expect(zip(recovered, golden).allSatisfy { abs($0 - $1) < 1e-9 && $0 <= 1 + 1e-12 })
    #expect(golden.contains { $0 < 0.99 })
  }
}
