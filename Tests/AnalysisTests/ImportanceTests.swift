import Checkpoints
import Foundation
import Models
import Tensors
import Testing

@testable import Analysis

/// Measures of how much a model needs each head, and pruning by them.
@Suite struct ImportanceTests {
  private func tiny(_ name: String) throws -> Model {
    try Model(
      Checkpoint.open(KnockOutTests.repository + "/Tests/ModelsTests/Fixtures/\(name)"))
  }

  private let prompt = Prompt(ids: (0..<24).map { $0 * 37 % 64 })

  /// `Z[l][i][h][c] = ((i+2c+3l+5h) mod 7 − 3)/4`, `dZ = ((2i+c+l+3h) mod 5 − 2)/8`, as `setup` has them.
  @Test func `Michel and run_bertology give the known values of the toy`() throws {
    var importance = GateImportance(layers: 3, heads: 2)
    /// `⟨z, dz⟩` of one token.
    func term(_ l: Int, _ h: Int, _ i: Int) -> Double {
      (0..<3).reduce(0.0) { sum, c in
        let z = Double((i + 2 * c + 3 * l + 5 * h) % 7 - 3) / 4
        let slope = Double((2 * i + c + l + 3 * h) % 5 - 2) / 8
        return sum + z * slope
      }
    }
    let terms = (0..<6).map { index in (0..<6).map { term(index / 2, index % 2, $0) } }
    let heads = HeadTable(repeating: 0, layers: 3, heads: 2).indices
    importance.add(zip(heads, terms), tokens: 6)
    let toy = try ToyFixture()
    let michel = try toy.numbers("michel_l2")
    let bertology = try toy.numbers("hf_l2_minmax")
    for (value, wanted) in zip(importance.michel.values, michel) {
      #expect(abs(value - wanted) < 1e-9)
    }
    for (value, wanted) in zip(importance.bertology.values, bertology) {
      #expect(abs(value - wanted) < 1e-9)
    }
  }

  @Test func `the scores of single heads are those of runs without them`() throws {
    let model = try tiny("gpt2-standard")
    let trace = try model.run(prompt, as: Double.self)
    let input = ScoreInput(model, trace)
    let head = HeadIndex(layer: 1, head: 2)
    let without = try model.run(prompt, as: Double.self, interventions: [.zero(head)])
    func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
    let change = try mean(model.losses(without)) - mean(model.losses(trace))
    #expect(abs(try AblationLossScore.table(input)[head] - change) < 1e-9)
    let kept = try model.run(
      prompt, as: Double.self,
      interventions: model.plan.heads(inLayer: 1).filter { $0 != head }.map(Intervention.zero))
    let alone = try mean(model.losses(kept)) - mean(model.losses(trace))
    #expect(abs(try KeepOnlyScore.table(input)[head] - alone) < 1e-9)
    // Logits, probabilities and divergences, written out.
    let (a, b) = (
      try model.logits(trace, positions: 0..<24), try model.logits(without, positions: 0..<24)
    )
    func softmax(_ logits: Tensor<Double>, _ row: Int) -> [Double] {
      let terms = (0..<64).map { Foundation.exp(logits[row, $0]) }
      return terms.map { $0 / terms.reduce(0, +) }
    }
    var (logit, probability, divergence) = (0.0, 0.0, 0.0)
    for row in 0..<24 {
      let (p, q) = (softmax(a, row), softmax(b, row))
      for (x, y) in zip(p, q) {
        let m = (x + y) / 2
        divergence += (x * Foundation.log(x / m) + y * Foundation.log(y / m)) / 2 / 24
      }
      guard row < 23 else { continue }
      let next = prompt.ids[row + 1]
      logit += (b[row, next] - a[row, next]) / 23
      probability += (q[next] - p[next]) / 23
    }
    #expect(abs(try AblationLogitScore.table(input)[head] - logit) < 1e-9)
    #expect(abs(try AblationProbabilityScore.table(input)[head] - probability) < 1e-9)
    #expect(abs(try JensenShannonScore.table(input)[head] - divergence) < 1e-9)
    let single = ScoreInput(model, try model.run(prompt, as: Float.self))
    #expect(abs(try JensenShannonScore.table(single)[head] - divergence) < 1e-5)
  }

  @Test func `attribution patching is exact where the metric is linear`() throws {
    let model = try tiny("llama-grouped")
    let trace = try model.run(prompt, as: Double.self)
    let other = try model.run(Prompt(ids: prompt.ids.reversed()), as: Double.self)
    let gradients = try model.gradients(of: .nextTokenLoss(prompt), trace)
    let table = HeadTable(
      model.plan, AttributionPatching.values(gradients, from: other))
    let head = HeadIndex(layer: 1, head: 1)
    // A small step from z towards the other run's.
    let (z, target) = (trace.weightedValues(head), other.weightedValues(head))
    let step = 1e-4
    func loss(_ step: Double) throws -> Double {
      let mixed = (0..<24).flatMap { row in
        (0..<z.columns).map { z[row, $0] + step * (target[row, $0] - z[row, $0]) }
      }
      let run = try model.run(
        prompt, as: Double.self,
        interventions: [
          .replace(
            .weightedValues(head), positions: nil, values: Tensor(mixed, shape: [24, z.columns]))
        ])
      return try model.losses(run).reduce(0, +) / 23
    }
    #expect(abs(table[head] - (try loss(step) - loss(-step)) / (2 * step)) < 1e-6)
  }

  @Test func `patching brings a clean answer back, and one layer at once brings all of it`() throws
  {
    let model = try tiny("llama-grouped")
    let trace = try model.run(prompt, as: Double.self)
    var options = ScoreOptions()
    var ids = prompt.ids
    ids[3] = 60
    options.corrupt = Prompt(ids: ids)
    options.target = ScoreOptions.Target(id: 5, against: 9)
    let input = ScoreInput(model, trace, options: options)
    let table = try ActivationPatchingScore.table(input)
    // Written out for one head.
    let corrupted = try model.run(Prompt(ids: ids), as: Double.self)
    func difference(_ run: Trace<Double>) throws -> Double {
      let logits = try model.logits(run, positions: 23..<24)
      return logits[0, 5] - logits[0, 9]
    }
    let head = HeadIndex(layer: 1, head: 2)
    let patched = try model.run(
      Prompt(ids: ids), as: Double.self, interventions: [.resample(head, from: trace)])
    let (whole, corrupt) = (try difference(trace), try difference(corrupted))
    let share = try (difference(patched) - corrupt) / (whole - corrupt)
    #expect(abs(table[head] - share) < 1e-9)
    // The estimate is the slope of the same.
    let estimate = try AttributionPatchingScore.table(input)
    #expect(zip(estimate.values, table.values).contains { abs($0 - $1) > 1e-6 })
    #expect(zip(estimate.values, table.values).filter { $0 * $1 > 0 }.count > 4)
    options.corrupt = Prompt(ids: [1, 2])
    let unequal = try HeadScores.results(
      [ActivationPatchingScore.self], of: ScoreInput(model, trace, options: options))
    #expect(unequal[0].reason?.contains("2 tokens, the prompt 24") == true)
  }

  /// The loss of the class that a picture shows, how far [CLS] turns, and pruning by it.
  @Test func `the heads of a vision model are measured by its classes`() throws {
    let folder = KnockOutTests.repository + "/samples/digits"
    let model = try Model(Checkpoint.open(folder))
    let pixels = Tensor<Float>((0..<64).map { Float($0 * 7919 % 17) / 8 - 1 }, shape: [1, 8, 8])
    let image = try Prompt(image: pixels, for: model.plan)
    let trace = try model.run(image, as: Float.self)
    let natural = try model.naturalObjective(of: trace)
    let best = try Distribution.ofClasses(model, trace).top(1)[0].id
    #expect(natural == .classLoss(best))
    let input = ScoreInput(model, trace)
    let head = HeadIndex(layer: 0, head: 0)
    let without = try model.run(image, as: Float.self, interventions: [.zero(head)])
    let change =
      try Distribution.ofClasses(model, without).loss(best)
      - Distribution.ofClasses(model, trace).loss(best)
    #expect(abs(try AblationLossScore.table(input)[head] - change) < 1e-5)
    let turned = try FeatureChangeScore.table(input)
    #expect(turned.values.allSatisfy { $0 >= 0 } && turned[head] > 1e-4)
    let effect = try KnockOutEffect(without: [head], model: model, base: trace, top: 2)
    #expect(abs(effect.lossChange - change) < 1e-5 && effect.topBefore[0].id == best)
    let pruning = try Pruning(model, prompts: [image])
    let (_, masks) = try pruning.masks(.by(MichelScore.self), counts: [0, 8])
    let points = try pruning.curve(masks, controls: 2)
    #expect(points[0].accuracy == 1 && points[1].loss.isFinite)
  }

  @Test func `a model that fills in masked tokens is judged by them`() throws {
    let folder = KnockOutTests.repository + "/Tests/ModelsTests/Fixtures/encoders/bert"
    let model = try Model(Checkpoint.open(folder + "/model.safetensors"))
    let plain = Prompt(ids: [5, 9, 12, 30, 7, 8])
    let bare = try model.run(plain, as: Float.self)
    let reason = try HeadScores.results([MichelScore.self], of: ScoreInput(model, bare))[0].reason
    #expect(reason == "the model fills in masked tokens, and the prompt has none")
    #expect(throws: PruningError.nothingToJudge) { try Pruning(model, prompts: [plain]) }
    let objective = Objective.loss([.init(position: 2, id: 12)])
    let pruning = try Pruning(model, examples: [Example(plain, objective: objective)])
    let wanted = try model.distribution(bare, position: 2).loss(12)
    #expect(abs(try pruning.outcomes([HeadMask()])[0].loss - wanted) < 1e-5)
  }

  @Test func `pruning takes out the least important heads first`() throws {
    let model = try tiny("gpt2-standard")
    let pruning = try Pruning(model, prompts: [prompt, Prompt(ids: [1, 2, 3, 4])])
    let (table, masks) = try pruning.masks(.by(AblationLossScore.self), counts: [0, 3, 6])
    let order = model.plan.allHeads.sorted { table[$0] < table[$1] }
    #expect(masks.map(\.removed) == [[], Set(order.prefix(3)), Set(order.prefix(6))])
    let points = try pruning.curve(masks, controls: 4)
    #expect(points.map(\.random.count) == [4, 4, 4])
    for random in points[0].random { #expect(abs(random - points[0].loss) < 1e-5) }
    #expect(points[1].loss < points[1].randomMean)
    #expect(points[1].randomDeviation > 0)
    let again = try pruning.curve(masks, controls: 4)
    #expect(again == points)
    // Exactly the best single removal at every step.
    let greedy = try pruning.masks(.greedy, counts: [1, 2]).masks
    let next = model.plan.allHeads.filter { !greedy[0].removed.contains($0) }
      .map { HeadMask(removed: greedy[0].removed.union([$0])) }
    let losses = try pruning.outcomes(next).map(\.loss)
    let chosen = try pruning.outcomes([greedy[1]])[0].loss
    #expect(abs(chosen - (losses.min() ?? 0)) < 1e-5)
    #expect(greedy[0].removed.count == 1 && greedy[1].removed.count == 2)
    let recomputed = try pruning.masks(.recomputed(MichelScore.self), counts: [2, 4]).masks
    #expect(recomputed[1].removed.isSuperset(of: recomputed[0].removed))
  }

  @Test func `masks are written and read, and refused where they do not belong`() throws {
    let plan = try tiny("llama-grouped").plan
    let mask = HeadMask(removed: [HeadIndex(layer: 1, head: 0), HeadIndex(layer: 0, head: 3)])
    #expect(mask.json == "{\"0\": [3], \"1\": [0]}\n")
    #expect(try HeadMask(Data(mask.json.utf8), file: "m", plan: plan) == mask)
    #expect(throws: PruningError.maskUnreadable(file: "m")) {
      try HeadMask(Data("[1]".utf8), file: "m", plan: plan)
    }
    #expect(
      throws: PruningError.maskOfAnotherModel(
        file: "m", head: HeadIndex(layer: 0, head: 4), layers: 2, heads: 4)
    ) { try HeadMask(Data("{\"0\": [4]}".utf8), file: "m", plan: plan) }
    #expect(throws: PruningError.removesEveryHead(count: 8)) {
      try HeadMask(Data("{\"0\":[0,1,2,3],\"1\":[0,1,2,3]}".utf8), file: "m", plan: plan)
    }
    #expect(throws: PruningError.nothingToJudge) {
      try Pruning(try tiny("llama-grouped"), prompts: [Prompt(ids: [1])])
    }
  }

  @Test func `a checkpoint without heads gives the logits of a run without them`() throws {
    for name in ["gpt2-standard", "llama-full"] {
      let folder = KnockOutTests.repository + "/Tests/ModelsTests/Fixtures/\(name)"
      let checkpoint = try Checkpoint.open(folder)
      let model = try Model(checkpoint)
      let heads = [HeadIndex(layer: 0, head: 1), HeadIndex(layer: 2, head: 3)]
      let target = FileManager.default.temporaryDirectory
        .appendingPathComponent("heed-\(UUID().uuidString)").path
      defer { try? FileManager.default.removeItem(atPath: target) }
      try checkpoint.copy(to: target, zeroing: model.outputParts(of: heads))
      let pruned = try Model(Checkpoint.open(target))
      let a = try pruned.run(prompt, as: Double.self)
      let b = try model.run(prompt, as: Double.self, interventions: heads.map(Intervention.zero))
      let (x, y) = (
        try pruned.logits(a, positions: 0..<24).elements,
        try model.logits(b, positions: 0..<24).elements
      )
      #expect(zip(x, y).allSatisfy { abs($0 - $1) < 1e-12 })
      #expect(throws: CheckpointError.self) { try checkpoint.copy(to: target, zeroing: []) }
      #expect(throws: CheckpointError.self) {
        try checkpoint.copy(to: "/no/such/folder", zeroing: [])
      }
    }
  }

  /// The heads that score highest on induction and on attending to what is copied.
  @Test func `the heads that copy matter far more than as many random ones`() throws {
    let model = try Model(Checkpoint.open(KnockOutTests.repository + "/samples/novels"))
    // BOS and 31 tokens, twice: only the second half can be predicted, by copying.
    let passage = (0..<31).map { $0 * 2_654_435_761 >> 9 & 4095 | 1 }
    let prompt = Prompt(ids: [0] + passage + passage)
    let trace = try model.run(prompt, as: Float.self)
    let table = try HeadScores.tables([InductionScore.self], of: trace)[0]
    let ranked = model.plan.allHeads.sorted { table[$0] > table[$1] }
    let copying = Array(ranked.prefix(4))
    var generator = SeededGenerator(seed: 0)
    let random = (0..<20).map { _ in
      Array(
        model.plan.allHeads.filter { !copying.contains($0) }.shuffled(using: &generator).prefix(4))
    }
    let losses = try model.losses(
      of: ([copying] + random + [[]]).map { $0.map(Intervention.zero) }, base: trace)
    let changes = losses.dropLast().map { $0 - losses[21] }
    let others = changes.dropFirst()
    let mean = others.reduce(0, +) / 20
    #expect(changes[0] > 5 * mean, "\(copying): \(changes)")
    #expect(changes[0] > others.max() ?? .infinity, "\(copying): \(changes)")
  }
}
