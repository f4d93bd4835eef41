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

  @Option(help: "Open a session that :write saved", completion: .file())
  var session: String?

  @Option(help: "Write what is done into this file, for --play", completion: .file())
  var record: String?

  @Option(help: "Play a recording without a screen; print what it saves", completion: .file())
  var play: String?

  @Flag(help: "Line by line instead of a screen: commands in, answers out")
  var plain = false

  @OptionGroup var engine: EngineOptions

  func validate() throws {
    if engine.precision == .f64 {
      throw ValidationError("The explorer runs in f32 or bf16; use heed export --precision f64.")
    }
    if play != nil, plain || record != nil {
      throw ValidationError("--play needs no screen: leave out --plain and --record.")
    }
    if plain, record != nil { throw ValidationError("--record records a screen, not --plain.") }
  }

  func run() throws {
    try place.check()
    if let play { return try self.play(Recording(Start.text(of: play), file: play), play) }
    if plain { return try runPlain() }
    guard isatty(STDOUT_FILENO) != 0 else { return try printViews() }
    try explore()
  }

  private func explore() throws {
    let style = try screen.style()
    let hasMouse = try !noMouse && Configuration.current().mouse ?? true
    let start = try Start(model, prompt, place, style, engine: engine, session: session) {
      $0.hasMouse = hasMouse
    }
    let mailbox = Mailbox<Action>()
    let recorder = try record.map {
      try Recorder($0, beginning: start.recordingBeginning, complaining: mailbox)
    }
    let desk = Desk(start, answering: mailbox)
    let program = ExplorerProgram(start.state, mailbox: mailbox) { desk.perform($0) }
    desk.begin()
    let options = style.terminal(mouse: start.state.hasMouse)
    if let recorder {
      try EventLoop.run(RecordingProgram(program) { recorder.write($0) }, options: options)
    } else {
      try EventLoop.run(program, options: options)
    }
    try complain(program.state)
    // The service's thread may be in the middle of a product: the destructors of an ordinary exit would
    // take its libraries from under it.
    fflush(nil)
    _exit(EXIT_SUCCESS)
  }

  /// Left without having seen anything: the reason stays where the user can read it.
  private func complain(_ state: ExplorerState) throws {
    if case .failed(let why) = state.content { throw Failure.nothingLoaded(why) }
  }

  private func player(recording: Recording? = nil) throws -> Player {
    let style = try screen.style()
    let start = try Start(
      model, prompt, place, style, engine: engine, session: session, recording: recording)
    let mailbox = Mailbox<Action>()
    let desk = Desk(start, answering: mailbox, savesToOutput: true)
    let program = ExplorerProgram(start.state, mailbox: mailbox) { desk.perform($0) }
    desk.begin()
    return Player(program, desk, appearance: style.appearance(colors: true))
  }

  private func play(_ recording: Recording, _ file: String) throws {
    let player = try player(recording: recording)
    for line in recording.steps where !player.hasQuit {
      player.play(line.step)
      if let notice = player.state.notice, notice.isError {
        Console.warning("\(file):\(line.number): \(notice.text)")
      }
    }
    try complain(player.state)
  }

  private func runPlain() throws {
    let player = try player()
    try PlainSession(player, charset: screen.style().appearance(colors: false).charset).run()
    try complain(player.state)
  }

  private func printViews() throws {
    try place.check()
    let sight = try Sight(
      model, prompt, place, engine, default: PromptOptions.example(for: model.model))
    let style = try screen.style()
    let all = ExplorerViews.all.map { $0.name }.filter { $0 != "help" }
    let pictures = try (place.view.map { [$0.name] } ?? all).map { view in
      Snapshot.text(
        try sight.state(style, view: view, size: (100, 30)), view: view, width: 100, height: 30,
        charset: style.appearance(colors: false).charset)
    }
    try Output(nil).write(pictures.joined(separator: "\n"))
  }
}
