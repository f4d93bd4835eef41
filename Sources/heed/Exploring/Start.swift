import Explorer
import Foundation
import Models

/// What the explorer starts with, put together from options, a session and a recording.
struct Start {
  /// What is seen while the model is opened.
  let state: ExplorerState
  /// The first prompt.
  let prompt: GivenPrompt
  /// MODEL.
  let name: String
  /// Opens the model.
  let opener: InferenceService.Opener
  /// What every prompt holds beside its text.
  let extras: PromptExtras
  /// The part of an encoder-decoder that is seen first.
  let stream: StreamName
  /// How the engine computes.
  let engine: EngineOptions
  private let source: TokenizerSource
  /// What else a recording says about the start.
  private let options: [Origin.Option]

  /// Reads whatever can be wrong with the arguments themselves; the model's files are opened later.
  ///
  /// What is given on the command line goes before what a session or a recording says.
  ///
  /// - Parameters:
  ///   - place: What the options ask to see.
  ///   - file: The file of a session; it goes before a recording.
  ///   - change: What else is known about the state.
  init(
    _ model: ModelArgument, _ prompt: PromptOptions, _ place: PlaceOptions, _ style: ScreenStyle,
    engine: EngineOptions, session file: String? = nil, recording: Recording? = nil,
    change: (inout ExplorerState) -> Void = { _ in }
  ) throws {
    let session =
      try file.map { try Session(Self.text(of: $0), file: $0) }
      ?? recording?.start ?? Session()
    var state = try place.state(style, from: session)
    state.sessionFile = file
    change(&state)
    let name = model.model ?? session.model
    self.name = try name ?? Opening.defaultName()
    self.prompt = try Self.prompt(prompt, session, model: name)
    let given = try prompt.extra.extras()
    let extras = given.isEmpty && !prompt.isGiven ? PromptExtras(session) : given
    if Opening.isMaps(name) { try prompt.refuse(forMapsOf: self.name) }
    // A quarter for what is kept of analyses: the run itself and the work on it need the rest.
    if let budget = engine.budget() { state.answerBudget = budget / 4 }
    _ = update(&state, .progress(nil, "opening \(self.name)"))
    source = TokenizerSource(try Opening.locate(name))
    let engine = engine.filled(from: session)
    let adapter = model.adapter ?? session.option("adapter")
    let family = model.family ?? session.option("family")
    let addSpecial = session.addsSpecial && prompt.addsSpecial
    options = Opening.options(adapter: adapter, family: family, engine, extras)
    state.medium = extras.medium
    (self.state, self.extras, self.engine) = (state, extras, engine)
    stream = engine.givenStream ?? session.stream ?? .decoder
    let isNamed = model.model != nil
    opener = {
      let opened = try Opening.open(
        name, adapter: adapter, family: family, addSpecial: addSpecial, extras: { _, _ in extras },
        engine: engine)
      // A model that is named is taken as it is.
      if let file, !isNamed { try session.check(opened.origin, file: file) }
      return opened
    }
  }

  /// The prompt that was given, else that of a session or a recording, else an example.
  private static func prompt(
    _ prompt: PromptOptions, _ session: Session, model name: String?
  ) throws -> GivenPrompt {
    guard !prompt.isGiven else { return try prompt.given() }
    let addSpecial = session.addsSpecial && prompt.addsSpecial
    switch session.prompt {
    case .text(let text)?:
      // What a session holds was written by the template already, what a recording holds was not.
      let isTagged = session.option("tags") != nil
      var given = try GivenPrompt(Array(text.utf8), addSpecial: addSpecial, isTagged: isTagged)
      (given.spans, given.isChat) = (session.spans, session.option("chat") != nil)
      return given
    case .ids(let ids)?: return GivenPrompt(source: .ids(ids), spans: session.spans)
    case nil:
      let example = Array(PromptOptions.example(for: name).utf8)
      return GivenPrompt(source: .text(example, addSpecial: addSpecial), isChat: prompt.chat)
    }
  }

  /// The first prompt as the model's tokens, with what was there at the start beside it.
  func request() -> InferenceService.Request { request(extras) }

  /// The same with another image or sound; nil for none.
  func request(beside medium: Origin.Option?) -> InferenceService.Request {
    request(extras.beside(medium))
  }

  private func request(_ extras: PromptExtras) -> InferenceService.Request {
    let (source, prompt) = (source, prompt)
    return { try extras.prompt(prompt, source, $0.model) }
  }

  /// Whether the prompt comes back as text, so that a rerun can start from that.
  var isText: Bool {
    if case .text = prompt.source { true } else { false }
  }

  /// Whether text gets special tokens.
  var addsSpecial: Bool {
    if case .text(_, let addSpecial) = prompt.source { addSpecial } else { true }
  }

  /// The first lines of a recording of what follows.
  var recordingBeginning: String {
    var (options, given) = (options, Recording.Prompt?.none)
    switch prompt.source {
    case .text(let bytes, _):
      given = .text(String(decoding: prompt.marked ?? bytes, as: UTF8.self))
      if prompt.isChat { options.append(.init("chat", "")) }
      if prompt.marked != nil { options.append(.init("tags", "")) }
    case .ids(let ids): given = .ids(ids)
    }
    var session = Session(starting: state, model: name, options: options, prompt: given)
    (session.addsSpecial, session.spans) = (addsSpecial, prompt.spans)
    session.stream = stream == .decoder ? nil : stream
    return Recording.beginning(session)
  }

  /// A file's text.
  static func text(of file: String) throws -> String {
    String(decoding: try PromptOptions.read(file), as: UTF8.self)
  }
}
