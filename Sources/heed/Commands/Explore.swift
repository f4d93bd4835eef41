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
  @OptionGroup var place: PlaceOptions
  @OptionGroup var screen: ScreenOptions

  @Flag(help: "Leave the mouse to the terminal")
  var noMouse = false

  @OptionGroup var engine: EngineOptions

  func validate() throws {
    if engine.precision == .f64 {
      throw ValidationError("The explorer runs in f32 or bf16; use heed export --precision f64.")
    }
  }

  func run() throws {
    guard isatty(STDOUT_FILENO) != 0 else { return try printViews() }
    // What can be wrong with the arguments themselves is said before the screen is taken; files are
    // opened behind it.
    try place.check()
    let source = try Opening.tokenizer(model)
    let request = try prompt.request(default: PromptOptions.example)
    let (model, addSpecial, engine) = (model, !prompt.noSpecial, engine)
    var state = place.state(theme: screen.theme)
    state.hasMouse = !noMouse
    _ = update(&state, .progress(nil, "opening \(Opening.name(model))"))
    let mailbox = Mailbox<Action>()
    let desk = Desk(engine: engine, addSpecial: addSpecial, answering: mailbox)
    let program = ExplorerProgram(state, mailbox: mailbox) { desk.perform($0) }
    let opener: InferenceService.Opener = {
      try Opening.openModel(
        model.model, adapter: model.adapter, addSpecial: addSpecial, engine: engine)
    }
    desk.start(opener, isText: prompt.ids == nil) { _ in try request(source) }
    try EventLoop.run(program, options: screen.terminal(mouse: !noMouse))
    // Left without having seen anything: the reason stays where the user can read it.
    if case .failed(let why) = program.state.content { throw Failure.nothingLoaded(why) }
  }

  private func printViews() throws {
    try place.check()
    let opened = try Opening.openModel(
      model.model, adapter: model.adapter, addSpecial: !prompt.noSpecial, engine: engine)
    let prompt = try prompt.prompt(Opening.tokenizer(model), default: PromptOptions.example)
    try place.check(opened.model.plan, prompt)
    let trace = try Running.trace(opened.model, prompt, engine, as: Float.self)
    var state = place.state(theme: screen.theme)
    _ = update(&state, .loaded(try Subject(opened.model, trace, origin: opened.origin)))
    let all = ExplorerViews.all.map { $0.name }.filter { $0 != "help" }
    let views = place.view.map { [$0.name] } ?? all
    let pictures = views.map { view in
      Snapshot.text(
        state, view: view, width: 100, height: 30,
        charset: screen.appearance(colors: false).charset)
    }
    try Output(nil).write(pictures.joined(separator: "\n"))
  }
}
