import Analysis
import ArgumentParser
import Explorer
import Models
import Terminal

/// `heed snapshot`: one view, as it would be drawn.
struct SnapshotCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "snapshot", abstract: "One view as it would be drawn, as text or with colours.")

  /// Views that can be drawn without a screen.
  enum View: String, CaseIterable, ExpressibleByArgument {
    case atlas, map, tokens, help
  }

  /// The formats of `heed snapshot`.
  enum Format: String, CaseIterable, ExpressibleByArgument {
    case text, ansi
  }

  /// Columns and rows, written `120x40`.
  struct Size: ExpressibleByArgument {
    let width, height: Int

    init?(argument: String) {
      let parts = argument.split(separator: "x").compactMap { Int($0) }
      guard parts.count == 2, parts.allSatisfy({ (1...1000).contains($0) }) else { return nil }
      (width, height) = (parts[0], parts[1])
    }
  }

  @OptionGroup var model: ModelArgument
  @OptionGroup var prompt: PromptOptions

  @Option(help: "Which view")
  var view = View.atlas

  @Option(help: "Columns and rows, such as 120x40 (default: 100x30)")
  var size: Size?

  @Option(help: "text has no colours; ansi is for less -R and cat")
  var format = Format.text

  @OptionGroup var heads: HeadOptions

  @Option(help: "A query, from 0 (default: the last one)")
  var query: Int?

  @Option(help: "A key, from 0")
  var key: Int?

  @Option(help: "The score that colours the atlas")
  var score: String?

  /// How weights become colours.
  enum ScaleName: String, CaseIterable, ExpressibleByArgument {
    case linear, log, quantile
  }

  @Option(help: "How weights become colours")
  var scale = ScaleName.linear

  @OptionGroup var screen: ScreenOptions
  @OptionGroup var engine: EngineOptions
  @OptionGroup var output: OutputOption

  func validate() throws {
    if engine.precision == .f64 {
      throw ValidationError("Pictures are drawn in f32; use heed export --precision f64.")
    }
  }

  func run() throws {
    if let score, HeadScores.named(score) == nil {
      throw Failure.unknownScore(score, known: HeadScores.all.map { $0.name })
    }
    let (model, tokenizer) = try Opening.model(model)
    try heads.check(model.plan)
    let prompt = try prompt.prompt(tokenizer, default: PromptOptions.example)
    for (option, position) in [("query", query), ("key", key)] {
      if let position, !(0..<prompt.seq).contains(position) {
        throw Failure.noSuchPosition(option, position, count: prompt.seq)
      }
    }
    let trace = try Running.trace(model, prompt, engine, as: Float.self)
    var state = ExplorerState(try Subject(model, trace), view: view.rawValue)
    state.ramp = screen.theme
    state.head = HeadIndex(layer: heads.layer ?? 0, head: heads.head ?? 0)
    if let query { state.query = query }
    if let key { state.key = key }
    if let score { state.score = score }
    state.scale = Scale(rawValue: scale.rawValue) ?? .linear
    try output.sink.write(picture(of: state))
  }

  private func picture(of state: ExplorerState) -> String {
    let (width, height) = (size?.width ?? 100, size?.height ?? 30)
    switch format {
    case .text:
      return Snapshot.text(
        state, view: view.rawValue, width: width, height: height,
        charset: screen.appearance(colors: false).charset)
    case .ansi:
      return Snapshot.ansi(
        state, view: view.rawValue, width: width, height: height,
        appearance: screen.appearance(colors: true))
    }
  }
}
