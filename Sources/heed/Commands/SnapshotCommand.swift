import ArgumentParser
import Explorer
import Models

/// `heed snapshot`: one view, as it would be drawn.
struct SnapshotCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "snapshot",
    abstract: "One view as it would be drawn, as text, SVG or a page.")

  /// The formats of `heed snapshot`.
  enum Format: String, CaseIterable, ExpressibleByArgument {
    case text, ansi, svg, html
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
  @OptionGroup var place: PlaceOptions

  @Option(help: "Columns and rows, such as 120x40 (default: 100x30)")
  var size: Size?

  @Option(help: "ansi is for less -R (default: by the ending of --output, else text)")
  var format: Format?

  @OptionGroup var screen: ScreenOptions
  @OptionGroup var engine: EngineOptions
  @OptionGroup var output: OutputOption

  func validate() throws {
    if engine.precision == .f64 {
      throw ValidationError("Pictures are drawn in f32 or bf16; use heed export --precision f64.")
    }
  }

  func run() throws {
    try place.check()
    let style = try screen.style()
    let sight = try Sight(
      model, prompt, place, engine, default: PromptOptions.example(for: model.model))
    let (width, height) = (size?.width ?? 100, size?.height ?? 30)
    let state = try sight.state(style, size: (width, height))
    let format =
      format.flatMap { CanvasExports.named($0.rawValue) }
      ?? output.output.flatMap(CanvasExports.forFile) ?? TextExport.self
    let picture = Snapshot.file(
      state, view: state.view, width: width, height: height, format: format,
      appearance: style.appearance(colors: true))
    try output.sink.write(picture)
  }
}
