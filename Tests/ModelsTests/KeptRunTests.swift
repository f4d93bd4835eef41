import Foundation
import Synchronization
import Tensors
import Testing

@testable import Models

/// Runs that keep what they derive maps from in a file, and runs that are given up inside a layer.
@Suite struct KeptRunTests {
  private func file() throws -> KeptFile {
    try KeptFile(in: FileManager.default.temporaryDirectory.path)
  }

  @Test(arguments: [false, true])
  func `a run in a file has the numbers of one in memory`(rounds: Bool) throws {
    let reference = try Reference("llama-grouped")
    var model = reference.model
    model.multipliesBFloat16 = rounds
    let prompt = try reference.prompt("p17")
    let inMemory = try model.run(prompt, as: Float.self)
    let inFile = try model.run(prompt, as: Float.self, keeping: file())
    #expect(inFile.residuals == inMemory.residuals)
    #expect(inFile.file != nil && inMemory.file == nil)
    for head in model.plan.allHeads {
      #expect(inFile.pattern(head) == inMemory.pattern(head))
      #expect(inFile.weightedValues(head).copied == inMemory.weightedValues(head).copied)
    }
    #expect(
      try model.logits(inFile, positions: 0..<17) == model.logits(inMemory, positions: 0..<17))
    let sums = 4 * 2 * 17 * inFile.layers * inFile.heads
    #expect(inFile.bytesInMemory == sums)
    #expect(inMemory.bytesInMemory == model.memoryPlan(model.shape(of: prompt), threads: 1).trace)
  }

  @Test func `a run that starts from one in a file goes on there`() throws {
    let reference = try Reference("gpt2-standard")
    let (model, prompt) = (reference.model, try reference.prompt("p17"))
    let changes = [Intervention.zero(HeadIndex(layer: 1, head: 0))]
    let base = try model.run(prompt, as: Float.self, keeping: file())
    let changed = try model.run(prompt, interventions: changes, reusing: base)
    let alone = try model.run(prompt, as: Float.self, interventions: changes)
    #expect(changed.file === base.file)
    #expect(changed.residuals == alone.residuals)
    let gradients = try model.gradients(of: .nextTokenLoss(prompt), base)
    let expected = try model.gradients(
      of: .nextTokenLoss(prompt), model.run(prompt, as: Float.self))
    #expect(gradients.residuals == expected.residuals)
  }

  @Test func `an encoder-decoder keeps both of its parts in the file`() throws {
    let reference = try EncoderReference("t5-gated")
    let prompt = try reference.prompt()
    let inFile = try reference.model.run(prompt, as: Float.self, keeping: file())
    let inMemory = try reference.model.run(prompt, as: Float.self)
    #expect(inFile.bytesInMemory < inMemory.bytesInMemory / 4)
    for stream in inMemory.streamNames {
      #expect(inFile.stream(stream)?.residuals == inMemory.stream(stream)?.residuals)
    }
  }

  /// How often a run asks whether it is over, of which it is told so from the `end`th time on.
  private func questions(until end: Int) throws -> Int {
    let model = try Reference("novels").model
    let prompt = Prompt(ids: Array(0..<500))
    let asked = Atomic(0)
    let work = Cancellation(when: { asked.add(1, ordering: .relaxed).newValue >= end })
    _ = try? work.watch { _ = try model.run(prompt, as: Float.self) }
    return asked.load(ordering: .relaxed)
  }

  @Test func `a run is given up in the middle of a layer, not at its end`() throws {
    let all = try questions(until: .max)
    // Eight heads' four tiles of queries, and the products of the block, for each of six layers.
    #expect(all > 6 * 8 * 4)
    // Told in the first layer's attention, no tile after that is computed, and no layer begins.
    let given = try questions(until: 10)
    #expect(given < all / 6 + 10, "asked \(given) times of \(all)")
    let model = try Reference("novels").model
    #expect(throws: CancellationError.self) {
      try Cancellation(when: { true }).watch {
        try model.run(Prompt(ids: [1, 2, 3]), as: Float.self)
      }
    }
  }

  @Test func `maps, scores and gradients that are given up are thrown away`() throws {
    let reference = try Reference("gpt2-standard")
    let (model, prompt) = (reference.model, try reference.prompt("p17"))
    let trace = try model.run(prompt, as: Float.self)
    #expect(throws: CancellationError.self) {
      try Cancellation(when: { true }).watch { trace.pattern(HeadIndex(layer: 0, head: 0)) }
    }
    #expect(throws: CancellationError.self) {
      try Cancellation(when: { true }).watch { try model.losses(trace) }
    }
    #expect(throws: CancellationError.self) {
      try Cancellation(when: { true }).watch {
        try model.gradients(of: .nextTokenLoss(prompt), trace)
      }
    }
    #expect(throws: CancellationError.self) {
      try Cancellation(when: { true }).watch {
        try model.losses(of: [[.zero(HeadIndex(layer: 0, head: 0))]], base: trace)
      }
    }
  }
}
