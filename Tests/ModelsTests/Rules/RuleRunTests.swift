import Checkpoints
import Foundation
import Tensors
import Testing

@testable import Models

/// Rules in whole models: frozen into a run, and run through it.
@Suite struct RuleRunTests {
  private func plain(_ name: String) throws -> (model: Model, trace: Trace<Double>) {
    let reference = try Reference(name)
    let prompt = try reference.prompt("p17")
    return (reference.model, try reference.model.run(prompt, as: Double.self))
  }

  @Test(arguments: ["llama-grouped", "gpt2-standard"])
  func `a frozen rule changes the chosen heads' maps and outputs and nothing else`(name: String)
    throws
  {
    let (model, trace) = try plain(name)
    let chosen = HeadIndex(layer: 1, head: 1)
    let plan = try RulePlan(RuleSpec(parsing: "streaming:sink=1,recent=3"), in: [chosen])
    let frozen = try trace.freezing(model.interventions(plan, on: trace))
    #expect(frozen.reach == .local && trace.reach == nil)
    #expect(frozen.ruleNotice == "rule streaming:sink=1,recent=3,positions=true in L1.H1, local")
    for head in model.plan.allHeads {
      let (a, b) = (trace.pattern(head), frozen.pattern(head))
      #expect((a == b) == (head != chosen))
      let (z, other) = (trace.weightedValues(head).copied, frozen.weightedValues(head).copied)
      #expect((z == other) == (head != chosen))
    }
    // Outputs are what maps and values make them.
    let map = frozen.exactPattern(chosen, rows: 0..<17, columns: 0..<17)
    var expected = Tensor<Double>(uninitialized: [17, model.plan.dValue])
    PlainKernels.multiply(
      map.matrix, frozen.values(chosen), transposed: false, scale: 1, adding: false,
      into: expected.mutableMatrix())
    #expect(frozen.weightedValues(chosen).copied.maxDifference(to: expected) < 1e-12)
    #expect(map[10, 0] > 0 && map[10, 4] == 0 && map[10, 9] > 0)
  }

  @Test func `a rule that is softmax runs to the same end`() throws {
    let (model, trace) = try plain("llama-grouped")
    for rule in ["window:size=17", "clipped:gamma=0", "fusemax"] {
      let plan = try RulePlan(RuleSpec(parsing: rule), in: model.plan.allHeads)
      let run = try model.run(
        trace.prompt, as: Double.self, interventions: model.interventions(plan, on: trace))
      #expect(run.reach == .propagated)
      #expect(
        run.residuals[model.plan.layers].maxDifference(to: trace.residuals[model.plan.layers])
          < 1e-9)
    }
  }

  @Test func `a propagated rule starts where it is touched and reaches what follows`() throws {
    let (model, trace) = try plain("llama-grouped")
    let last = model.plan.layers - 1
    let chosen = model.plan.heads(inLayer: last - 1)
    let plan = try RulePlan(RuleSpec(parsing: "window:size=2"), in: chosen)
    let rules = try model.interventions(plan, on: trace)
    let full = try model.run(trace.prompt, as: Double.self, interventions: rules)
    let reused = try model.run(
      trace.prompt, as: Double.self, interventions: rules, reusing: trace)
    // A run that rules were frozen into is no base to start from.
    let frozen = try model.run(
      trace.prompt, as: Double.self, interventions: rules, reusing: trace.freezing(rules))
    for run in [full, reused, frozen] {
      #expect(run.residuals[last - 1].maxDifference(to: trace.residuals[last - 1]) == 0)
      #expect(run.residuals[last + 1].maxDifference(to: full.residuals[last + 1]) == 0)
      #expect(run.residuals[last + 1].maxDifference(to: trace.residuals[last + 1]) > 1e-6)
      #expect(run.pattern(chosen[0])[9, 7] == 0)
      #expect(
        run.pattern(HeadIndex(layer: last, head: 0))
          != trace.pattern(HeadIndex(layer: last, head: 0)))
    }
  }

  @Test func `a knock-out under a rule takes the head out all the same`() throws {
    let (model, trace) = try plain("llama-full")
    let head = HeadIndex(layer: 1, head: 0)
    let plan = try RulePlan(RuleSpec("clipped"), in: model.plan.heads(inLayer: 1))
    let rules = try model.interventions(plan, on: trace)
    let both = try model.run(
      trace.prompt, as: Double.self, interventions: rules + [.zero(head)], reusing: trace)
    let zero = Tensor<Double>(repeating: 0, shape: [17, model.plan.dValue])
    #expect(both.weightedValues(head).copied == zero)
    let other = HeadIndex(layer: 1, head: 1)
    let alone = try model.run(trace.prompt, as: Double.self, interventions: rules)
    #expect(
      both.weightedValues(other).copied.maxDifference(to: alone.weightedValues(other).copied) == 0)
  }

  @Test func `a rule acts on a pruned checkpoint as on the whole one without those heads`() throws {
    let (model, trace) = try plain("llama-grouped")
    let pruned = [HeadIndex(layer: 0, head: 1), HeadIndex(layer: 1, head: 2)]
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "heed-rules-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let checkpoint = try Checkpoint.open(
      Reference.folder.appendingPathComponent("llama-grouped").path)
    try checkpoint.copy(to: folder.path, zeroing: model.outputParts(of: pruned))
    let cut = try Model(Checkpoint.open(folder.path))
    let plan = try RulePlan(
      RuleSpec(parsing: "streaming:sink=1,recent=3"), in: model.plan.allHeads)
    let base = try cut.run(trace.prompt, as: Double.self)
    let under = try cut.run(
      trace.prompt, as: Double.self, interventions: cut.interventions(plan, on: base))
    let without = try model.run(
      trace.prompt, as: Double.self,
      interventions: model.interventions(plan, on: trace) + pruned.map(Intervention.zero),
      reusing: trace)
    let last = model.plan.layers
    #expect(under.residuals[last].maxDifference(to: without.residuals[last]) < 1e-12)
    #expect(under.residuals[last].maxDifference(to: base.residuals[last]) > 1e-6)
  }

  @Test func `tiles of a mask are the dense map, over many tiles`() throws {
    let fixture = RuleFixture(n: 300, width: 4, heads: 2, kvHeads: 1)
    for text in [
      "streaming:sink=3,recent=70", "s2:block=8,local=2,stride=4", "window:size=9,dilation=7",
    ] {
      let head = RuleHead(layer: fixture.layer, head: 1)
      let ruled = RuledHead(head, try RuleSpec(parsing: text).rule())
      let whole = ruled.tile(0..<300)
      var rows: [[Double]] = []
      for start in stride(from: 0, to: 300, by: 64) {
        let tile = ruled.tile(start..<min(300, start + 64))
        rows += fixture.rows(tile.dense).map { $0 + [Double](repeating: 0, count: 300 - $0.count) }
      }
      #expect(
        largestDifference(
          rows, fixture.rows(whole.dense).map { $0 + [Double](repeating: 0, count: 300 - $0.count) }
        ) < 1e-12)
      // And the mask is what the rule says, weight by weight.
      guard case .softmax(let mask?, _, _) = ruled.rule.weights else {
        Issue.record("\(text) is a mask")
        continue
      }
      let plain = fixture.plain(head: 1)
      for query in stride(from: 0, to: 300, by: 37) {
        let kept = Set(mask.keys(query, visible: 0..<query + 1).flatMap { $0 })
        let sum = kept.reduce(0) { $0 + plain[query][$1] }
        for key in 0...query {
          let expected = kept.contains(key) ? plain[query][key] / sum : 0
          #expect(abs(rows[query][key] - expected) < 1e-12)
        }
      }
    }
  }

  @Test func `what a rule needs and a prompt lacks is said in one line`() throws {
    let (llama, trace) = try plain("llama-full")
    let (gpt2, other) = try plain("gpt2-standard")
    func refusal(_ rule: String, _ model: Model, _ trace: Trace<Double>) throws -> String? {
      do {
        _ = try model.interventions(
          RulePlan(RuleSpec(parsing: rule), in: [HeadIndex(layer: 0, head: 0)]), on: trace)
        return nil
      } catch let error as RuleError {
        return error.description
      }
    }
    #expect(
      try refusal("biformer", llama, trace)
        == "--rule biformer: needs patches in rows and columns and this prompt is text; open a vision"
        + " model with --image F.png")
    #expect(
      try refusal("pine", llama, trace)
        == "--rule pine: the prompt has 0 marked spans, expected at least 2; mark them with"
        + " --span NAME=START..END, or as <<NAME>>…<</NAME>> with --tags")
    #expect(
      try refusal("streaming:positions=cache", gpt2, other)
        == "--rule streaming: needs queries and keys before rotation, and this model's positions are"
        + " added to the embeddings or absent; open a model with rotary positions")
    #expect(
      try refusal("agent:form=sd", llama, trace)
        == "--rule agent: is not defined for causal attention; open an encoder or a vision model")
    #expect(
      try refusal("var:span=image", llama, trace)
        == "--rule var: no span image is marked; mark it with --span image=START..END, or as"
        + " <<image>>…<</image>> with --tags")
    #expect(
      try refusal("lofit:file=/nowhere", llama, trace)
        == "--rule lofit: /nowhere: no such file; check the spelling")
    #expect(
      try refusal("duo:pattern=/nowhere", llama, trace)
        == "--rule duo: /nowhere: no such file; check the spelling")
    #expect(try refusal("duo", llama, trace) == nil)
  }
}
