import Tensors
import Testing

@testable import Models

/// Gradients: against PyTorch's autograd, and against differences in double precision.
@Suite struct GradientTests {
  /// Hugging Face goes through float32 in a few places, even in a float64 run: 1e-5 of the largest.
  @Test(arguments: Reference.tiny)
  func `gradients of gates are autograd's`(name: String) throws {
    let reference = try Reference(name)
    guard let wanted = try Reference.importance(name)["gate"] else { return }
    try compare(reference, wanted, PlainKernels<Double>.self, tolerance: 1e-5)
    try compare(reference, wanted, PlainKernels<Float>.self, tolerance: 5e-5)
    try compare(reference, wanted, OneDNNKernels.self, tolerance: 5e-5)
  }

  private func compare<K: Kernels>(
    _ reference: Reference, _ wanted: Tensor<Double>, _: K.Type, tolerance: Double
  ) throws {
    let (model, prompt) = (reference.model, try reference.prompt("p17"))
    let trace = try model.run(prompt, on: K.self)
    let gradients = try model.gradients(of: .nextTokenLoss(prompt), trace, on: K.self)
    let gates = model.plan.allHeads.map(gradients.gate)
    for (head, (gate, expected)) in zip(model.plan.allHeads, zip(gates, wanted.elements)) {
      #expect(abs(gate - expected) < tolerance * wanted.largest, "\(head)")
    }
    let loss = try model.losses(trace)
    #expect(abs(gradients.value - loss.reduce(0, +) / 16) < 1e-5)
  }

  @Test(arguments: ["gpt2-standard", "llama-grouped"])
  func `gradients of z, maps and residual streams are autograd's`(name: String) throws {
    let reference = try Reference(name)
    let (model, prompt) = (reference.model, try reference.prompt("p17"))
    let expected = try Reference.importance(name)
    let trace = try model.run(prompt, as: Double.self)
    let gradients = try model.gradients(of: .nextTokenLoss(prompt), trace)
    let residuals = Tensor(
      gradients.residuals.flatMap(\.elements), shape: [model.plan.layers + 1, 17, 32])
    let wanted = try #require(expected["residual"])
    #expect(residuals.maxDifference(to: wanted) < 1e-5 * wanted.largest)
    let (z, maps) = (try #require(expected["z"]), try #require(expected["attention"]))
    for head in model.plan.allHeads {
      let (g, map) = (gradients.weightedValues(head), gradients.pattern(head, rows: 0..<17))
      for query in 0..<17 {
        for column in 0..<g.columns {
          let difference = g[query, column] - z[head.layer, head.head, query, column]
          #expect(abs(difference) < 1e-5 * z.largest)
        }
        // Autograd gives hidden places a gradient as well; a map has none there.
        for key in 0...query {
          let difference = map[query, key] - maps[head.layer, head.head, query, key]
          #expect(abs(difference) < 1e-5 * maps.largest)
        }
      }
    }
  }

  /// The mean over targets, or the logit, as a function of factors on heads.
  private func value(
    _ objective: Objective, _ model: Model, _ prompt: Prompt, _ interventions: [Intervention]
  ) throws -> Double {
    let trace = try model.run(prompt, as: Double.self, interventions: interventions)
    return try OutputHead<PlainKernels<Double>>(model)
      .gradient(of: objective, trace.residuals[model.plan.layers].matrix).value
  }

  private func difference(
    _ objective: Objective, _ model: Model, _ prompt: Prompt, _ heads: [HeadIndex],
    with others: [Intervention] = []
  ) throws -> Double {
    // The error of a central difference with this step is about 1e-8.
    let step = 1e-4
    func at(_ factor: Double) throws -> Double {
      try value(
        objective, model, prompt, others + heads.map { .scale($0, by: factor) })
    }
    return try (at(1 + step) - at(1 - step)) / (2 * step)
  }

  @Test(arguments: Reference.tiny)
  func `gradients of every objective are differences in double precision`(name: String) throws {
    let reference = try Reference(name)
    let (model, prompt) = (reference.model, try reference.prompt("p17"))
    guard model.hasOutputHead else { return }
    let trace = try model.run(prompt, as: Double.self)
    for objective: Objective in [
      .nextTokenLoss(prompt), .logit(.init(position: 16, id: 5)),
      .logitDifference(position: 9, 3, minus: 60),
      .loss([.init(position: 16, id: 1), .init(position: 0, id: 2), .init(position: 16, id: 3)]),
    ] {
      let gradients = try model.gradients(of: objective, trace)
      for head in [HeadIndex(layer: 0, head: 1), HeadIndex(layer: 1, head: 3)] {
        let wanted = try difference(objective, model, prompt, [head])
        #expect(abs(gradients.gate(head) - wanted) < 1e-6 * max(1, abs(wanted)), "\(objective)")
      }
    }
  }

  @Test(arguments: ["gpt2-standard", "llama-grouped"])
  func `the gates of a layer add up to the derivative of scaling all of it`(name: String) throws {
    let reference = try Reference(name)
    let (model, prompt) = (reference.model, try reference.prompt("p17"))
    let objective = Objective.nextTokenLoss(prompt)
    let gradients = try model.gradients(
      of: objective, model.run(prompt, as: Double.self))
    for layer in 0..<model.plan.layers {
      let heads = model.plan.heads(inLayer: layer)
      let wanted = try difference(objective, model, prompt, heads)
      #expect(abs(heads.map(gradients.gate).reduce(0, +) - wanted) < 1e-6)
    }
  }

  @Test func `gradients respect what a run has changed`() throws {
    let reference = try Reference("llama-grouped")
    let (model, prompt) = (reference.model, try reference.prompt("p17"))
    let row = Tensor<Double>((0..<12).map { Double($0) / 12 }, shape: [1, 12])
    let wide = Tensor<Double>((0..<32).map { Double($0 % 5) / 5 }, shape: [1, 32])
    let (first, last) = (HeadIndex(layer: 0, head: 2), HeadIndex(layer: 1, head: 0))
    let objective = Objective.nextTokenLoss(prompt)
    for change: Intervention in [
      .scale(last, by: 0.3), .zero(last),
      .replace(.weightedValues(last), positions: [3, 7], values: row),
      .replace(.queries(last), positions: nil, values: row),
      .replace(.keys(last), positions: [1], values: row),
      .replace(.values(last), positions: [1], values: row),
      .replace(.residual(layer: 1), positions: [2, 16], values: wide),
      .replace(.residual(layer: 2), positions: [2], values: wide),
    ] {
      let trace = try model.run(prompt, as: Double.self, interventions: [change])
      let gradients = try model.gradients(of: objective, trace)
      let wanted = try difference(objective, model, prompt, [first], with: [change])
      #expect(abs(gradients.gate(first) - wanted) < 1e-6, "\(change)")
    }
  }

  @Test(arguments: [
    "streaming:sink=2,recent=4", "window:size=5", "cut:edges=*>0+9>2-5", "s2:block=4,local=1",
  ])
  func `gradients pass through rules that hide keys`(rule: String) throws {
    let reference = try Reference("llama-grouped")
    let (model, prompt) = (reference.model, try reference.prompt("p17"))
    let plain = try model.run(prompt, as: Double.self)
    let changes = try model.interventions(
      RulePlan(RuleSpec(parsing: rule), in: model.plan.allHeads), on: plain)
    try compareBelow(model, prompt, changes)
  }

  @Test func `gradients pass through a blend of all keys and a window, and stretched heads`() throws
  {
    let reference = try Reference("llama-grouped")
    let (model, prompt) = (reference.model, try reference.prompt("p17"))
    let last = HeadIndex(layer: 1, head: 0)
    try compareBelow(model, prompt, [.blend(last, share: 0.3, sink: 1, recent: 3)])
    try compareBelow(model, prompt, [.stretch(last, by: (0..<12).map { Double($0) / 6 - 1 })])
    #expect(throws: ModelError.self) {
      try model.run(prompt, as: Float.self, interventions: [.stretch(last, by: [1, 2])])
    }
  }

  /// Gates of the first layer, whose gradients come through everything above.
  private func compareBelow(
    _ model: Model, _ prompt: Prompt, _ changes: [Intervention]
  ) throws {
    let objective = Objective.nextTokenLoss(prompt)
    let trace = try model.run(prompt, as: Double.self, interventions: changes)
    let gradients = try model.gradients(of: objective, trace)
    for head in model.plan.heads(inLayer: 0) {
      let wanted = try difference(objective, model, prompt, [head], with: changes)
      #expect(abs(gradients.gate(head) - wanted) < 1e-6, "\(head)")
    }
  }

  @Test func `the distance of final vectors is differentiated`() throws {
    let reference = try Reference("llama-grouped")
    let (model, prompt) = (reference.model, try reference.prompt("p17"))
    let plain = try model.run(prompt, as: Double.self)
    let (head, other) = (HeadIndex(layer: 0, head: 1), HeadIndex(layer: 1, head: 2))
    func at(_ factor: Double) throws -> Gradients<Double> {
      let run = try model.run(
        prompt, interventions: [.zero(other), .scale(head, by: factor)], reusing: plain)
      return try model.gradients(ofDistanceAt: [3, 16], from: plain, run)
    }
    let slope = try (at(1 + 1e-4).value - at(1 - 1e-4).value) / 2e-4
    #expect(try abs(at(1).gate(head) - slope) < 1e-6 * max(1, abs(slope)))
    #expect(try model.gradients(ofDistanceAt: [3], from: plain, plain).value == 0)
  }

  @Test func `runs under other rules are refused by name`() throws {
    let model = try Reference("llama-grouped").model
    let plain = try model.run(Prompt(ids: [1, 2, 3]), as: Float.self)
    func rules(_ text: String) throws -> [Intervention] {
      try model.interventions(
        RulePlan(RuleSpec(parsing: text), in: model.plan.allHeads), on: plain)
    }
    let ruled = try model.run(plain.prompt, interventions: rules("temperature"), reusing: plain)
    #expect(throws: ModelError.gradientUnderRule("temperature")) {
      try model.gradients(of: .nextTokenLoss(plain.prompt), ruled)
    }
    #expect(throws: ModelError.gradientOfFrozenRun) {
      try model.gradients(
        of: .nextTokenLoss(plain.prompt), plain.freezing(rules("window:size=2")))
    }
  }

  @Test func `what cannot be differentiated is refused, and progress ends the work`() throws {
    struct Stop: Error {}
    let model = try Reference("llama-grouped").model
    let trace = try model.run(Prompt(ids: [1, 2, 3]), as: Float.self)
    #expect(throws: ModelError.noSuchPosition(3, seq: 3)) {
      try model.gradients(of: .logit(.init(position: 3, id: 0)), trace)
    }
    #expect(throws: ModelError.idOutOfRange(id: 64, position: 0, vocabularySize: 64)) {
      try model.gradients(of: .logit(.init(position: 0, id: 64)), trace)
    }
    #expect(throws: Stop.self) {
      try model.gradients(of: .nextTokenLoss(trace.prompt), trace) {
        if $0.done == 1 { throw Stop() }
      }
    }
  }

  @Test func `gradients across the edges of tiles agree with the plain kernels`() throws {
    let model = try Reference("novels").model
    let prompt = Prompt(ids: [0] + (1..<300).map { $0 * 7919 % 4095 + 1 })
    let base = try model.run(prompt, as: Float.self)
    let gradients = try model.gradients(of: .nextTokenLoss(prompt), base)
    // One step along a gate, in single precision: a few digits.
    for head in [HeadIndex(layer: 2, head: 6), HeadIndex(layer: 4, head: 4)] {
      let losses = try model.losses(
        of: [[.scale(head, by: 1.02)], [.scale(head, by: 0.98)]], base: base)
      let wanted = (losses[0] - losses[1]) / 0.04
      #expect(abs(gradients.gate(head) - wanted) < 0.02 * max(0.05, abs(wanted)), "\(head)")
    }
  }
}
