import Tensors
import Testing

@testable import Models

/// Interventions: where they act, and that a shortened run is the whole run.
@Suite struct InterventionTests {
  private func head(_ layer: Int, _ head: Int) -> HeadIndex { HeadIndex(layer: layer, head: head) }

  /// Numbers that follow no pattern.
  private func numbers(_ rows: Int, _ columns: Int) -> Tensor<Double> {
    Tensor(
      (0..<rows * columns).map { Double($0 * 7919 % 31) / 15 - 1 }, shape: [rows, columns])
  }

  /// One of each kind, in a grouped model of two layers and one of three.
  private func some(_ model: Model, other: Trace<Double>) -> [[Intervention]] {
    let dHead = model.plan.dHead
    let (last, dModel) = (model.plan.layers - 1, model.plan.dModel)
    return [
      [.zero(head(0, 1))], [.scale(head(last, 3), by: 1.5)],
      [.mean(head(last, 0), numbers(1, dHead).elements)], [.resample(head(1, 2), from: other)],
      [.replace(.queries(head(1, 1)), positions: [3, 16], values: numbers(2, dHead))],
      [.replace(.keys(head(last, 2)), positions: nil, values: numbers(17, dHead))],
      [.replace(.values(head(0, 0)), positions: [0], values: numbers(1, dHead))],
      [.replace(.residual(layer: 0), positions: [4], values: numbers(1, dModel))],
      [.replace(.residual(layer: last), positions: [4, 2], values: numbers(2, dModel))],
      [.replace(.residual(layer: last + 1), positions: nil, values: numbers(1, dModel))],
      [.zero(head(1, 0)), .replace(.keys(head(1, 0)), positions: [5], values: numbers(1, dHead))],
    ]
  }

  @Test(arguments: ["gpt2-standard", "llama-grouped", "llama-multiquery"])
  func `a run that starts at the first touched block is the whole run`(name: String) throws {
    let reference = try Reference(name)
    let (model, prompt) = (reference.model, try reference.prompt("p17"))
    let base = try model.run(prompt, as: Double.self)
    let other = try model.run(Prompt(ids: prompt.ids.reversed()), as: Double.self)
    let all = some(model, other: other)
    for (index, interventions) in all.enumerated() {
      let whole = try model.run(prompt, as: Double.self, interventions: interventions)
      var blocks = 0
      let short = try model.run(
        prompt, interventions: interventions, reusing: base
      ) { _ in blocks += 1 }
      let first = interventions.map(\.layer).min() ?? 0
      #expect(blocks == model.plan.layers - first + 1, "\(index)")
      #expect(short.residuals == whole.residuals, "\(index)")
      #expect(short.residuals != base.residuals, "\(index)")
      for layer in 0..<model.plan.layers {
        #expect(short.attention[layer].queries == whole.attention[layer].queries)
        #expect(short.attention[layer].keys == whole.attention[layer].keys)
        #expect(short.attention[layer].values == whole.attention[layer].values)
        #expect(short.attention[layer].weightedValues == whole.attention[layer].weightedValues)
      }
      // Back again, and from one change to another: neither leaves a trace.
      let back = try model.run(prompt, reusing: short)
      #expect(back.residuals == base.residuals, "\(index)")
      let next = all[(index + 1) % all.count]
      let changed = try model.run(prompt, interventions: next, reusing: short)
      let wanted = try model.run(prompt, as: Double.self, interventions: next)
      #expect(changed.residuals == wanted.residuals, "\(index)")
    }
  }

  @Test func `a head's output is what the residual stream loses without it`() throws {
    let reference = try Reference("gpt2-standard")
    let (model, prompt) = (reference.model, try reference.prompt("p17"))
    let base = try model.run(prompt, as: Double.self)
    let all = model.plan.heads(inLayer: 0)
    let alone = try all.map { kept in
      try model.run(
        prompt, as: Double.self,
        interventions: all.filter { $0 != kept }.map(Intervention.zero)
      ).attention[0].weightedValues
    }
    // Each keeps its own window of z, and only that.
    for (head, z) in zip(all, alone) {
      for column in 0..<32 {
        let isOwn = column / 8 == head.head
        #expect(z[5, column] == (isOwn ? base.attention[0].weightedValues[5, column] : 0))
      }
    }
  }

  @Test func `replacing the keys of a group changes every head of that group alone`() throws {
    let reference = try Reference("llama-grouped")
    let (model, prompt) = (reference.model, try reference.prompt("p17"))
    let base = try model.run(prompt, as: Double.self)
    let changed = try model.run(
      prompt,
      interventions: [
        .replace(.keys(head(0, 1)), positions: [2], values: numbers(1, 12))
      ], reusing: base)
    for index in 0..<4 {
      let same = changed.pattern(head(0, index)) == base.pattern(head(0, index))
      #expect(same == (index >= 2), "head \(index)")
    }
  }

  @Test func `what does not fit is refused by name`() throws {
    let reference = try Reference("llama-grouped")
    let (model, prompt) = (reference.model, try reference.prompt("p17"))
    func error(_ intervention: Intervention) -> ModelError? {
      do {
        _ = try model.run(prompt, as: Float.self, interventions: [intervention])
        return nil
      } catch { return error as? ModelError }
    }
    #expect(error(.zero(head(2, 0))) == .noSuchHead(head(2, 0), layers: 2, heads: 4))
    #expect(error(.zero(head(0, 4))) == .noSuchHead(head(0, 4), layers: 2, heads: 4))
    #expect(
      error(.replace(.residual(layer: 3), positions: nil, values: numbers(1, 32)))
        == .noSuchLayer(3, layers: 2))
    #expect(
      error(.replace(.values(head(0, 0)), positions: [17], values: numbers(1, 12)))
        == .noSuchPosition(17, seq: 17))
    #expect(
      error(.mean(head(0, 0), [1, 2]))
        == .interventionShape(site: "z of L0.H0", found: [1, 2], expected: [17, 12]))
    let short = try model.run(Prompt(ids: [1]), as: Float.self)
    #expect(throws: ModelError.reusedRunDiffers(found: 1, expected: 17)) {
      try model.run(prompt, reusing: short)
    }
  }

  @Test func `lists of heads are read, layers included`() throws {
    let plan = try Reference("llama-grouped").model.plan
    #expect(try plan.heads(named: "L1.H2, 0.1,l1.h2") == [head(0, 1), head(1, 2)])
    #expect(try plan.heads(named: "L1") == (0..<4).map { head(1, $0) })
    #expect(try plan.heads(named: "1.0,L0").count == 5)
    #expect(throws: ModelError.headListUnreadable("L1.H0,")) { try plan.heads(named: "L1.H0,") }
    #expect(throws: ModelError.headListUnreadable("")) { try plan.heads(named: "") }
    #expect(throws: ModelError.headListUnreadable("x")) { try plan.heads(named: "x") }
    #expect(throws: ModelError.noSuchLayer(2, layers: 2)) { try plan.heads(named: "L2") }
    #expect(throws: ModelError.noSuchHead(head(0, 4), layers: 2, heads: 4)) {
      try plan.heads(named: "0.4")
    }
  }
}
