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
      let plan = model.memoryPlan(seq: 17, threads: 1)
      let needed = plan.total(work)
      #expect(try model.place(for: [work], seq: 17, threads: 1, budget: nil) == .memory)
      #expect(try model.place(for: [work], seq: 17, threads: 1, budget: needed) == .memory)
      let fits = model.memoryPlan(seq: 12, threads: 1).total(work)
      let withFile = plan.total(work, keeping: .file) <= fits ? plan.filed(work) : nil
      #expect(
        throws: ModelError.overBudget(
          work: work, needed: needed, budget: fits, tokens: 17, fitting: 12, fitsRounded: false,
          file: withFile, room: nil)
      ) {
        try model.place(for: [work], seq: 17, threads: 1, budget: fits)
      }
    }
  }

  @Test func `what memory does not hold goes to a file where there is room for it`() throws {
    let model = try Reference("novels").model
    let plan = model.memoryPlan(seq: 1000, threads: 1)
    let budget = plan.total(.scores, keeping: .file)
    #expect(budget < plan.total(.scores))
    #expect(plan.filed < plan.trace && plan.trace - plan.filed == 4 * 2 * 1000 * 48)
    let room = FileRoom(folder: "/disk", free: plan.filed)
    func place(_ room: FileRoom?, _ budget: Int) throws -> MemoryPlan.Place {
      try model.place(for: [.run, .scores], seq: 1000, threads: 1, budget: budget, room: room)
    }
    #expect(try place(room, budget) == .file)
    #expect(try place(room, plan.total(.scores)) == .memory)
    let full = FileRoom(folder: "/disk", free: plan.filed - 1)
    let error = #expect(throws: ModelError.self) { try place(full, budget) }
    #expect(error?.description.contains("(/disk has") == true, "\(String(describing: error))")
    #expect(throws: ModelError.self) { try place(nil, budget) }
    #expect(throws: ModelError.self) { try place(room, budget - 1) }
    // Two runs side by side take two files' worth.
    #expect(plan.filed(.rerun) == 2 * plan.filed)
  }

  @Test func `gradients and a second run are planned on top of the first`() throws {
    let reference = try Reference("llama-grouped")
    let model = reference.model
    let plan = model.memoryPlan(seq: 17, threads: 1)
    let gradients = try model.gradients(
      of: .nextTokenLoss(reference.prompt("p17")),
      model.run(reference.prompt("p17"), as: Float.self))
    let kept = (gradients.residuals + gradients.weightedValues).reduce(0) { $0 + 4 * $1.count }
    #expect(plan.total(.backward) > plan.trace + kept)
    #expect(plan.total(.rerun) >= 2 * plan.trace + plan.working)
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
