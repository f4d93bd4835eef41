import Checkpoints
import Foundation
import Tensors
import Testing

@testable import Models

/// A tiny checkpoint of something that is not decoder-only text, and what the reference computes on it.
struct EncoderReference {
  let model: Model
  private let tensors: [String: StoredTensor]

  init(_ name: String) throws {
    let folder = Reference.folder.appendingPathComponent("encoders/\(name)")
    // Beside the checkpoint lies a second safetensors file: name the weights.
    model = try Model(Checkpoint.open(folder.appendingPathComponent("model.safetensors").path))
    let file = try SafetensorsFile(path: folder.appendingPathComponent("expected.safetensors").path)
    tensors = Dictionary(uniqueKeysWithValues: file.tensors.map { ($0.name, $0) })
  }

  func has(_ name: String) -> Bool { tensors[name] != nil }

  func expected(_ name: String) throws -> Tensor<Double> {
    let stored = try #require(tensors[name], "no \(name)")
    return try #require(stored.widened(to: Double.self))
  }

  func ids(_ name: String) -> [Int]? { tensors[name].map { $0.integers() } }

  /// The prompt of the fixture's inputs.
  ///
  /// - Parameter vision: Whether the image is asked for where there is a text as well.
  func prompt(vision: Bool = false) throws -> Prompt {
    if let pixels = tensors["pixel_values"], vision || ids("input_ids") == nil {
      return try Prompt(
        image: try #require(pixels.widened(to: Float.self)),
        for: model.plan.embedding.patches == nil
          ? try #require(model.plan.encoder?.plan) : model.plan)
    }
    if let features = tensors["input_features"] {
      var prompt = try Prompt(
        sound: try #require(features.widened(to: Float.self)),
        for: try #require(model.plan.encoder?.plan))
      prompt.decoder = Prompt(ids: try #require(ids("decoder_input_ids"))).tokens
      return prompt
    }
    var prompt = Prompt(ids: try #require(ids("input_ids")))
    prompt.typeIDs = ids("token_type_ids") ?? []
    prompt.decoder = ids("decoder_input_ids").map { Prompt(ids: $0).tokens } ?? []
    if model.plan.insertion != nil, let pixels = tensors["pixel_values"] {
      prompt.media = .image(try #require(pixels.widened(to: Float.self)))
    }
    return prompt
  }
}

extension Trace {
  /// All maps, `[layer, head, query, key]`, also where queries and keys differ.
  fileprivate var everyMap: Tensor<Element> {
    let maps = (0..<layers).flatMap { layer in
      (0..<heads).flatMap { head in
        exactPattern(
          HeadIndex(layer: layer, head: head), rows: 0..<queryCount, columns: 0..<keyCount
        ).elements
      }
    }
    return Tensor(maps, shape: [layers, heads, queryCount, keyCount])
  }
}

@Suite struct EncoderParityTests {
  @Test(arguments: [
    "bert", "bert-plain", "bert-classifier", "roberta", "roberta-classifier", "xlm-roberta",
    "distilbert", "distilbert-classifier", "electra", "albert", "albert-groups", "deberta-v2",
    "deberta-v2-plain", "modernbert", "vit", "deit", "deit-plain", "dinov2", "dinov2-swiglu",
    "dinov2-registers", "clip-vision", "clip-text", "siglip-text", "siglip-vision",
  ])
  func `an encoder agrees on every map and logit`(name: String) throws {
    let reference = try EncoderReference(name)
    #expect(reference.model.warnings.filter { $0.contains("not used") } == [])
    let prompt = try reference.prompt()
    try compare(reference, reference.model.run(prompt, as: Float.self), maps: 1e-5, logits: 3e-5)
    // The plain kernels in double precision are as far from the reference as its own float32 is.
    try compare(reference, reference.model.run(prompt, as: Double.self), maps: 5e-6, logits: 1e-5)
  }

  private func compare<Element: Scalar>(
    _ reference: EncoderReference, _ trace: Trace<Element>, maps: Double, logits: Double
  ) throws {
    #expect(trace.everyMap.maxDifference(to: try reference.expected("attention")) < maps)
    if reference.has("logits") {
      let wanted = try reference.expected("logits")
      let actual =
        reference.model.plan.head.isOfClasses
        ? try reference.model.classLogits(trace)
        : try reference.model.logits(trace, positions: 0..<trace.seq)
      #expect(
        actual.reshaped(wanted.shape).maxDifference(to: wanted) < logits * wanted.largest)
    } else {
      #expect(!reference.model.hasOutputHead)
    }
  }

  @Test(arguments: ["clip", "siglip"])
  func `each tower of two agrees on its own prompts`(name: String) throws {
    let reference = try EncoderReference(name)
    for (part, vision) in [("text", false), ("vision", true)] {
      let trace = try reference.model.run(reference.prompt(vision: vision), as: Float.self)
      let wanted = try reference.expected("\(part).attention")
      #expect(trace.everyMap.maxDifference(to: wanted) < 1e-5, "\(part)")
    }
  }

  @Test(arguments: ["clip", "siglip"])
  func `two towers agree on how well a text fits an image`(name: String) throws {
    let reference = try EncoderReference(name)
    let contrast = try #require(reference.model.contrast)
    #expect(reference.model.warnings == [])
    // The reference saw a text without padding, as its maps are.
    guard case .first = contrast.image else { return try probe(reference, contrast) }
    let logits = try reference.model.similarities(
      of: reference.prompt(vision: true), to: [reference.prompt()])
    let wanted = try reference.expected("logits").elements
    #expect(abs(logits[0] - wanted[0]) < 3e-5 * abs(wanted[0]))
  }

  /// The vector that a learned query makes of an image.
  private func probe(_ reference: EncoderReference, _ contrast: ContrastPlan) throws {
    let vector = try reference.model.imageVector(of: reference.prompt(vision: true))
    let wanted = try reference.expected("vision.embedding").elements
    let length = vector.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
    for (own, other) in zip(vector, wanted) { #expect(abs(Double(own) / length - other) < 1e-5) }
  }

  @Test(arguments: ["t5", "t5-gated", "mt5", "bart", "mbart", "marian", "whisper"])
  func `an encoder-decoder agrees on the maps of its three streams`(name: String) throws {
    let reference = try EncoderReference(name)
    #expect(reference.model.warnings == [])
    let trace = try reference.model.run(reference.prompt(), as: Float.self)
    #expect(trace.streamNames == [.encoder, .decoder, .cross])
    for stream in trace.streamNames {
      let maps = try #require(trace.stream(stream)).everyMap
      let wanted = try reference.expected(stream.rawValue)
      #expect(maps.maxDifference(to: wanted) < 1e-5, "\(stream)")
    }
    let wanted = try reference.expected("logits")
    let logits = try reference.model.logits(trace, positions: 0..<trace.seq)
    #expect(logits.maxDifference(to: wanted) < 3e-5 * wanted.largest)
  }

  @Test func `a text with an image agrees, and knows where the image is`() throws {
    let reference = try EncoderReference("llava")
    let trace = try reference.model.run(reference.prompt(), as: Float.self)
    #expect(trace.everyMap.maxDifference(to: try reference.expected("attention")) < 1e-5)
    let wanted = try reference.expected("logits")
    let logits = try reference.model.logits(trace, positions: 0..<trace.seq)
    #expect(logits.maxDifference(to: wanted) < 3e-5 * wanted.largest)
    #expect(trace.stream(.encoder)?.keyCount == 10)

    guard case .inserted(let vision, let insertion) = reference.model.plan.encoder else {
      Issue.record("no image enters")
      return
    }
    let image = try #require(try reference.prompt().image)
    let text = Prompt(ids: [5, 60, 7]).inserting(
      try Prompt(image: image, for: vision), for: insertion)
    #expect(text.ids == [5] + Array(repeating: 60, count: 9) + [7])
    #expect(text.grid == PatchGrid(rows: 3, columns: 3, first: 1))
    #expect(text.spans == [PromptSpan(name: "image", tokens: 1..<10)])
    #expect(throws: ModelError.imagePlaces(found: 2, expected: 9)) {
      var prompt = Prompt(ids: [5, 60, 60, 7])
      prompt.media = .image(image)
      try reference.model.check(prompt)
    }
  }
}
