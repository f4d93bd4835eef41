import Testing

@testable import Models

/// What a run will hold, against what it holds.
@Suite struct MemoryPlanTests {
  @Test func `the trace takes what the plan says, to the byte`() throws {
    for name in ["gpt2-standard", "llama-grouped", "llama-multiquery"] {
      let reference = try Reference(name)
      let prompt = try reference.prompt("p17")
      let trace = try reference.model.run(prompt, as: Float.self)
      // Two sums for each row of each map.
      let sums = 4 * 2 * 17 * trace.layers * trace.heads
      let residuals = trace.residuals.reduce(0) { $0 + 4 * $1.count }
      let kept = trace.attention.reduce(0) { $0 + $1.byteCount }
      let plan = MemoryPlan(reference.model.plan, seq: 17, threads: 2)
      #expect(plan.trace == residuals + kept + sums)
      var rounding = reference.model
      rounding.multipliesBFloat16 = true
      #expect(
        rounding.memoryPlan(seq: 17, threads: 2).trace == residuals + kept / 2 + sums)
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

  @Test func `work over the budget is refused with what would fit`() throws {
    let model = try Reference("llama-full").model
    for work in MemoryPlan.Work.allCases {
      let needed = model.memoryPlan(seq: 17, threads: 1).total(work)
      try model.checkMemory(work, seq: 17, threads: 1, budget: nil)
      try model.checkMemory(work, seq: 17, threads: 1, budget: needed)
      let fits = model.memoryPlan(seq: 12, threads: 1).total(work)
      #expect(
        throws: ModelError.overBudget(
          work: work, needed: needed, budget: fits, tokens: 17, fitting: 12, fitsRounded: false)
      ) {
        try model.checkMemory(work, seq: 17, threads: 1, budget: fits)
      }
    }
  }

  @Test func `scores and variants are planned on top of the run, maps for a file alone`() throws {
    let plan = try Reference("novels").model.memoryPlan(seq: 1000, threads: 2)
    #expect(plan.maps == 4 * 48 * 1000 * 1000)
    #expect(plan.total(.scores) >= plan.total)
    #expect(plan.total(.ablation) > plan.total)
    #expect(plan.total(.export) < plan.maps)
  }

  @Test func `weights are planned for where they are converted`() throws {
    // The fixture is stored in single precision.
    var model = try Reference("llama-full").model
    let single = model.memoryPlan(seq: 17, threads: 1)
    #expect(single == MemoryPlan(model.plan, seq: 17, threads: 1))
    model.multipliesBFloat16 = true
    #expect(model.memoryPlan(seq: 17, threads: 1).working > single.working)
    let double = model.memoryPlan(seq: 17, threads: 1, isDouble: true)
    #expect(double.trace == 2 * single.trace)
    #expect(double.working > 2 * single.working)
  }
}
