import ArgumentParser
import Explorer
import Foundation
import Models
import Terminal
import Tokenizers

/// `heed explore`, which is also plain `heed`: the full-screen explorer.
struct Explore: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "The explorer (the default command).",
    discussion: "Prints the views as text when standard output is not a terminal.")

  @OptionGroup var model: ModelArgument
  @OptionGroup var prompt: PromptOptions
  @OptionGroup var screen: ScreenOptions

  @Flag(help: "Leave the mouse to the terminal")
  var noMouse = false

  @OptionGroup var engine: EngineOptions

  func validate() throws {
    if engine.precision == .f64 {
      throw ValidationError("The explorer runs in f32; use heed export --precision f64.")
    }
  }

  func run() throws {
    // Whatever can be wrong with the arguments is said before the screen is taken.
    let (model, tokenizer) = try Opening.model(model)
    let first = try prompt.prompt(tokenizer, default: PromptOptions.example)
    try model.check(first)
    guard isatty(STDOUT_FILENO) != 0 else { return try printViews(model, first) }
    try explore(model, first, tokenizer)
  }

  private func explore(_ model: Model, _ first: Prompt, _ tokenizer: TokenizerSource) throws {
    var state = ExplorerState()
    state.ramp = screen.theme
    state.hasMouse = !noMouse
    state.prompt = first.text ?? ""
    _ = update(&state, .progress(nil, "running \(model.name)"))
    let desk = Desk(model, tokenizer, addSpecial: !prompt.noSpecial, engine: engine)
    let program = ExplorerProgram(state) { desk.perform($0) }
    desk.start(first, answering: program.mailbox)
    try EventLoop.run(program, options: screen.terminal(mouse: !noMouse))
  }

  private func printViews(_ model: Model, _ prompt: Prompt) throws {
    let trace = try Running.trace(model, prompt, engine, as: Float.self)
    let subject = try Subject(model, trace)
    let pictures = ExplorerViews.all.filter { $0.name != "help" }.map { view in
      Snapshot.text(
        ExplorerState(subject), view: view.name, width: 100, height: 30,
        charset: screen.appearance(colors: false).charset)
    }
    try Output(nil).write(pictures.joined(separator: "\n"))
  }
}

/// Carries out what the explorer asks for: runs and files.
private final class Desk {
  private let model: Model
  private let tokenizer: TokenizerSource
  private let addSpecial: Bool
  private let engine: EngineOptions
  private var service: InferenceService?
  private var mailbox: Mailbox<Action>?
  /// What a rerun repeats when there is no text to make it from.
  private var first: Prompt?

  init(_ model: Model, _ tokenizer: TokenizerSource, addSpecial: Bool, engine: EngineOptions) {
    self.model = model
    self.tokenizer = tokenizer
    self.addSpecial = addSpecial
    self.engine = engine
  }

  func start(_ first: Prompt, answering mailbox: Mailbox<Action>) {
    let engine = engine
    let service = InferenceService(model, mailbox: mailbox) { model, prompt in
      try engine.prepare(model, seq: prompt.seq)
    }
    service.run { first }
    self.service = service
    self.first = first
    self.mailbox = mailbox
  }

  func perform(_ effect: Effect) {
    switch effect {
    case .run(let text):
      if text.isEmpty, let first, first.text == nil {
        service?.run { first }
        return
      }
      let (tokenizer, addSpecial) = (tokenizer, addSpecial)
      service?.run {
        let encoding = try tokenizer.open().encode(text, addSpecial: addSpecial)
        return Prompt(tokens: encoding.tokens, added: encoding.added, text: text)
      }
    case .cancel: service?.cancel()
    case .ask(let questions, let generation): service?.ask(questions, generation: generation)
    case .readPrompts(let file): readPrompts(file)
    case .save(let name, let text): save(text, as: name)
    case .screen: break
    }
  }

  /// Reads prompts, one a line; blank lines are none.
  private func readPrompts(_ file: String) {
    do {
      let text = try String(contentsOfFile: file, encoding: .utf8)
      let lines = text.split(whereSeparator: \.isNewline).map(String.init)
      mailbox?.post(.promptFile(lines.filter { !$0.allSatisfy(\.isWhitespace) }))
    } catch {
      mailbox?.post(.failed("\(file): cannot be read as UTF-8 text; check its name"))
    }
  }

  /// Writes a file; one that exists is left alone and the next free number is taken.
  private func save(_ text: String, as name: String) {
    let path = Self.free(name)
    do {
      try Output(path).write(text)
      mailbox?.post(.notice("saved \(path)"))
    } catch {
      mailbox?.post(.failed("\(error)"))
    }
  }

  private static func free(_ name: String) -> String {
    guard FileManager.default.fileExists(atPath: name) else { return name }
    let url = URL(fileURLWithPath: name)
    let (stem, ending) = (url.deletingPathExtension().relativePath, url.pathExtension)
    for number in 2... {
      let next = "\(stem)-\(number)" + (ending.isEmpty ? "" : ".\(ending)")
      if !FileManager.default.fileExists(atPath: next) { return next }
    }
    return name
  }
}
