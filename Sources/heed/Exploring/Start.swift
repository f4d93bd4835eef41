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
  private let source: TokenizerSource

  /// Reads whatever can be wrong with the arguments themselves; the model's files are opened later.
  ///
  /// What is given on the command line goes before what a session or a recording says.
  ///
  /// - Parameters:
  ///   - state: What the options ask to see.
  ///   - session: The file of a session.
  init(
    _ model: ModelArgument, _ prompt: PromptOptions, _ state: ExplorerState,
    engine: EngineOptions, session file: String? = nil, recording: Recording? = nil
  ) throws {
    var (state, name) = (state, model.model)
    var saved = Session()
    if let file {
      saved = try Session(Self.text(of: file), file: file)
      saved.apply(to: &state)
      state.sessionFile = file
      // A model that is named is taken as it is.
      if name != nil { saved.hash = nil }
    }
    name = name ?? saved.model ?? recording?.model
    if prompt.isGiven {
      self.prompt = try prompt.given()
    } else {
      let addSpecial = saved.addsSpecial && prompt.addsSpecial
      // What a session holds was written by the template already.
      let isChat = prompt.chat && saved.prompt == nil
      switch saved.prompt ?? recording?.prompt {
      case .text(let text)?:
        self.prompt = GivenPrompt(
          source: .text(Array(text.utf8), addSpecial: addSpecial), spans: saved.spans,
          isChat: isChat)
      case .ids(let ids)?: self.prompt = GivenPrompt(source: .ids(ids), spans: saved.spans)
      case nil:
        let example = Array(PromptOptions.example(for: name).utf8)
        self.prompt = GivenPrompt(
          source: .text(example, addSpecial: addSpecial), isChat: isChat)
      }
    }
    self.name = try name ?? Opening.defaultName()
    let given = try prompt.extra.extras()
    extras = given.isEmpty && !prompt.isGiven ? PromptExtras(saved) : given
    stream = engine.givenStream ?? saved.stream ?? .decoder
    if Opening.isMaps(name) { try prompt.refuse(forMapsOf: self.name) }
    // A quarter for what is kept of analyses: the run itself and the work on it need the rest.
    if let budget = engine.budget() { state.answerBudget = budget / 4 }
    _ = update(&state, .progress(nil, "opening \(self.name)"))
    source = TokenizerSource(try Opening.locate(name))
    self.state = state
    let (session, extras, address) = (saved, extras, name)
    let adapter = model.adapter ?? saved.option("adapter")
    let family = model.family ?? saved.option("family")
    opener = {
      let opened = try Opening.open(
        address, adapter: adapter, family: family,
        addSpecial: session.addsSpecial && prompt.addsSpecial, extras: extras,
        engine: engine)
      if let file { try session.check(opened.origin, file: file) }
      return opened
    }
  }

  /// The first prompt as the model's tokens.
  var request: InferenceService.Request {
    let (source, prompt, extras) = (source, prompt, extras)
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
    switch prompt.source {
    case .text(let bytes, _):
      Recording.beginning(model: name, prompt: .text(String(decoding: bytes, as: UTF8.self)))
    case .ids(let ids): Recording.beginning(model: name, prompt: .ids(ids))
    }
  }

  /// A file's text.
  static func text(of file: String) throws -> String {
    String(decoding: try PromptOptions.read(file), as: UTF8.self)
  }
}
