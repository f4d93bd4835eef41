import Explorer
import Foundation

/// What the explorer starts with, from options, a session or a recording.
struct Start {
  private let model: ModelArgument
  private let addSpecial: Bool
  private let prompt: Recording.Prompt?
  private let request: @Sendable (TokenizerSource) throws -> Prompt
  private let source: TokenizerSource
  /// The session to check the model against, and its file.
  private let session: (saved: Session, file: String)?
  private var state: ExplorerState

  /// Reads whatever can be wrong with the arguments themselves; files of the model are opened later.
  init(
    _ model: ModelArgument, _ prompt: PromptOptions, _ state: ExplorerState,
    session file: String?, recording: Recording?
  ) throws {
    var (model, prompt, state) = (model, prompt, state)
    var session: (Session, String)?
    if let file {
      let saved = try Session(Self.text(of: file), file: file)
      // A model that is named goes before the one that was saved, and is taken as it is.
      if model.model == nil { session = (saved, file) }
      model.model = model.model ?? saved.model
      if !prompt.isGiven { prompt.take(saved.prompt, addSpecial: saved.addsSpecial) }
      saved.apply(to: &state)
    }
    if let recording {
      model.model = model.model ?? recording.model
      if !prompt.isGiven { prompt.take(recording.prompt, addSpecial: !prompt.noSpecial) }
    }
    source = try Opening.tokenizer(model)
    request = try prompt.request(default: PromptOptions.example)
    self.prompt = prompt.ids.flatMap { ids in
      (try? PromptOptions.parse(ids)).map { .ids($0) }
    }
    _ = update(&state, .progress(nil, "opening \(Opening.name(model))"))
    (self.model, self.state, self.session) = (model, state, session)
    addSpecial = !prompt.noSpecial
  }

  /// A file's text.
  static func text(of file: String) throws -> String {
    String(decoding: try PromptOptions.read(file), as: UTF8.self)
  }
}
