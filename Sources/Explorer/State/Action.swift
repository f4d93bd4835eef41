import Models

/// A direction and a distance.
public enum Motion: Sendable, Equatable {
  case up, down, left, right
  case pageUp, pageDown, pageLeft, pageRight
  case firstRow, lastRow, firstColumn, lastColumn

  /// Where it leads, in words.
  var direction: String {
    switch self {
    case .up, .pageUp, .firstRow: "up"
    case .down, .pageDown, .lastRow: "down"
    case .left, .pageLeft, .firstColumn: "to the left"
    case .right, .pageRight, .lastColumn: "to the right"
    }
  }
}

/// Something that changes the state.
public enum Action: Sendable {
  /// A change of the state, and what it asks for.
  public typealias Change = @Sendable (inout ExplorerState) -> [Effect]

  // From the terminal.
  case key(Key)
  case mouse(MouseEvent)
  case paste(String)
  case resize(width: Int, height: Int)

  // From commands.
  case move(Motion)
  case goto(HeadIndex)
  case step(layers: Int, heads: Int)
  case query(Int)
  case selectKey(Int)
  case point(query: Int, key: Int)
  case zoom(Zoom)
  case zoomIn, zoomOut
  case scale(Scale)
  case ramp(Ramp)
  case score(String)
  case stepScore(Int)
  case show(String)
  case stepView(Int)
  case enter, leave, close, quit
  case openCommand, openPrompt
  case run(String)
  /// Run the same text beside another image or sound.
  case runBeside(Origin.Option)
  case openModel(String)
  case cancel
  /// What a command does to the state, where no other case says it.
  case change(Change)
  case snapshot(String?)
  case export(String)
  case writeSession(String?)
  case yank
  case mouseOnOff
  case suspend, redraw

  // From the background.
  case progress(Double?, String)
  case loaded(Subject)
  /// How far the analysis is.
  case working(Double?, String)
  /// An answer about the run of a generation; nil with the reason why there is none.
  case answered(Question, Answer?, generation: Int, why: String = "")
  /// Prompts of a file.
  case promptFile(PromptFile)
  /// The bytes of a file of heads to take out.
  case maskFile(name: String, [UInt8])
  case failed(String)
  case notice(String)
  /// What could be opened, in answer to `Effect.list`.
  case listed([String])
}

/// What the state asks of the world around it.
public enum Effect: Sendable, Equatable {
  /// Run the model on a text, and on the image or the sound of an option where it takes one; answer with
  /// `.progress` and `.loaded` or `.failed`.
  case run(String, beside: Origin.Option? = nil)
  /// Open a model and run a text on it; answer as for `run`. Empty text: whatever suits.
  case open(String, prompt: String, beside: Origin.Option? = nil)
  /// Find what a name could go on with after a beginning; answer with `.listed`.
  case list(String, of: Listing = .models)
  /// Show another part of an encoder-decoder's run; answer with `.loaded`.
  case look(StreamName)
  /// Run the same prompt with these parts of it named; answer as for `run`.
  case name([PromptSpan])
  /// Stop what runs.
  case cancel
  /// Find out these things about the run, and give up what else was asked; answer with `.answered`.
  case ask([Question], generation: Int)
  /// Read prompts from a file; answer with `.promptFile` or `.failed`.
  case readPrompts(String)
  /// Read which heads to take out from a file; answer with `.maskFile` or `.failed`.
  case readMask(String)
  /// Write a text to a file; answer with `.notice` or `.failed`.
  case save(name: String, text: String)
  /// Write a view's numbers to a file, in the format of its ending; answer as for `save`.
  case export(name: String, ViewExport)
  /// Write a session; answer as for `save`.
  case write(name: String, Session)
  /// Something only the screen can do.
  case screen(ScreenRequest)
}
