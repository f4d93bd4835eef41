import Foundation
import Tensors
import Testing

@testable import Models

extension Model {
  /// The plan of a text of so many tokens.
  fileprivate func memoryPlan(seq: Int, threads: Int, isDouble: Bool = false) -> MemoryPlan {
    memoryPlan(RunShape(plan, seq: seq), threads: threads, isDouble: isDouble)
  }
}

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
      let plan = MemoryPlan(RunShape(reference.model.plan, seq: 17), threads: 2)
      #expect(plan.trace == residuals + kept + sums)
      var rounding = reference.model
      rounding.multipliesBFloat16 = true
      #expect(
        rounding.memoryPlan(seq: 17, threads: 2).trace == residuals + kept / 2 + sums)
      #expect(plan.total == plan.trace + plan.working)
      let double = MemoryPlan(
        RunShape(reference.model.plan, seq: 17), threads: 2, bytesPerNumber: 8)
      #expect(double.trace == 2 * plan.trace)
    }
  }

  @Test func `what is kept grows with the prompt, not with its square`() throws {
    let plan = try Reference("novels").model.plan
    let short = MemoryPlan(RunShape(plan, seq: 1000), threads: 2)
    let long = MemoryPlan(RunShape(plan, seq: 100_000), threads: 2)
    #expect(long.trace == 100 * short.trace)
    // The maps alone would be 48 · 10¹⁰ · 4 bytes.
    #expect(long.total < 4 << 30)
    #expect(MemoryPlan(RunShape(plan, seq: 1000), threads: 8).working > short.working)
  }

  @Test func `work over the budget is refused with what would fit`() throws {
    let model = try Reference("llama-full").model
    let shape = RunShape(model.plan, seq: 17)
    for work in MemoryPlan.Work.allCases {
      let plan = model.memoryPlan(seq: 17, threads: 1)
      let needed = plan.total(work)
      #expect(try model.place(for: [work], shape, threads: 1, budget: nil) == .memory)
      #expect(try model.place(for: [work], shape, threads: 1, budget: needed) == .memory)
      let fits = model.memoryPlan(seq: 12, threads: 1).total(work)
      let withFile = plan.total(work, keeping: .file) <= fits ? plan.filed(work) : nil
      #expect(
        throws: ModelError.overBudget(
          work: work, needed: needed, budget: fits, tokens: [.decoder: 17],
          fitting: [.decoder: 12], fitsRounded: false, file: withFile, room: nil)
      ) {
        try model.place(for: [work], shape, threads: 1, budget: fits)
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
      try model.place(
        for: [.run, .scores], RunShape(model.plan, seq: 1000), threads: 1, budget: budget,
        room: room)
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
    #expect(single == MemoryPlan(RunShape(model.plan, seq: 17), threads: 1))
    model.multipliesBFloat16 = true
    #expect(model.memoryPlan(seq: 17, threads: 1).working > single.working)
    let double = model.memoryPlan(seq: 17, threads: 1, isDouble: true)
    #expect(double.trace == 2 * single.trace)
    #expect(double.working > 2 * single.working)
  }

  @Test(arguments: [
    "t5", "t5-gated", "mt5", "bart", "mbart", "marian", "whisper", "llava", "clip", "deberta-v2",
    "bert", "vit",
  ])
  func `every stack's part of the trace is counted, and cross attention's, to the byte`(
    name: String
  ) throws {
    let reference = try EncoderReference(name)
    for vision in [false, true] {
      let prompt = try reference.prompt(vision: vision && name == "clip")
      let trace = try reference.model.run(prompt, as: Float.self)
      let plan = reference.model.memoryPlan(reference.model.shape(of: prompt), threads: 2)
      #expect(plan.trace == trace.bytesInMemory)
      let file = try KeptFile(in: FileManager.default.temporaryDirectory.path)
      let filed = try reference.model.run(prompt, as: Float.self, keeping: file)
      #expect(plan.trace - plan.filed == filed.bytesInMemory)
      let streams = trace.streamNames.compactMap(trace.stream)
      let kept = streams.flatMap(\.attention).reduce(0) { $0 + $1.byteCount }
      let maps = streams.reduce(0) { $0 + 4 * $1.layers * $1.heads * $1.queryCount * $1.keyCount }
      #expect(plan.trace > kept && plan.maps == maps)
      var rounding = reference.model
      rounding.multipliesBFloat16 = true
      let rounded = rounding.memoryPlan(rounding.shape(of: prompt), threads: 2)
      #expect(rounded.trace == plan.trace - kept / 2)
    }
  }

  @Test(arguments: ["t5", "bart", "whisper", "llava"])
  func `gradients of every stack are counted`(name: String) throws {
    let reference = try EncoderReference(name)
    let prompt = try reference.prompt()
    let trace = try reference.model.run(prompt, as: Float.self)
    let gradients = try reference.model.gradients(of: .nextTokenLoss(trace.prompt), trace)
    let kept = trace.streamNames.compactMap(gradients.stream).reduce(0) { sum, stream in
      (stream.residuals + stream.weightedValues).reduce(sum) { $0 + 4 * $1.count }
    }
    let plan = reference.model.memoryPlan(reference.model.shape(of: prompt), threads: 1)
    #expect(plan.total(.backward) > plan.trace + kept)
  }

  @Test func `work on two stacks is refused with what each has, and the text that may be shorter`()
    throws
  {
    let text = try EncoderReference("t5").model
    var prompt = Prompt(ids: Array(1...30))
    prompt.decoder = Prompt(ids: [0, 5, 6, 7, 8]).tokens
    let shape = text.shape(of: prompt)
    func budget(_ shape: RunShape, _ work: MemoryPlan.Work) -> Int {
      text.memoryPlan(shape, threads: 1).total(work)
    }
    for work in MemoryPlan.Work.allCases where work != .ablation {
      let fits = budget(shape.with(12, in: .encoder), work)
      let error = #expect(throws: ModelError.self) {
        try text.place(for: [work], shape, threads: 1, budget: fits)
      }
      #expect(
        error?.description.contains(
          " of 30 encoder tokens and 5 decoder tokens needs \(ByteCount(budget(shape, work))), ")
          == true)
      #expect(error?.description.contains("; give the encoder at most 12 tokens") == true)
      #expect(
        try text.place(for: [work], shape, threads: 1, budget: budget(shape, work)) == .memory)
    }
    // A decoder that is too long with the shortest encoder.
    let long = shape.with(300, in: .decoder)
    let error = #expect(throws: ModelError.self) {
      try text.place(long, threads: 1, budget: budget(long.with(200, in: .decoder), .run))
    }
    #expect(error?.description.contains("; give the decoder at most 200 tokens") == true)
    // A sound is as long as it is.
    let sound = try EncoderReference("whisper")
    let heard = try sound.model.shape(of: sound.prompt())
    let plan = sound.model.memoryPlan(heard.with(2, in: .decoder), threads: 1)
    let refusal = #expect(throws: ModelError.self) {
      try sound.model.place(heard, threads: 1, budget: plan.total)
    }
    #expect(refusal?.description.contains("give the decoder at most 2 tokens") == true)
    // An image can be no shorter.
    let image = try EncoderReference("vit")
    let seen = try image.model.shape(of: image.prompt())
    let last = #expect(throws: ModelError.self) {
      try image.model.place(seen, threads: 1, budget: 1 << 10)
    }
    #expect(last?.description.hasSuffix("the budget is 1 KiB; raise --memory") == true)
  }
}
