import Models

/// Everything the explorer knows; a picture is a function of it.
public struct ExplorerState: Sendable {
  /// What there is to look at.
  public enum Content: Sendable {
    /// Nothing yet.
    case empty
    /// Nothing, and why.
    case failed(String)
    /// A run.
    case loaded(Subject)
  }

  /// What has the keyboard in place of the view.
  public enum Entry: Sendable, Equatable {
    /// The view has it.
    case none
    /// The `:` line.
    case command(CommandEntry)
    /// The prompt editor.
    case prompt(LineEditor)
  }

  /// A short message, shown until the next key.
  public struct Notice: Sendable, Equatable {
    /// What it says.
    public let text: String
    /// Whether something failed.
    public let isError: Bool
  }

  /// How far a computation in the background is.
  public struct Progress: Sendable, Equatable {
    /// From 0 to 1; nil while unknown.
    public let fraction: Double?
    /// What is being done.
    public let text: String
  }

  /// What is loaded.
  public var content: Content
  /// Counts what was loaded, so that tiles of an earlier run are not mistaken for this one's.
  public var generation = 0
  /// Names of the open views; the last is seen, `Esc` goes back to the one before.
  public var views: [String]
  /// The head in question.
  public var head = HeadIndex(layer: 0, head: 0)
  /// The file of the session that is open; nil before one was opened or written.
  public var sessionFile: String?
  /// Where to go once the first run is there.
  public var arrival = Arrival()
  /// The row and the column in question.
  public var query = 0
  /// The column in question.
  public var key = 0
  /// How large the map is drawn.
  public var zoom = Zoom.fit
  /// The first row and column of the map that are seen.
  public var origin = (row: 0, column: 0)
  /// How weights become colours.
  public var scale = Scale.linear
  /// Which colours.
  public var ramp = Ramp.standard
  /// The name of the score that colours the atlas.
  public var score = ""
  /// The first line of the help that is seen.
  public var helpTop = 0
  /// What has the keyboard.
  public var entry = Entry.none
  /// Commands typed before, oldest first.
  public var history: [String] = []
  /// What the model being typed after `:open` could be.
  public var listing: [String] = []
  /// A message.
  public var notice: Notice?
  /// A computation in the background.
  public var progress: Progress?
  /// The prompt that a rerun repeats and the editor starts from.
  public var prompt = ""
  /// Whether the mouse is ours.
  public var hasMouse = true
  /// The window.
  public var width = 80
  /// The window.
  public var height = 24
  /// What the window can show.
  public var appearance = Appearance(depth: .palette256, charset: .half)

  /// A state with nothing loaded, at one view.
  public init(view: String = ExplorerViews.initial) {
    content = .empty
    views = [view]
  }

  /// A state that looks at a run.
  public init(_ subject: Subject, view: String = ExplorerViews.initial) {
    self.init(view: view)
    load(subject)
  }

  /// The run, when there is one with something to see.
  public var subject: Subject? {
    guard case .loaded(let subject) = content, !subject.isEmpty else { return nil }
    return subject
  }

  /// The name of the view that is seen.
  public var view: String { views.last ?? ExplorerViews.initial }

  /// The score that colours the atlas.
  var scoreTable: ScoreTable? {
    subject.flatMap { subject in
      subject.scores.first { $0.name == score } ?? subject.scores.first
    }
  }

  mutating func load(_ subject: Subject) {
    content = .loaded(subject)
    generation += 1
    prompt = subject.prompt
    progress = nil
    origin = (0, 0)
    if !subject.scores.contains(where: { $0.name == score }) {
      score = subject.scores.first?.name ?? ""
    }
    query = subject.patterns.queryCount - 1
    key = 0
    arrive()
    clamp()
  }

  /// Brings every cursor back to something that exists.
  mutating func clamp() {
    guard let patterns = subject?.patterns else {
      (head, query, key) = (HeadIndex(layer: 0, head: 0), 0, 0)
      return
    }
    head.layer = head.layer.clamped(to: 0...(patterns.layers - 1))
    head.head = head.head.clamped(to: 0...(patterns.heads - 1))
    query = query.clamped(to: 0...(patterns.queryCount - 1))
    key = key.clamped(to: 0...(patterns.keyCount - 1))
  }
}
