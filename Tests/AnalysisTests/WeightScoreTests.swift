import Checkpoints
import Foundation
import Models
import Tensors
import Testing

@testable import Analysis

/// Scores of weights alone, against dense products of tiny models.
@Suite struct WeightScoreTests {
  private static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  private func fixture(_ name: String) throws -> Model {
    try Model(Checkpoint.open(Self.repository + "/Tests/ModelsTests/Fixtures/" + name))
  }

  private func table(_ score: any HeadScore.Type, _ model: Model) throws -> HeadTable {
    try HeadScores.results([score], of: ScoreInput<Double>(model, nil))[0].table
  }

  private func product(_ parts: Tensor<Double>...) -> Tensor<Double> {
    parts.dropFirst().reduce(parts[0]) { SmallProducts.product($0, $1) }
  }

  private func norm(_ matrix: Tensor<Double>) -> Double {
    matrix.elements.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }

  @Test func `stretching and mirroring score a third, a quarter turn nothing`() {
    #expect(abs(OVCopying.score(Tensor([2, 0, 0, -1], shape: [2, 2]).matrix) - 1.0 / 3) < 1e-15)
    #expect(OVCopying.score(Tensor([0, -1, 1, 0], shape: [2, 2]).matrix) == 0)
    #expect(OVCopying.score(Tensor<Double>(repeating: 0, shape: [3, 3]).matrix).isNaN)
  }

  /// GPT-2 has a layer norm and biases, Llama grouped heads and an RMS norm.
  @Test(arguments: ["gpt2-standard", "llama-grouped"])
  func `copying of small products is copying of whole circuits`(name: String) throws {
    let model = try fixture(name)
    let all = Array(0..<model.plan.vocabularySize)
    let unembedding = try #require(try model.unembedding(all, as: Double.self))
    let residual = try table(CopyingResidualScore.self, model)
    let kinds: [(any HeadScore.Type, Model.EffectiveEmbedding)] = [
      (CopyingFullScore.self, .token), (CopyingMLPScore.self, .withMLP),
    ]
    for (score, kind) in kinds {
      let found = try table(score, model)
      let embedding = try #require(model.effectiveEmbeddings(all, kind, as: Double.self))
      for head in [HeadIndex(layer: 0, head: 1), HeadIndex(layer: 1, head: 0)] {
        let weights = model.headWeights(head, as: Double.self)
        let circuit = product(weights.value, weights.output)
        #expect(abs(OVCopying.score(circuit.matrix) - residual[head]) < 1e-6, "\(head)")
        let whole = product(embedding, circuit, unembedding.matrix.transposed)
        // The many eigenvalues that should be zero add their rounding.
        #expect(abs(OVCopying.score(whole.matrix) - found[head]) < 1e-5, "\(score.name) \(head)")
      }
    }
  }

  @Test func `composition through small products is that of dense ones`() throws {
    let model = try fixture("llama-grouped")
    let random = 1 / Double(model.plan.dModel).squareRoot()
    let (later, earlier) = (HeadIndex(layer: 1, head: 1), model.plan.heads(inLayer: 0))
    let second = model.headWeights(later, as: Double.self)
    let readers: [(any HeadScore.Type, Tensor<Double>)] = [
      (QueryCompositionScore.self, product(second.query, second.key.matrix.transposed)),
      (KeyCompositionScore.self, product(second.key, second.query.matrix.transposed)),
      (ValueCompositionScore.self, product(second.value, second.output)),
    ]
    for (score, reader) in readers {
      let found = try table(score, model)
      #expect(found[HeadIndex(layer: 0, head: 0)].isNaN)
      let ratios = earlier.map { head in
        let first = model.headWeights(head, as: Double.self)
        let writer = product(first.value, first.output)
        return norm(product(writer, reader)) / (norm(writer) * norm(reader))
      }
      #expect(abs(found[later] - ((ratios.max() ?? 0) - random)) < 1e-9, "\(score.name)")
    }
    let size = try table(HeadNormScore.self, model)
    #expect(abs(size[later] - norm(product(second.value, second.output))) < 1e-9)
  }

  @Test func `the energy of a diagonal matrix lies where its entries say`() {
    let gram = Tensor<Double>([9, 0, 0, 0, 4, 0, 0, 0, 1], shape: [3, 3])
    #expect(abs(LowRank.energy(gram, top: 1) - 9.0 / 14) < 1e-12)
    #expect(abs(LowRank.energy(gram, top: 3) - 1) < 1e-12)
    #expect(LowRank.energy(Tensor(repeating: 0, shape: [2, 2]), top: 1).isNaN)
  }

  @Test func `a successor is counted within its class`() {
    // Two classes: 0 → 1 → 2, and 3 → 4. The largest logit of a row may lie outside the class.
    let logits = Tensor<Double>(
      [
        0, 2, 1, 9, 9,
        3, 0, 1, 0, 0,
        0, 0, 0, 0, 0,
        9, 9, 9, 0, 1,
        0, 0, 0, 0, 0,
      ], shape: [5, 5])
    #expect(abs(Successor.accuracy(logits, classes: [3, 2]) - 2.0 / 3) < 1e-15)
    #expect(Successor.accuracy(Tensor([], shape: [0, 0]), classes: []).isNaN)
  }

  @Test func `ordinals are the longest stretches that have tokens`() {
    let ids = Ordinals.ids([["a", "b", "c", "d", "e"], ["x", "y"]]) { word in
      ["a": 1, "c": 3, "d": 4, "e": 5, "x": 9][word]
    }
    #expect(ids == [[3, 4, 5]])
  }

  @Test func `direct attribution is what one computes head by head`() throws {
    let model = try fixture("gpt2-standard")
    let trace = try model.run(Prompt(ids: [3, 17, 5, 9]), as: Double.self)
    let target = DirectAttribution.Target(position: 2, id: 9, against: 4)
    let found = try #require(try DirectAttribution.table(model, trace, [target]))
    let rows = try #require(try model.unembedding([9, 4], as: Double.self))
    let x = trace.residuals[model.plan.layers].matrix.rows(2..<3).copied.elements
    let mean = x.reduce(0, +) / Double(x.count)
    let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(x.count)
    let scale = (variance + (model.plan.head.norm?.epsilon ?? 0)).squareRoot()
    for head in model.plan.allHeads {
      let weights = model.headWeights(head, isFolded: false, as: Double.self)
      var z = trace.weightedValues(head).rows(2..<3).copied
      // Every row hands the value's bias on whole: it is no head's doing.
      var bias = try #require(model.valueBias(head, as: Double.self))
      #expect(bias.elements.contains { $0 != 0 })
      PlainKernels.scale(bias.mutableMatrix(), by: -1)
      PlainKernels.add(bias.matrix, to: z.mutableMatrix())
      let o = product(z, weights.output).elements
      let expected = o.indices.reduce(0.0) { $0 + o[$1] * (rows[0, $1] - rows[1, $1]) } / scale
      #expect(abs(found[head] - expected) < 1e-9, "\(head)")
    }
  }

  @Test func `the last layer's heads and the rest of it make up its step towards a logit`() throws {
    for name in ["gpt2-standard", "llama-full"] {
      let model = try fixture(name)
      let trace = try model.run(Prompt(ids: [3, 17, 5, 9]), as: Double.self)
      let found = try #require(try LastLayer.of(model, trace, position: 2, id: 9))
      let row = try #require(try model.unembedding([9], as: Double.self)).elements
      let streams = trace.residuals.suffix(2).map { $0.matrix.rows(2..<3).copied.elements }
      let step = row.indices.reduce(0.0) { $0 + row[$1] * (streams[1][$1] - streams[0][$1]) }
      let scale = model.finalScales(trace)[2]
      #expect(abs(found.attention + found.rest - step / scale) < 1e-9)
      let target = DirectAttribution.Target(position: 2, id: 9)
      let heads = try #require(try DirectAttribution.table(model, trace, [target]))
      #expect(abs(found.attention - (heads.rows.last ?? []).reduce(0, +)) < 1e-12)
      #expect(found.id == 9 && found.rest != 0)
    }
  }

  @Test func `what all heads, MLPs and embeddings add makes up the logit`() throws {
    // The residual stream itself, taken through the same direction, gives the logit less its bias term.
    let model = try fixture("llama-full")
    let trace = try model.run(Prompt(ids: [3, 17, 5, 9]), as: Double.self)
    let row = try #require(try model.unembedding([9], as: Double.self)).elements
    let x = trace.residuals[model.plan.layers].matrix.rows(3..<4).copied.elements
    let logit = zip(x, row).reduce(0) { $0 + $1.0 * $1.1 } / model.finalScales(trace)[3]
    #expect(abs(logit - (try model.logits(trace, positions: 3..<4)[0, 9])) < 1e-9)
  }
}
