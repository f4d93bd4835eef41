import Checkpoints
import Foundation
import Tensors
import Testing

@testable import Models

/// Interventions in an encoder and in cross attention, and what they do to the output.
@Suite struct StreamInterventionTests {
  private static let streams = [StreamName.encoder, .decoder, .cross]

  /// An encoder-decoder with something for its decoder.
  private func example(_ name: String) throws -> (Model, Prompt) {
    let reference = try EncoderReference(name)
    var prompt = try reference.prompt()
    if prompt.decoder.isEmpty { prompt.decoder = Prompt(ids: [0, 5, 9, 12]).tokens }
    return (reference.model, prompt)
  }

  private func loss(_ model: Model, _ trace: Trace<Double>) throws -> Double {
    try model.outcome(of: trace, by: .nextTokenLoss(trace.prompt)).value
  }

  @Test(arguments: ["t5", "bart", "whisper"], streams)
  func `every stream's heads are taken out alone or in a batch, and the rest is as it was`(
    name: String, stream: StreamName
  ) throws {
    let (model, prompt) = try example(name)
    let base = try model.run(prompt, as: Double.self)
    let plan = try model.plan(stream, for: prompt)
    let heads = [plan.allHeads.first, plan.allHeads.last].compactMap { $0 }
    let variants = [[]] + heads.map { [Intervention.zero($0)] }
    let batched = try model.losses(of: variants, in: stream, base: base)
    for (variant, found) in zip(variants, batched) {
      let alone = try model.run(prompt, as: Double.self, interventions: variant, in: stream)
      #expect(abs(try loss(model, alone) - found) < 1e-12)
      let reused = try model.run(prompt, interventions: variant, in: stream, reusing: base)
      #expect(reused.residuals == alone.residuals)
      #expect(reused.stream(.cross)?.residuals == alone.stream(.cross)?.residuals)
      // Back again: nothing of the change is left.
      let back = try model.run(prompt, reusing: reused)
      #expect(back.residuals == base.residuals)
      guard let head = variant.first?.head else { continue }
      let own = try model.stream(stream, of: alone)
      #expect(own.weightedValues(head).copied.elements.allSatisfy { $0 == 0 })
      #expect(own.interventions.count == 1 && !alone.isUnchanged)
      if stream != .encoder {
        #expect(alone.stream(.encoder)?.residuals == base.stream(.encoder)?.residuals)
      }
    }
    #expect(abs(batched[0] - (try loss(model, base))) < 1e-12)
    #expect(Set(batched).count == 3, "every head matters a little")
  }

  @Test(arguments: ["t5", "bart", "whisper"])
  func `heads of all streams are taken out at once`(name: String) throws {
    let (model, prompt) = try example(name)
    let base = try model.run(prompt, as: Double.self)
    var heads = StreamHeads()
    for stream in Self.streams {
      heads[stream] = Set(try model.plan(stream, for: prompt).allHeads.prefix(1))
    }
    let changed = try model.run(prompt, as: Double.self, interventions: heads.zeroed)
    let reused = try model.run(prompt, interventions: heads.zeroed, reusing: base)
    #expect(changed.residuals == reused.residuals)
    for stream in Self.streams {
      let own = try model.stream(stream, of: changed)
      #expect(own.interventions.count == 1)
      for head in heads[stream] {
        #expect(own.weightedValues(head).copied.elements.allSatisfy { $0 == 0 })
      }
      var fewer = heads
      fewer[stream] = []
      let rest = try model.run(prompt, as: Double.self, interventions: fewer.zeroed)
      #expect(rest.residuals != changed.residuals, "each of them matters")
    }
    let encoded = try model.run(
      prompt, as: Double.self, interventions: heads.zeroed[.encoder] ?? [], in: .encoder)
    #expect(changed.stream(.encoder)?.residuals == encoded.stream(.encoder)?.residuals)
  }

  @Test(arguments: ["t5", "bart", "whisper"])
  func `a rule in an encoder changes it, and what its decoder makes of it`(name: String) throws {
    let (model, prompt) = try example(name)
    let base = try model.run(prompt, as: Double.self)
    let encoded = try model.stream(.encoder, of: base)
    let head = HeadIndex(layer: encoded.layers - 1, head: 1)
    let rules = RulePlan(try RuleSpec(parsing: "window:size=2"), in: [head])
    let frozen = try model.run(under: [.encoder: rules], reach: .local, base: base)
    let own = try model.stream(.encoder, of: frozen)
    #expect(own.residuals == encoded.residuals && frozen.residuals == base.residuals)
    for other in encoded.plan.allHeads {
      #expect((own.pattern(other) == encoded.pattern(other)) == (other != head))
    }
    let map = own.pattern(head)
    for (query, key) in [(0, 2), (2, 0), (3, 1)] { #expect(map[query, key] == 0) }
    #expect(own.ruleNotice != nil && frozen.stream(.cross) != nil)
    let run = try model.run(under: [.encoder: rules], reach: .propagated, base: base)
    #expect(
      try model.stream(.encoder, of: run).pattern(head) == map, "the last layer's inputs stay")
    #expect(try loss(model, run) != loss(model, base))
    // A frozen run is nothing to go on from.
    let back = try model.run(prompt, reusing: frozen)
    #expect(try model.stream(.encoder, of: back).pattern(head) == encoded.pattern(head))
    #expect(throws: ModelError.interventionInCross(layer: 0)) {
      let first = RulePlan(try RuleSpec(parsing: "window"), in: [HeadIndex(layer: 0, head: 0)])
      _ = try model.run(under: [.cross: first], reach: .local, base: base)
    }
  }

  @Test func `a rule in an encoder counts heads by the encoder`() throws {
    let (model, prompt) = try example("t5")
    let base = try model.run(prompt, as: Double.self)
    let beyond = HeadIndex(layer: 2, head: 0)
    let rules = RulePlan(try RuleSpec(parsing: "window"), in: [beyond])
    #expect(try model.run(under: [.decoder: rules], reach: .local, base: base).rules == rules)
    #expect(throws: ModelError.noSuchHead(beyond, layers: 2, heads: 4)) {
      try model.run(under: [.encoder: rules], reach: .local, base: base)
    }
  }

  @Test func `heads that depend on a span are found in an encoder and in its decoder`() throws {
    let (model, plain) = try example("t5")
    let span = [PromptSpan(name: "a", tokens: 0..<2)]
    let rule = try RuleSpec(parsing: "vhr")
    let base = try model.run(plain.marking(span), as: Double.self)
    let encoded = try model.stream(.encoder, of: base)
    let plan = RulePlan(rule, in: encoded.plan.allHeads)
    let ruled = try model.run(under: [.encoder: plan], reach: .local, base: base)
    let own = try model.stream(.encoder, of: ruled)
    let doubled = encoded.plan.allHeads.filter {
      zip(own.weightedValues($0).copied.elements, encoded.weightedValues($0).copied.elements)
        .contains { abs($0 - $1) > 1e-9 }
    }
    #expect(!doubled.isEmpty && doubled.count < encoded.plan.allHeads.count)
  }

  @Test func `a list of heads names their parts where they are not of the one that is meant`()
    throws
  {
    let (model, prompt) = try example("t5")
    let heads = try model.heads(named: "L0.H1, encoder:L1,1.0", in: .cross, of: prompt)
    #expect(heads.streams == [.encoder, .cross] && heads.count == 6)
    #expect(
      heads.names(in: .cross)
        == ["encoder:L1.H0", "encoder:L1.H1", "encoder:L1.H2", "encoder:L1.H3", "L0.H1", "L1.H0"])
    #expect(heads.names(in: .encoder).last == "cross:L1.H0")
    for stream in Self.streams {
      let list = heads.names(in: stream).joined(separator: ",")
      #expect(try model.heads(named: list, in: stream, of: prompt) == heads)
    }
    #expect(throws: ModelError.headListUnreadable("image:L0.H1")) {
      try model.heads(named: "image:L0.H1", in: .decoder, of: prompt)
    }
    #expect(throws: ModelError.self) {
      try model.heads(named: "encoder:L9.H1", in: .decoder, of: prompt)
    }
    let one = try Reference("gpt2-standard").model
    #expect(throws: ModelError.noSuchStream(.encoder, family: one.plan.family)) {
      try one.heads(named: "encoder:L0.H1", in: .decoder, of: Prompt(ids: [1]))
    }
  }

  @Test(arguments: ["t5", "bart"], streams)
  func `a stream's gates are differences, also where heads are already scaled`(
    name: String, stream: StreamName
  ) throws {
    let (model, prompt) = try example(name)
    let plan = try model.plan(stream, for: prompt)
    let (fixed, head) = (HeadIndex(layer: 0, head: 0), plan.allHeads[plan.allHeads.count - 1])
    func run(_ factor: Double) throws -> Trace<Double> {
      try model.run(
        prompt, interventions: [.scale(fixed, by: 0.5), .scale(head, by: factor)], in: stream)
    }
    let trace = try run(1)
    let gradients = try model.gradients(of: .nextTokenLoss(trace.prompt), trace)
    let own = try #require(gradients.stream(stream))
    // The error of a central difference with this step is about 1e-8.
    let wanted = try (loss(model, run(1 + 1e-4)) - loss(model, run(1 - 1e-4))) / 2e-4
    #expect(abs(own.gate(head) - wanted) < 2e-6 * max(1, abs(wanted)))
    // A gate of 0.5 before: the factor's derivative is of what it multiplied.
    let plain = try model.stream(stream, of: trace).unscaled
    let slope = PlainKernels<Double>.dots(plain.weightedValues(fixed), own.weightedValues(fixed))
      .reduce(0, +)
    #expect(abs(slope - 2 * own.gate(fixed)) < 1e-9)
  }

  /// A head without any edge is a head that is out; gradients know what is cut.
  @Test(arguments: ["t5", "bart"], [StreamName.encoder, .cross])
  func `edges are cut in encoders and cross attention`(name: String, stream: StreamName) throws {
    let (model, prompt) = try example(name)
    let head = HeadIndex(layer: 1, head: 1)
    let all = try model.run(
      prompt, as: Double.self, interventions: [.cut(head, edges: "*>*")], in: stream)
    let out = try model.run(prompt, as: Double.self, interventions: [.zero(head)], in: stream)
    #expect(all.residuals == out.residuals)
    func run(_ factor: Double) throws -> Trace<Double> {
      try model.run(
        prompt, interventions: [.cut(head, edges: "*>0+1>2"), .scale(head, by: factor)], in: stream)
    }
    let trace = try run(1)
    let map = try model.stream(stream, of: trace)
    #expect(
      map.exactPattern(head, rows: 0..<map.seq, columns: 0..<1).elements.allSatisfy { $0 == 0 })
    #expect(map.exactPattern(head, rows: 1..<2, columns: 2..<3)[0, 0] == 0)
    let gradients = try model.gradients(of: .nextTokenLoss(trace.prompt), trace)
    let wanted = try (loss(model, run(1 + 1e-4)) - loss(model, run(1 - 1e-4))) / 2e-4
    let own = try #require(gradients.stream(stream))
    #expect(abs(own.gate(head) - wanted) < 2e-6 * max(1, abs(wanted)))
    // Below the cut as well: keys and values are made from what comes before.
    func below(_ factor: Double) throws -> Trace<Double> {
      try model.run(
        prompt,
        interventions: [
          .cut(head, edges: "*>0+1>2"), .scale(HeadIndex(layer: 0, head: 0), by: factor),
        ], in: stream)
    }
    let first = try (loss(model, below(1 + 1e-4)) - loss(model, below(1 - 1e-4))) / 2e-4
    #expect(abs(own.gate(HeadIndex(layer: 0, head: 0)) - first) < 2e-6 * max(1, abs(first)))
  }

  @Test func `what cross attention does not have is refused`() throws {
    let (model, prompt) = try example("t5")
    let width = model.plan.dModel
    let residual = Intervention.replace(
      .residual(layer: 0), positions: nil, values: Tensor(repeating: 0, shape: [1, width]))
    #expect(throws: ModelError.interventionInCross(layer: 0)) {
      try model.run(prompt, as: Float.self, interventions: [residual], in: .cross)
    }
    #expect(throws: ModelError.interventionInCross(layer: 1)) {
      let blend = try Intervention.blend(
        HeadIndex(layer: 1, head: 0), share: 0.5, sink: 1, recent: 2)
      return try model.run(prompt, as: Float.self, interventions: [blend], in: .cross)
    }
    let bert = try EncoderReference("bert")
    #expect(throws: ModelError.noSuchStream(.encoder, family: "bert")) {
      try bert.model.run(
        bert.prompt(), as: Float.self, interventions: [.zero(HeadIndex(layer: 0, head: 0))],
        in: .encoder)
    }
  }
}
