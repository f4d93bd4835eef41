import Analysis
import Checkpoints
import Explorer
import Foundation
import Models
import Tokenizers

/// Finding and opening what MODEL names.
enum Opening {
  /// The embedded samples.
  static var samples: Samples {
    let executable =
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
      ?? CommandLine.arguments.first ?? "heed"
    return Samples(environment: ProcessInfo.processInfo.environment, executable: executable)
  }

  /// What stands for MODEL when none is given.
  static func defaultName() throws -> String {
    try Configuration.current().model ?? "sample:\(Samples.defaultName)"
  }

  /// The folder or file that MODEL means.
  static func locate(_ argument: String?) throws -> String {
    let name = try argument ?? Configuration.current().model
    do {
      return try ModelLocator(samples: samples).locate(name)
    } catch {
      // The default command takes any word for a model, also one that was meant as a command.
      if case .unknownModel(let word) = error, let nearest = nearestCommand(to: word) {
        throw Failure.misspelledCommand(word, nearest: nearest)
      }
      throw error
    }
  }

  /// Opens the checkpoint that MODEL means, its adapter merged.
  static func checkpoint(_ model: ModelArgument) throws -> Checkpoint {
    let path = try locate(model.model)
    guard !isMaps(path) else { throw Failure.mapsOnly(file: path) }
    let checkpoint = try Checkpoint.open(path)
    guard let adapter = model.adapter else { return checkpoint }
    return try checkpoint.applying(adapter: adapter)
  }

  /// Opens the model to compute as was asked for, and says what of the checkpoint it does not use.
  static func model(
    _ argument: ModelArgument, _ engine: EngineOptions
  ) throws -> (model: Model, tokenizer: TokenizerSource) {
    let checkpoint = try checkpoint(argument)
    let model = try Model(checkpoint, family: argument.family)
    for warning in model.warnings { Console.warning("\(checkpoint.name): \(warning)") }
    return (engine.applied(to: model), try tokenizer(argument))
  }

  /// Whether MODEL means maps that something else computed.
  static func isMaps(_ name: String?) -> Bool {
    ["npz", "npy"].contains(((name ?? "") as NSString).pathExtension.lowercased())
  }

  /// Opens a model, or maps, for the explorer.
  ///
  /// - Parameters:
  ///   - name: MODEL; nil for the default sample.
  ///   - adapter: `--adapter`.
  ///   - family: `--family`.
  ///   - extras: What every prompt of the model holds beside its text.
  static func open(
    _ name: String?, adapter: String?, family: String? = nil, addSpecial: Bool,
    extras: (Model, TokenizerSource) -> PromptExtras = { _, _ in PromptExtras() },
    engine: EngineOptions
  ) throws -> Opened {
    let path = try locate(name)
    if let name, isMaps(path) { return .maps(try maps(path, as: name)) }
    var checkpoint = try Checkpoint.open(path)
    if let adapter { checkpoint = try checkpoint.applying(adapter: adapter) }
    let model = engine.applied(to: try Model(checkpoint, family: family))
    for warning in model.warnings { Console.warning("\(checkpoint.name): \(warning)") }
    // Opened once: every prompt needs it, and every prediction is spelled by it.
    let source = TokenizerSource(path)
    let tokenizer = Result { try source.open() }
    let classes = model.plan.head.isOfClasses ? source.classNames : [:]
    let spell: @Sendable (Int) -> [UInt8]? = { id in
      guard model.plan.head.isOfClasses else { return try? tokenizer.get().bytes(id) }
      return Array((classes[id] ?? "\(id)").utf8)
    }
    let (address, fingerprint) = (try name ?? defaultName(), try checkpoint.fingerprint())
    return .model(
      beside(extras(model, source), model) { extras in
        let origin = Origin(
          address: address, fingerprint: fingerprint,
          options: options(adapter: adapter, family: family, engine, extras, of: model))
        var opened = OpenModel(model, origin: origin, spell: spell) { text in
          try extras.prompt(
            GivenPrompt(source: .text(Array(text.utf8), addSpecial: addSpecial)), source, model)
        }
        opened.prefix = addSpecial ? (try? tokenizer.get()).map(TokenizerSource.prefix) ?? [] : []
        opened.ends = source.endTokens
        opened.scoreOptions = { score in
          try ScoreSettings.parse([]).options([score], source, addSpecial: addSpecial)
        }
        opened.examples = { file, options in
          try PromptSet(
            file: file, source, addSpecial: addSpecial, model: model, isTagged: true
          ).entries.map { Example($0.prompt, options: $0.options(options)) }
        }
        opened.another = { try another($0, addSpecial: addSpecial, engine: engine) }
        opened.prepare = { try engine.prepare($0, $0.shape(of: $1), $2) }
        return opened
      })
  }

  /// A model whose prompts hold something beside their text, and that can be given something else.
  private static func beside(
    _ extras: PromptExtras, _ model: Model,
    _ open: @escaping @Sendable (PromptExtras) -> OpenModel
  ) -> OpenModel {
    var opened = open(extras)
    opened.beside = { beside(extras.beside($0).taken(by: model), model, open) }
    return opened
  }

  /// What the command line says beside MODEL and a text to get the same run.
  ///
  /// - Parameter model: The model, which may compute in another way than the usual one of its own accord; nil
  ///   while it is not open.
  static func options(
    adapter: String?, family: String?, _ engine: EngineOptions, _ extras: PromptExtras,
    of model: Model? = nil
  ) -> [Origin.Option] {
    let chosen = model.map(engine.precision) ?? engine.precision ?? .f32
    let precision = engine.precision == nil && chosen == .f32 ? nil : chosen.rawValue
    let given = [("adapter", adapter), ("family", family), ("precision", precision)]
    return given.compactMap { name, value in value.map { Origin.Option(name, $0) } }
      + extras.options
  }

  /// Another model to compare with.
  private static func another(
    _ name: String, addSpecial: Bool, engine: EngineOptions
  ) throws -> OpenModel {
    switch try open(name, adapter: nil, addSpecial: addSpecial, engine: engine) {
    case .model(let model): return model
    case .maps: throw Failure.mapsOnly(file: name)
    }
  }

  /// Opens maps that something else computed.
  static func maps(_ path: String, as name: String) throws -> OpenMaps {
    try OpenMaps(
      MapsFile(path: path), name: (path as NSString).lastPathComponent,
      origin: Origin(address: name, fingerprint: ""))
  }

  /// Where the tokenizer of MODEL lies.
  static func tokenizer(_ argument: ModelArgument) throws -> TokenizerSource {
    TokenizerSource(try locate(argument.model))
  }

  /// The command whose name is a slip or two away; nil when none is.
  private static func nearestCommand(to word: String) -> String? {
    let names = Heed.configuration.subcommands.map { $0._commandName }
    return names.map { (name: $0, distance: Commands.editDistance(word, $0)) }
      .filter { $0.distance <= max(1, min(2, $0.name.count / 3)) }
      .min { $0.distance < $1.distance }?.name
  }
}
