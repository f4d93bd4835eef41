import ArgumentParser
import Checkpoints
import Explorer
import Foundation
import Media
import Models
import Tensors
import Tokenizers

/// What a prompt can hold besides one text.
struct ExtraOptions: ParsableArguments {
  @Option(help: "A PNG, JPEG or PPM image, for a vision model", completion: .file())
  var image: String?

  @Option(
    help: "An image that is already preprocessed: float32 [channel, height, width]",
    completion: .file(extensions: ["npy"]))
  var pixels: String?

  @Option(help: "A WAV file, for a model that listens", completion: .file(extensions: ["wav"]))
  var audio: String?

  @Option(help: "A second text, for an encoder that takes two")
  var pair: String?

  @Option(
    help: """
      What an encoder-decoder's decoder is given, as ids such as 0,5,9 (default: what it writes by \
      itself)
      """)
  var decoderIds: String?

  func validate() throws {
    if [image, pixels, audio].compactMap({ $0 }).count > 1 {
      throw ValidationError("Give one of --image, --pixels and --audio.")
    }
  }

  /// The options as a value of its own.
  func extras() throws -> PromptExtras {
    PromptExtras(
      image: image, pixels: pixels, audio: audio, pair: pair.map { Array($0.utf8) },
      decoderIDs: try decoderIds.map { try PromptOptions.parse($0, option: "decoder-ids") })
  }
}

/// What a prompt holds besides one text, once the options are read.
struct PromptExtras: Sendable {
  var image: String?
  var pixels: String?
  var audio: String?
  var pair: [UInt8]?
  var decoderIDs: [Int]?
  /// Whether an encoder-decoder writes its answer, where it is given none, so that there is something to see.
  var answers = true

  /// Nothing beside a text.
  init() {}

  /// What the options say.
  init(
    image: String? = nil, pixels: String? = nil, audio: String? = nil, pair: [UInt8]? = nil,
    decoderIDs: [Int]? = nil
  ) {
    (self.image, self.pixels, self.audio) = (image, pixels, audio)
    (self.pair, self.decoderIDs) = (pair, decoderIDs)
  }

  /// What a session keeps of the options.
  init(_ session: Session) {
    image = session.option("image")
    pixels = session.option("pixels")
    audio = session.option("audio")
    pair = session.option("pair").map { Array($0.utf8) }
    decoderIDs = session.option("decoder-ids").flatMap { try? PromptOptions.parse($0) }
  }

  /// The options again.
  var options: [Origin.Option] {
    let ids = decoderIDs?.map(String.init).joined(separator: ",")
    return [
      ("image", image), ("pixels", pixels), ("audio", audio),
      ("pair", pair.map { String(decoding: $0, as: UTF8.self) }), ("decoder-ids", ids),
    ].compactMap { name, value in value.map { Origin.Option(name, $0) } }
  }

  /// Whether anything is there.
  var isEmpty: Bool { options.isEmpty }

  /// The image or the sound as the option that gives it.
  var medium: Origin.Option? { options.first { ["image", "pixels", "audio"].contains($0.name) } }

  /// The same with another image or sound, or none.
  func beside(_ medium: Origin.Option?) -> PromptExtras {
    var extras = self
    func value(_ name: String) -> String? { medium?.name == name ? medium?.value : nil }
    (extras.image, extras.pixels) = (value("image"), value("pixels"))
    extras.audio = value("audio")
    return extras
  }

  /// Whether there is something that stands for a text.
  var isMedia: Bool { image != nil || pixels != nil || audio != nil }

  /// A prompt of everything together, as a model takes it.
  ///
  /// - Parameters:
  ///   - given: The text or the ids; read only where the model takes any.
  ///   - source: Where tokenizer and preprocessor lie.
  func prompt(_ given: GivenPrompt, _ source: TokenizerSource, _ model: Model) throws -> Prompt {
    let plan = model.plan
    if audio != nil, !plan.takesSound { throw ModelError.notAudio(family: plan.family) }
    if image != nil || pixels != nil, !plan.takesImages {
      throw ModelError.notVision(family: plan.family)
    }
    var prompt: Prompt
    if isMedia, plan.embedding.patches != nil {
      prompt = try seen(source, plan).marking(given.spans)
    } else if isMedia, case .beside(let vision) = plan.encoder {
      prompt = try seen(source, vision)
    } else if case .attended(let encoder, _) = plan.encoder, encoder.embedding.frames != nil {
      guard let audio else { throw ModelError.soundMissing(family: plan.family) }
      prompt = try Prompt(sound: features(audio, source, encoder), for: encoder)
        .marking(given.spans)
    } else if plan.embedding.patches != nil {
      guard let image = source.exampleImage else {
        throw ModelError.imageMissing(family: plan.family)
      }
      prompt = try PromptExtras(image: image).seen(source, plan).marking(given.spans)
    } else {
      prompt = try text(given, source)
      if isMedia { try insert(into: &prompt, source, model) }
    }
    try addDecoder(to: &prompt, source, model)
    return prompt
  }

  /// What of it a model takes: no image for one that reads, no sound for one that does not listen, and
  /// neither prepared pixels of another size nor ids, which belong to one vocabulary.
  func fitting(_ model: Model, _ source: TokenizerSource) -> PromptExtras {
    var extras = taken(by: model)
    extras.decoderIDs = nil
    if extras.pixels != nil, let vision = model.plan.visionPlan,
      (try? seen(source, vision)) == nil
    {
      extras.pixels = nil
    }
    // Where a picture or a sound is all that is looked at, there is no second text.
    let readsNothing = model.plan.embedding.patches != nil || model.plan.takesSound
    if readsNothing { extras.pair = nil }
    return extras
  }

  /// The same without images and sounds that a model does not take.
  func taken(by model: Model) -> PromptExtras {
    var extras = self
    if !model.plan.takesImages { (extras.image, extras.pixels) = (nil, nil) }
    if !model.plan.takesSound { extras.audio = nil }
    return extras
  }

  // MARK: Images and sounds

  /// The image as a model's prompt.
  private func seen(_ source: TokenizerSource, _ plan: ModelPlan) throws -> Prompt {
    guard let patches = plan.embedding.patches else {
      throw ModelError.notVision(family: plan.family)
    }
    let processor = Result { try ImageProcessor.open(folder: source.folder) ?? .standard(plan) }
    if let pixels {
      // Numbers that are there already need no preprocessor, but to be shown.
      return try Prompt(
        image: prepared(pixels), colors: (try? processor.get())?.colors, for: plan)
    }
    guard let image else { throw ModelError.imageMissing(family: plan.family) }
    let read = try ImageFile.read(image)
    return try Prompt(
      image: processor.get().pixels(of: read, channels: patches.channels),
      colors: processor.get().colors, for: plan)
  }

  /// An image that something else prepared.
  private func prepared(_ file: String) throws -> Tensor<Float> {
    let array = try NumPyFile(path: file).arrays.first
    guard let array, let numbers = array.numbers, numbers.type.isFloatingPoint,
      let image = numbers.widened(to: Float.self)
    else {
      throw CheckpointError.numpy(
        file: file,
        fault: .shape(
          array: array?.name ?? "", found: array?.shape ?? [],
          expected: "floats of shape [channel, height, width]"))
    }
    // A batch of one is taken for its only image.
    return image.shape.count == 4 && image.shape[0] == 1
      ? image.reshaped(Array(image.shape.dropFirst())) : image
  }

  private func features(
    _ file: String, _ source: TokenizerSource, _ plan: ModelPlan
  ) throws -> Tensor<Float> {
    let settings = try LogMel.open(folder: source.folder, standard: .standard(plan))
    return try settings.features(of: WAVFile(path: file), file: file)
  }

  /// Puts an image into a text, in the places of its token: one token is repeated for every vector.
  private func insert(
    into prompt: inout Prompt, _ source: TokenizerSource, _ model: Model
  ) throws {
    guard case .inserted(let encoder, let insertion) = model.plan.encoder else {
      throw ModelError.notVision(family: model.plan.family)
    }
    prompt = prompt.inserting(try seen(source, encoder), for: insertion)
  }

  // MARK: Texts

  /// The text, or both, as tokens.
  func text(_ given: GivenPrompt, _ source: TokenizerSource) throws -> Prompt {
    guard let pair else { return try given.prompt(source) }
    guard case .text(let bytes, let addSpecial) = given.source else {
      throw ValidationError("--pair takes its first text as words, --text or --file.")
    }
    let tokenizer = try source.open()
    let encoding = tokenizer.encode(bytes, pair: pair, addSpecial: addSpecial)
    var prompt = Prompt(
      tokens: encoding.tokens, added: encoding.added, text: String(decoding: bytes, as: UTF8.self))
    prompt.typeIDs = encoding.typeIDs
    let first = tokenizer.encode(bytes, addSpecial: false).tokens.count
    return try prompt.markingPair(firstCount: first).marking(given.spans)
  }

  /// Gives an encoder-decoder's decoder what was asked for, or what it writes by itself.
  func addDecoder(
    to prompt: inout Prompt, _ source: TokenizerSource, _ model: Model
  ) throws {
    guard case .attended = model.plan.encoder else {
      if decoderIDs != nil { throw ModelError.noDecoder(family: model.plan.family) }
      return
    }
    let tokenizer = try? source.open()
    func tokens(_ ids: [Int]) -> [Token] {
      tokenizer?.tokens(ids: ids) ?? Prompt(ids: ids).tokens
    }
    if let decoderIDs {
      prompt.decoder = tokens(decoderIDs)
    } else if answers, model.hasOutputHead {
      try model.check(prompt)
      prompt.decoder = tokens(try model.answer(prompt, end: source.endTokens))
    }
  }
}

extension ModelPlan {
  /// The stack that looks at images; nil for none.
  fileprivate var visionPlan: ModelPlan? {
    switch encoder {
    case .inserted(let plan, _), .beside(let plan): plan
    case .attended, nil: embedding.patches == nil ? nil : self
    }
  }
}

extension ImageProcessor {
  /// How it makes numbers of colours.
  fileprivate var colors: ImageColors {
    ImageColors(scale: rescaling, mean: mean, deviation: deviation)
  }

  /// What most vision models expect, where a checkpoint says nothing: its own size, −1 to 1.
  static func standard(_ plan: ModelPlan) throws -> ImageProcessor {
    let patches = plan.embedding.patches
    let side = (patches?.rows ?? 14) * (patches?.side ?? 16)
    return try ImageProcessor(["size": .int(side)], file: "preprocessor_config.json")
  }
}

extension LogMel {
  /// Whisper's settings with the bands and the length that a model takes.
  static func standard(_ plan: ModelPlan) -> LogMel {
    let usual = LogMel()
    guard let frames = plan.embedding.frames else { return usual }
    let samples = plan.contextLength * frames.strides.reduce(1, *) * usual.hop
    return LogMel(bands: frames.bands, seconds: Double(samples) / Double(usual.rate))
  }
}

extension Prompt {
  /// The prompt of a pair with its texts marked as spans A and B.
  ///
  /// - Parameter firstCount: How many tokens the first text has, special ones aside.
  func markingPair(firstCount: Int) throws -> Prompt {
    let own = tokens.indices.filter { tokens[$0].start < tokens[$0].end }
    let (first, second) = (own.prefix(firstCount), own.dropFirst(firstCount))
    var spans: [PromptSpan] = []
    for (name, part) in [("A", first), ("B", second)] {
      guard let start = part.first, let end = part.last else { continue }
      spans.append(PromptSpan(name: name, tokens: start..<end + 1))
    }
    return try marking(spans)
  }
}
