import Analysis
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
  public internal(set) var content: Content { didSet { see() } }
  /// The run as it is seen, when there is one with something to see.
  public private(set) var subject: Subject?
  /// Counts what was seen, so that tiles of one sight are not mistaken for another's.
  public private(set) var sight = 0
  /// Counts what was loaded, so that answers about an earlier run are not mistaken for this one's.
  public internal(set) var generation = 0
  /// What has been asked about the run, and what came back.
  public internal(set) var answers = Answers()
  /// Bytes that answers may take; runs that come after it is set keep to it.
  public var answerBudget = Answers.usualBudget
  /// What was asked for by a command and has not come yet.
  var errands: [Question] = []
  /// Those of them whose answers leave the view as it is.
  var arriving: Set<Question> = []
  /// How maps are looked at.
  public internal(set) var lens = Lens() { didSet { if lens != oldValue { see() } } }
  /// What is changed about the model.
  public internal(set) var alteration = Alteration() {
    didSet {
      guard alteration != oldValue else { return }
      see()
      showScores()
    }
  }
  /// What can be undone.
  var edits = Edits()
  /// Names of the open views; the last is seen, `Esc` goes back to the one before.
  public var views: [String]
  /// The head in question.
  public var head = HeadIndex(layer: 0, head: 0)
  /// The file of the session that is open; nil before one was opened or written.
  public var sessionFile: String?
  /// Where to go once the first run is there.
  public var arrival = Arrival()
  /// Whether nobody has asked for a view yet, so that the first run shows the one that suits it.
  public var choosesView = false
  /// The start of a part of the prompt that is being named.
  var spanStart: Int?
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
  /// What stands for a block of weights where a map is zoomed out.
  public var blocks = Blocks.maximum
  /// Which colours.
  public var ramp = Ramp.standard
  /// The name of the score that colours the atlas.
  public var score = ""
  /// The name of the score that is drawn into the atlas as digits; nil for none.
  public var secondScore: String?
  /// Scores that were asked for in the explorer, as they are shown.
  var extraScores: [ScoreTable] = []
  /// Names of scores that were worked out on request.
  var requested: [String] = []
  /// Rankings that a command asked for, such as who gives most to a key, and the change they are of.
  var rankings: [(table: ScoreTable, alteration: Alteration)] = []
  /// Which heads are looked at; nil for all.
  public internal(set) var filter: HeadFilter?
  /// Heads chosen one by one, for what is done to several.
  public var selected: Set<HeadIndex> = []
  /// What was noted about heads.
  public var notes: [HeadIndex: String] = [:]
  /// Places by letter.
  var marks: [Character: Place] = [:]
  /// What is kept about models that are not open, by their addresses.
  var belongings: [String: Belongings] = [:]
  /// Places visited.
  var trail = Trail()
  /// What was searched for last.
  var sought = ""
  /// The number typed before a command.
  var count: Int?
  /// The command that `.` repeats, as a line, and the number before it.
  var repeated: (line: String, count: Int?)?
  /// Keys that the user gave commands to.
  public var ownKeys: [Key: String] = [:]
  /// One corner of a region whose other corner is the cursor.
  var anchor: (query: Int, key: Int)?
  /// What small multiples lay out: the heads of a layer, or the layers of a head.
  var multiples = Multiples.heads
  /// The rule that is being looked at.
  var rule: RuleSpec?
  /// Which heads it is put into.
  var ruleTarget = RuleTarget.head
  /// The place of the parameter that is turned.
  var ruleParameter = 0
  /// What the compare view was asked to lay side by side; nil leaves it to what there is.
  var comparison: Comparison?
  /// The prompt or the model that was named to compare with.
  var other: OtherRun?
  /// What the prune view looks at.
  var pruning = PruneState()
  /// The token whose logit the predict view takes apart; nil for the most probable one.
  var chosenToken: Int?
  /// What the generate view looks at.
  var writing = Writing()
  /// The prompts of a file that was read.
  var promptFile: PromptFile?
  /// The first line of a text that is seen.
  public var helpTop = 0
  /// What the lines of the help must contain.
  var helpFilter = ""
  /// Prompts that were run, oldest first.
  public internal(set) var prompts: [String] = []
  /// What has the keyboard.
  public var entry = Entry.none
  /// Commands typed before, oldest first.
  public var history: [String] = []
  /// What the model being typed after `:open` could be.
  public var listing: [String] = []
  /// A message.
  public var notice: Notice?
  /// A run in the background.
  public var progress: Progress?
  /// An analysis in the background.
  var work: Progress?
  /// The prompt that a rerun repeats and the editor starts from.
  public var prompt = ""
  /// The image or the sound that a rerun repeats; nil where there is none, or the model brings its own.
  public var medium: Origin.Option?
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

  /// The name of the view that is seen.
  public var view: String { views.last ?? ExplorerViews.initial }

  /// All scores there are.
  var scores: [ScoreTable] { (subject?.scores ?? []) + extraScores }

  /// The score that colours the atlas.
  var scoreTable: ScoreTable? { scores.first { $0.name == score } ?? scores.first }

  /// Takes a run.
  ///
  /// - Returns: What the commands ask for that were to be carried out once it is there.
  @discardableResult
  mutating func load(_ subject: Subject) -> [Effect] {
    exchangeBelongings(for: subject)
    partFrom(subject)
    generation += 1
    answers = Answers(budget: answerBudget)
    (extraScores, requested, rankings) = ([], [], [])
    (errands, arriving, anchor, spanStart, chosenToken) = ([], [], nil, nil, nil)
    let isSameText = run.map { $0.asked == subject.asked && $0.model == subject.model } ?? false
    (pruning, writing) = (pruning.fresh, writing.fresh(isSameText: isSameText))
    content = .loaded(subject)
    // Parts that this prompt does not have would be named in the legend, and show everything.
    if let pair = lens.between, !subject.spanPairs.contains(pair) { lens.between = nil }
    prompt = subject.prompt
    if !prompts.contains(prompt) { prompts.append(prompt) }
    // What a model does not take waits for one that does.
    if !subject.media.isEmpty { medium = subject.origin?.medium }
    (progress, work) = (nil, nil)
    origin = (0, 0)
    query = (self.subject?.patterns.queryCount ?? 1) - 1
    key = 0
    if seesImage { lookAtImage() }
    let effects = arrive()
    // A score that can be worked out is, by what the views ask.
    if scoreTable?.name != score, !canScore(score) { score = scoreTable?.name ?? "" }
    choosesView = false
    clamp()
    return effects
  }

  /// The run as it is seen, before what was changed about the model; nil when nothing was.
  private(set) var before: Subject?
  /// Another prompt's run, or another model's, as it is seen beside this one.
  private(set) var otherSubject: Subject?
  /// The run that it stands beside: seen in the same way, as a run of which nothing more is known.
  private(set) var thisSubject: Subject?
  /// Which tokens of the other run and of this one stand for each other.
  private(set) var alignment: TokenAlignment?
  /// How much every head's map changed.
  var drift: HeadTable? { outcome(alteration)?.drift }

  /// Works out the run as it is seen.
  mutating func see() {
    sight += 1
    guard let run, let changedRun else {
      (subject, before, otherSubject, thisSubject, alignment) = (nil, nil, nil, nil, nil)
      return
    }
    otherSubject = comparedRun?.subject.seen(through: lens.ofAnyRun, norms: nil, sinks: [])
    thisSubject = otherSubject.map { _ in
      changedRun.seen(through: lens.ofAnyRun, norms: nil, sinks: [])
    }
    alignment = otherSubject.flatMap { other in
      thisSubject.map { TokenAlignment(other.keyTokens, $0.keyTokens) }
    }
    subject = changedRun.seen(through: lens, norms: valueNorms, sinks: sinkKeys)
    let isChanged = !alteration.isNone && outcome(alteration) != nil
    before = isChanged ? run.seen(through: lens, norms: valueNorms, sinks: sinkKeys) : nil
  }

  /// The run as the change of the model leaves it, before any lens; as it was until that is known.
  var changedRun: Subject? {
    guard let run, !alteration.isNone, let outcome = outcome(alteration) else { return run }
    return run.with(patterns: outcome.patterns, scores: outcome.scores)
  }

  /// The run before any lens.
  var run: Subject? {
    guard case .loaded(let run) = content, !run.isEmpty else { return nil }
    return run
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
