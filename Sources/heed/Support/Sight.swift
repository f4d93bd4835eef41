import Explorer
import Models
import Tensors

/// What a command without a screen looks at: one run, or maps of a file.
struct Sight {
  private enum Source {
    case run(OpenModel, Trace<Float>, Prompt)
    case maps(OpenMaps, [PromptSpan])
  }

  private let source: Source
  private let place: PlaceOptions
  private let stream: StreamName

  /// Opens MODEL and runs the prompt.
  ///
  /// - Parameter fallback: The prompt when none is given; nil for commands that insist on one.
  init(
    _ model: ModelArgument, _ prompt: PromptOptions, _ place: PlaceOptions, _ engine: EngineOptions,
    default fallback: String? = nil
  ) throws {
    (self.place, stream) = (place, engine.stream)
    let extras = try prompt.extra.extras()
    switch try Opening.open(
      model.model, adapter: model.adapter, family: model.family, addSpecial: prompt.addsSpecial,
      extras: { _, _ in extras }, engine: engine)
    {
    case .maps(let maps):
      try prompt.refuse(forMapsOf: maps.origin.address)
      try place.check(maps.patterns)
      source = .maps(maps, try prompt.spans())
    case .model(let open):
      let asked = try prompt.prompt(Opening.tokenizer(model), open.model, default: fallback)
      try place.check(open.model, asked, in: engine.stream)
      let whole = try Running.whole(open.model, asked, engine, as: Float.self, for: [.scores])
      try place.check(open.model.stream(engine.stream, of: whole))
      source = .run(open, whole, asked)
    }
  }

  /// The state that looks there, its view's questions answered.
  ///
  /// - Parameters:
  ///   - view: The view; nil for what the options say.
  ///   - size: Columns and rows of the picture.
  func state(
    _ style: ScreenStyle, view: String? = nil, size: (width: Int, height: Int)? = nil
  ) throws -> ExplorerState {
    var state = try place.state(style)
    if let view { (state.views, state.choosesView) = ([view], false) }
    // What a map larger than its window shows depends on the window, which has a line of keys, too.
    if let size { (state.width, state.height) = (size.width, size.height + 1) }
    let onProgress: @Sendable (Double) throws -> Void = { _ in try Interruption.check() }
    switch source {
    case .run(let open, let whole, let prompt):
      try state.see(
        open, whole, prompt, stream: stream, readPrompts: PromptFiles().read,
        onProgress: onProgress)
    case .maps(let maps, let spans):
      try state.see(maps, naming: spans, onProgress: onProgress)
    }
    // A screen drops what a new prompt does not have; a command that asked for it must not.
    if let pair = place.lens?.lens.between, state.lens.between != pair {
      throw Failure.noSuchParts(pair, known: state.subject?.spanPairs ?? [])
    }
    return state
  }
}
