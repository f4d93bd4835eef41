import Checkpoints
import Foundation
import Models
import Tensors
import Testing

@testable import Analysis

/// Scores that run prompts of their own, and spans of the user's.
@Suite struct ProbeRunTests {
  private static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  private func model(_ name: String = "Tests/ModelsTests/Fixtures/llama-grouped") throws -> Model {
    try Model(Checkpoint.open(Self.repository + "/" + name))
  }

  private func results<Element: Scalar>(
    _ names: [String], _ input: ScoreInput<Element>
  ) throws -> [ScoreResult] {
    try HeadScores.results(names.map { try #require(HeadScores.named($0)) }, of: input)
  }

  @Test func `all scores of the probe come from runs of the model, and lie in their range`() throws
  {
    let model = try model()
    var options = ScoreOptions()
    options.probe = RepeatProbe(length: 8, rows: 2)
    let names = [
      "induction", "duplicate", "echo", "prefix-matching", "token-induction", "concept-induction",
    ]
    for result in try results(names, ScoreInput<Float>(model, nil, options: options, prefix: [1])) {
      #expect(result.reason == nil || result.name.hasSuffix("-induction"), "\(result.name)")
      #expect(result.table.values.allSatisfy { $0.isNaN || ($0 >= 0 && $0 <= 1) })
    }
  }

  @Test func `greedy decoding goes on with the most probable token`() throws {
    let model = try model()
    let ids = [3, 17, 5]
    let generated = try GreedyDecoding.run(model, ids, steps: 3, as: Double.self)
    var all = ids
    for token in generated {
      let trace = try model.run(Prompt(ids: all), as: Double.self)
      let last = try Distribution.ofPrompt(model, trace).last
      #expect(last.top(1).first?.id == token)
      all.append(token)
    }
    #expect(generated.count == 3)
    let stopped = try GreedyDecoding.run(model, ids, steps: 3, as: Double.self) { _, _ in false }
    #expect(stopped == generated.prefix(1).map { $0 })
  }

  @Test func `recall counts each token as often as it was generated`() {
    #expect(RetrievalProbe.recall(of: [1, 1, 2, 3], in: [1, 3, 9]) == 0.5)
    #expect(RetrievalProbe.recall(of: [1, 1], in: [1, 1, 1]) == 1)
  }

  @Test func `generated needles hold their answer once, before it is asked for`() {
    let needles = NeedleText.generated(count: 20, seed: 3)
    #expect(Set(needles).count == 20)
    for needle in needles {
      let bytes = needle.answerBytes
      #expect(bytes != nil && needle.prompt.components(separatedBy: needle.answer).count == 2)
      #expect(needle.prompt.hasSuffix(" is") && needle.answer.count == 4)
    }
    #expect(NeedleText(prompt: "abc", answer: "x").answerBytes == nil)
    #expect(NeedleText(prompt: "abcabc", answer: "bc").answerBytes == 1..<3)
  }

  @Test func `a retrieval head is one whose strongest key is copied`() throws {
    // A needle the model cannot answer is left out.
    let model = try model()
    let needle = Needle(ids: [3, 17, 5, 9, 11], answer: 1..<2)
    let result = try RetrievalProbe.run(model, [needle], as: Float.self)
    let generated = try GreedyDecoding.run(model, needle.ids, steps: 3, as: Float.self)
    #expect(result.count == 1 && result.kept == (generated.contains(17) ? 1 : 0))
    #expect(result.kept > 0 || result.table.values.allSatisfy { $0.isNaN })
  }

  @Test func `mean tokens see each other with weights that sum to one`() throws {
    let model = try model()
    let trace = try model.run(Prompt(ids: [3, 17, 5, 9]), as: Double.self)
    let weights = trace.meanTokenWeights(HeadIndex(layer: 1, head: 0), length: 20)
    #expect(weights.count == 20 && abs(weights.reduce(0, +) - 1) < 1e-12)
    #expect(Set(weights).count > 1)
    let table = try results(["duo"], ScoreInput(model, trace))[0].table
    // Query heads of one KV head share the score.
    let group = model.plan.heads / model.plan.kvHeads
    #expect(group > 1 && table.values[0] == table.values[group - 1])
    #expect(table.values.allSatisfy { $0 > 0 && $0 <= 1 })
  }

  @Test func `published gates are spread over query heads, or refused by their size`() throws {
    let model = try model()
    var options = ScoreOptions()
    options.gates = (0..<model.plan.layers).map { layer in
      (0..<model.plan.kvHeads).map { Double(layer) + Double($0) / 10 }
    }
    let table = try results(["duo-gate"], ScoreInput<Float>(model, nil, options: options))[0].table
    for head in table.indices {
      let kvHead = model.plan.blocks[head.layer].attention.kvHead(of: head.head)
      #expect(table[head] == Double(head.layer) + Double(kvHead) / 10)
    }
    options.gates = [[1]]
    let refused = try results(["duo-gate"], ScoreInput<Float>(model, nil, options: options))[0]
    #expect(refused.reason?.hasPrefix("the file has 1 rows of 1 gates, the model") == true)
  }

  @Test func `each span has a table of its own, from what its rows say`() throws {
    let model = try model()
    let prompt = try Prompt(ids: [3, 17, 5, 9, 30, 8]).marking([
      PromptSpan(name: "query", tokens: 4..<6), PromptSpan(name: "b", tokens: 1..<3),
    ])
    let trace = try model.run(prompt, as: Double.self)
    let input = ScoreInput(model, trace)
    let found = try results(
      ["span-share", "span-last", "span-slope", "qr-score", "context"], input)
    #expect(
      found.map(\.name) == [
        "span-share:query", "span-share:b", "span-last:query", "span-last:b", "span-slope:query",
        "span-slope:b", "qr-score:b", "context:query", "context:b",
      ])
    let head = HeadIndex(layer: 0, head: 1)
    let map = trace.exactPattern(head, rows: 0..<6, columns: 0..<6)
    let shares = (0..<6).map { map[$0, 1] + map[$0, 2] }
    #expect(abs(found[1].table[head] - Statistics.mean(Array(shares[1...]))) < 1e-12)
    #expect(abs(found[3].table[head] - shares[5]) < 1e-12)
    #expect(abs(found[5].table[head] - Statistics.slope(Array(shares[3...]))) < 1e-12)
    let attended = [1, 2].map { (map[4, $0] + map[5, $0]) / 2 }
    #expect(abs(found[6].table[head] - attended.reduce(0, +)) < 1e-12)
    let pairs = try results(["span-pair"], input)
    #expect(
      pairs.map(\.name)
        == ["query->query", "query->b", "b->query", "b->b"].map { "span-pair:\($0)" })
    #expect(abs(pairs[1].table[head] - (shares[4] + shares[5]) / 2) < 1e-12)
    #expect(pairs[2].table.values.allSatisfy { $0 == 0 })
    #expect(abs(pairs[3].table[head] - (shares[1] + shares[2]) / 2) < 1e-12)
    // No token follows the last span.
    #expect(found[7].table.values.allSatisfy { $0.isNaN })
    #expect(found[8].table.values.allSatisfy { $0 > 0 })
  }

  @Test func `low outliers are left out, high ones kept`() {
    let values = Array(repeating: 1.0, count: 20) + [-50, 60]
    #expect(QueryRetrieval.filtered(values).contains(60))
    #expect(!QueryRetrieval.filtered(values).contains(-50))
    #expect(QueryRetrieval.filtered([1]) == [1] && QueryRetrieval.filtered([2, 2]) == [2, 2])
  }

  @Test func `an untrained model is the same each time and knows nothing`() throws {
    let model = try model("samples/novels")
    let (first, again) = (model.untrained(), model.untrained())
    let prompt = Prompt(ids: [0] + (1..<24).map { $0 * 37 })
    let (a, b) = (try first.run(prompt, as: Float.self), try again.run(prompt, as: Float.self))
    #expect(a.residuals.last == b.residuals.last)
    let other = try model.untrained(seed: 1).run(prompt, as: Float.self)
    #expect(a.residuals.last != other.residuals.last)
    // Small weights give flat scores: nearly uniform attention.
    let entropy = try HeadScores.tables([RelativeEntropyScore.self], of: a)[0]
    #expect(entropy.values.allSatisfy { $0 > 0.9 })
    let weights = first.headWeights(HeadIndex(layer: 2, head: 1), isFolded: false, as: Double.self)
    let numbers = weights.query.elements
    #expect(abs(Statistics.deviation(numbers) - 0.02) < 0.001)
  }

  @Test func `kinds of tokens are told by their text`() {
    #expect(TokenClass.number.contains(" 42", isSpecial: false))
    #expect(!TokenClass.number.contains("4a", isSpecial: false))
    #expect(TokenClass.operator.contains(" plus", isSpecial: false))
    #expect(TokenClass.punctuation.contains(".\"", isSpecial: false))
    #expect(!TokenClass.punctuation.contains("-", isSpecial: false))
    #expect(TokenClass.special.contains("[SEP]", isSpecial: true))
    #expect(!TokenClass.punctuation.contains(".", isSpecial: true))
  }
}
