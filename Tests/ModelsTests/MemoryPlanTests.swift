import Testing

@testable import Models

/// What a run will hold, against what it holds.
@Suite struct MemoryPlanTests {
  @Test func `the trace takes what the plan says, to the byte`() throws {
    for name in ["gpt2-standard", "llama-grouped", "llama-multiquery"] {
      let reference = try Reference(name)
      let prompt = try reference.prompt("p17")
      let trace = try reference.model.run(prompt, as: Float.self)
      let kept =
        trace.residuals.reduce(0) { $0 + $1.count }
        + trace.attention.reduce(0) {
          $0 + $1.queries.count + $1.keys.count + $1.values.count + $1.weightedValues.count
        }
      let plan = MemoryPlan(reference.model.plan, seq: 17, threads: 2)
      #expect(plan.trace == 4 * kept)
      #expect(plan.seq == 17)
      #expect(plan.total == plan.trace + plan.working)
      let double = MemoryPlan(reference.model.plan, seq: 17, threads: 2, bytesPerNumber: 8)
      #expect(double.trace == 2 * plan.trace)
    }
  }

  @Test func `what is kept grows with the prompt, not with its square`() throws {
    let plan = try Reference("novels").model.plan
    let short = MemoryPlan(plan, seq: 1000, threads: 2)
    let long = MemoryPlan(plan, seq: 100_000, threads: 2)
    #expect(long.trace == 100 * short.trace)
    // The maps alone would be 48 · 10¹⁰ · 4 bytes.
    #expect(long.total < 4 << 30)
    #expect(MemoryPlan(plan, seq: 1000, threads: 8).working > short.working)
  }

  @Test func `a run over the budget is refused, one within it is not`() throws {
    let plan = MemoryPlan(try Reference("llama-full").model.plan, seq: 17, threads: 1)
    try plan.check(budget: nil)
    try plan.check(budget: plan.total)
    #expect(
      throws: ModelError.overBudget(needed: plan.total, budget: plan.total - 1, tokens: 17)
    ) {
      try plan.check(budget: plan.total - 1)
    }
  }
}
