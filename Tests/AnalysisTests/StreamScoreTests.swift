import Checkpoints
import Foundation
import Tensors
import Testing

@testable import Analysis
@testable import Models

/// Scores of an encoder's heads and of cross attention: each part's own weights, or a reason.
@Suite struct StreamScoreTests {
  private static let streams = [StreamName.encoder, .decoder, .cross]
  private static func folder(_ name: String) -> String {
    KnockOutTests.repository + "/Tests/ModelsTests/Fixtures/encoders/\(name)/model.safetensors"
  }

  /// A run on a prompt with named parts.
  private func example(_ name: String) throws -> (Model, Trace<Double>) {
    let model = try Model(Checkpoint.open(Self.folder(name)))
    var prompt = Prompt(ids: [3, 4, 5, 6, 3, 4, 5, 6])
    prompt.decoder = Prompt(ids: [0, 7, 8, 9, 7, 8]).tokens
    let spans = [
      PromptSpan(name: "query", tokens: 1..<3), PromptSpan(name: "b", tokens: 4..<5),
    ]
    return (model, try model.run(prompt.marking(spans), as: Double.self))
  }

  /// Where a checkpoint has the output projection of a layer.
  private func outputName(_ name: String, _ stream: StreamName, _ layer: Int) -> String {
    let stack = stream == .encoder ? "encoder" : "decoder"
    guard name == "t5" else {
      let attention = stream == .cross ? "encoder_attn" : "self_attn"
      return "model.\(stack).layers.\(layer).\(attention).out_proj.weight"
    }
    let attention = stream == .cross ? "layer.1.EncDecAttention" : "layer.0.SelfAttention"
    return "\(stack).block.\(layer).\(attention).o.weight"
  }

  @Test(arguments: ["t5", "bart"], streams)
  func `what keys carry goes through the projection of the part that is scored`(
    name: String, stream: StreamName
  ) throws {
    let (model, whole) = try example(name)
    let trace = try model.stream(stream, of: whole)
    let file = try SafetensorsFile(path: Self.folder(name))
    let head = HeadIndex(layer: 1, head: 1)
    let stored = try #require(
      file.tensors.first { $0.name == outputName(name, stream, 1) }?.widened(to: Double.self))
    let values = trace.values(head)
    let width = values.columns
    for (key, found) in WeightedMap.norm.norms(model, trace, head).enumerated() {
      let carried = (0..<stored.shape[0]).map { row in
        (0..<width).reduce(0.0) { $0 + stored.matrix[row, width + $1] * values[key, $1] }
      }
      let expected = carried.reduce(0) { $0 + $1 * $1 }.squareRoot()
      #expect(abs(found - expected) < 1e-9)
    }
  }

  @Test(arguments: ["t5", "bart"], streams)
  func `a score of any part has as many heads as the part, or a reason`(
    name: String, stream: StreamName
  ) throws {
    let (model, whole) = try example(name)
    let trace = try model.stream(stream, of: whole)
    // What runs the model for every head has tests of its own.
    let scores = HeadScores.all.filter {
      $0.needs.isDisjoint(with: [.ablations, .gradients]) && $0.name != "duo-learned"
    }
    let input = ScoreInput(model, whole, stream: stream)
    for result in try HeadScores.results(scores, of: input) {
      #expect(result.table.layers == trace.layers && result.table.heads == trace.heads)
    }
    let reasons = Dictionary(
      try HeadScores.results(scores, of: input).map { ($0.score.name, $0.reason) }
    ) { first, _ in first }
    for probed in ["token-induction", "retrieval", "prefix-matching", "echo"] {
      #expect(reasons[probed]??.contains("one stack") == true, "\(probed)")
    }
    let needsOutput = ["copying-full", "dla"].map { (reasons[$0] ?? nil) != nil }
    switch stream {
    case .encoder: #expect(needsOutput == [true, true])
    case .decoder: #expect(needsOutput == [false, false])
    case .cross: #expect(needsOutput == [true, false])
    }
    #expect(((reasons["composition-k"] ?? nil) == nil) == (stream != .cross))
    // The prompt's named parts are the encoder's.
    #expect(((reasons["context"] ?? nil) == nil) == (stream == .encoder))
  }

  @Test func `a vision model takes no prompts that heed makes`() throws {
    let model = try Model(Checkpoint.open(Self.folder("vit")))
    let patches = try #require(model.plan.embedding.patches)
    let image = Tensor<Float>(
      repeating: 0.5,
      shape: [patches.channels, patches.rows * patches.side, patches.columns * patches.side])
    let trace = try model.run(try Prompt(image: image, for: model.plan), as: Double.self)
    let scores = HeadScores.all.filter { $0.needs.contains(.probe) && !($0 is any MapScore.Type) }
    #expect(scores.count > 4)
    for result in try HeadScores.results(scores, of: ScoreInput(model, trace)) {
      #expect(result.reason != nil, "\(result.score.name)")
    }
  }

  @Test func `weights of an encoder's heads are the encoder's, with a prompt and without`() throws {
    let (model, whole) = try example("t5")
    func norms(_ trace: Trace<Double>?, _ stream: StreamName) throws -> HeadTable {
      try HeadScores.results(
        [#require(HeadScores.named("norm"))], of: ScoreInput(model, trace, stream: stream))[0].table
    }
    let encoder = try norms(whole, .encoder)
    #expect(encoder.layers == 2)
    #expect(try norms(nil, .encoder) == encoder)
    #expect(try norms(whole, .decoder).values.prefix(8) != encoder.values[...])
  }

  @Test func `logit attribution of cross attention adds up with the rest`() throws {
    let (model, whole) = try example("t5")
    let position = whole.seq - 1
    let targets = [DirectAttribution.Target(position: position, id: 9, against: nil)]
    let tables = try [StreamName.decoder, .cross].map { stream in
      try #require(
        try DirectAttribution.table(model, model.stream(stream, of: whole), targets))
    }
    // Of two runs that differ by one head's output in the last layer, the logits differ by what it adds.
    let head = HeadIndex(layer: whole.layers - 1, head: 0)
    let trace = try model.stream(.cross, of: whole)
    let z = trace.weightedValues(head).rows(position..<position + 1)
    let output = model.part(trace.plan).outputProjection(layer: head.layer, as: Double.self)
    let width = z.columns
    let added = (0..<output.shape[1]).map { column in
      (0..<width).reduce(0.0) { $0 + z[0, $1] * output.matrix[head.head * width + $1, column] }
    }
    let row = try #require(try model.unembedding([9], as: Double.self))
    let direct =
      added.indices.reduce(0.0) { $0 + added[$1] * row.matrix[0, $1] }
      * model.plan.head.scale / model.finalScales(whole)[position]
    #expect(abs(tables[1][head] - direct) < 1e-9)
    #expect(tables[0][head] != tables[1][head])
  }
}
