import Models

/// What the explorer looked at, as a small text file that opens it again.
///
/// ```
/// heed session 1
/// open "sample:novels"
/// hash 0123456789abcdef
/// prompt "to be or not to be"
/// view map
/// head L3.H5
/// query 4
/// key 0
/// scale linear
/// ramp inferno
/// score entropy
/// zoom fit
/// note L3.H5 "copies names"
/// mark a map L3.H5 4 0
/// knock-out L3.H5
/// ```
///
/// A comment begins with `#`. Lines may be left out; what they say stays as a new explorer has it.
public struct Session: Sendable, Equatable {
  /// MODEL.
  public var model: String?
  /// The checkpoint's fingerprint.
  public var hash: String?
  /// The prompt.
  public var prompt: Recording.Prompt?
  /// Whether the tokenizer adds special tokens to it.
  public var addsSpecial = true
  /// The view that is seen.
  public var view: String?
  /// The head, query, key and score in question.
  public var arrival = Arrival()
  /// How weights become colours.
  public var scale: Scale?
  /// Which colours.
  public var ramp: Ramp?
  /// How large the map is drawn.
  public var zoom: Zoom?
  /// What was noted about heads.
  public var notes: [HeadIndex: String] = [:]
  /// Places by letter.
  public var marks: [Character: Place] = [:]
  /// Heads whose output is set to zero.
  public var knockedOut: Set<HeadIndex> = []

  /// The first line.
  public static let heading = "heed session 1"

  /// A session that says nothing.
  public init() {}

  /// What a state looks at; nil when nothing is loaded that could be opened again.
  public init?(_ state: ExplorerState) {
    guard let subject = state.run, let origin = subject.origin else { return nil }
    model = origin.address
    hash = origin.fingerprint
    prompt =
      subject.prompt.isEmpty ? .ids(subject.tokens.map(\.id)) : .text(subject.prompt)
    addsSpecial = subject.hasAdded
    view = state.view
    arrival.head = state.head
    (arrival.query, arrival.key) = (state.query, state.key)
    arrival.score = state.score
    (scale, ramp, zoom) = (state.scale, state.ramp, state.zoom)
    (notes, marks, knockedOut) = (state.notes, state.marks, state.alteration.knockedOut)
  }

  /// Brings a state to where the session was; head, query, key and score follow with the first run.
  public func apply(to state: inout ExplorerState) {
    if let view { state.views = [view] }
    if let scale { state.scale = scale }
    if let ramp { state.ramp = ramp }
    if let zoom { state.zoom = zoom }
    state.arrival = arrival
    (state.notes, state.marks) = (notes, marks)
    state.alteration.knockedOut = knockedOut
  }

  /// Checks that a model is the one that the session was saved for.
  ///
  /// - Throws: `RecordingError.otherModel`.
  public func check(_ origin: Origin, file: String) throws(RecordingError) {
    guard let hash, hash != origin.fingerprint else { return }
    throw .otherModel(file: file, model: origin.address, saved: hash, found: origin.fingerprint)
  }
}

extension Session {
  /// The file.
  public var text: String {
    var lines = [Self.heading]
    func add(_ word: String, _ value: String?) { if let value { lines.append("\(word) \(value)") } }
    add("open", model.map(QuotedText.written))
    add("hash", hash)
    switch prompt {
    case .text(let text)?: add("prompt", QuotedText.written(text))
    case .ids(let ids)?: add("ids", ids.map(String.init).joined(separator: ","))
    case nil: break
    }
    if !addsSpecial { add("special", "none") }
    add("view", view)
    add("head", arrival.head.map { "\($0)" })
    add("query", arrival.query.map(String.init))
    add("key", arrival.key.map(String.init))
    add("scale", scale?.rawValue)
    add("ramp", ramp?.rawValue)
    add("score", arrival.score.flatMap { $0.isEmpty ? nil : $0 })
    add("zoom", zoom.map(\.text))
    for (head, note) in notes.sorted(by: { $0.key < $1.key }) {
      add("note", "\(head) \(QuotedText.written(note))")
    }
    for (letter, place) in marks.sorted(by: { $0.key < $1.key }) {
      add("mark", "\(letter) \(place.view) \(place.head) \(place.query) \(place.key)")
    }
    for head in knockedOut.sorted() { add("knock-out", "\(head)") }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Reads a session.
  ///
  /// - Parameter file: Its name, for errors.
  public init(_ text: String, file: String) throws(RecordingError) {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let first = lines.isEmpty ? "" : lines.removeFirst()
    guard first == Self.heading else {
      if first.hasPrefix("heed session ") { throw .newer(file: file, found: first) }
      throw .noRecording(file: file, found: String(first.prefix(60)), expected: Self.heading)
    }
    for (number, line) in lines.enumerated() where !line.trimmed.isEmpty && !line.hasPrefix("#") {
      let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
      guard let word = parts.first, let known = Self.readers.first(where: { $0.word == word })
      else {
        throw .badLine(
          file: file, line: number + 2, found: String(line.prefix(60)),
          expected: "one of " + Self.readers.map(\.word).joined(separator: ", "))
      }
      guard known.read(&self, parts.count > 1 ? parts[1].trimmed : "") else {
        throw .badLine(
          file: file, line: number + 2, found: String(line.prefix(60)),
          expected: "\(word) \(known.expected)")
      }
    }
  }

  private typealias Reader = (
    word: String, expected: String, read: @Sendable (inout Session, String) -> Bool
  )

  private static let readers: [Reader] = [
    ("open", "and a model in quotes", { set(&$0.model, QuotedText.read($1)) }),
    ("hash", "and sixteen digits", { set(&$0.hash, $1.count == 16 ? $1 : nil) }),
    ("prompt", "and a text in quotes", { set(&$0.prompt, QuotedText.read($1).map { .text($0) }) }),
    (
      "ids", "and numbers with commas",
      { session, text in
        let ids = text.split(separator: ",").map { Int($0) }
        return set(&session.prompt, ids.contains(nil) ? nil : .ids(ids.compactMap { $0 }))
      }
    ),
    (
      "special", "none",
      { session, text in
        session.addsSpecial = false
        return text == "none"
      }
    ),
    (
      "view", "and one of " + ExplorerViews.all.map { $0.name }.joined(separator: ", "),
      { session, text in
        set(&session.view, ExplorerViews.all.contains { $0.name == text } ? text : nil)
      }
    ),
    ("head", "and a head such as L3.H5", { set(&$0.arrival.head, HeadIndex($1)) }),
    ("query", "and a number", { set(&$0.arrival.query, Int($1)) }),
    ("key", "and a number", { set(&$0.arrival.key, Int($1)) }),
    ("scale", "and one of " + names(Scale.allCases), { set(&$0.scale, Scale(rawValue: $1)) }),
    ("ramp", "and one of " + names(Ramp.allCases), { set(&$0.ramp, Ramp(rawValue: $1)) }),
    ("score", "and a score's name", { set(&$0.arrival.score, $1.isEmpty ? nil : $1) }),
    ("zoom", "and fit, 3 or 1/4", { set(&$0.zoom, Zoom($1)) }),
    (
      "note", "and a head and a text in quotes",
      { session, text in
        let parts = text.split(separator: " ", maxSplits: 1).map(String.init)
        guard parts.count == 2, let head = HeadIndex(parts[0]) else { return false }
        return set(&session.notes[head], QuotedText.read(parts[1]))
      }
    ),
    (
      "knock-out", "and a head such as L3.H5",
      { session, text in
        guard let head = HeadIndex(text) else { return false }
        session.knockedOut.insert(head)
        return true
      }
    ),
    (
      "mark", "and a letter, a view, a head, a query and a key",
      { session, text in
        let parts = text.split(separator: " ").map(String.init)
        guard parts.count == 5, parts[0].count == 1, let letter = parts[0].first,
          ExplorerViews.all.contains(where: { $0.name == parts[1] }),
          let head = HeadIndex(parts[2]), let query = Int(parts[3]), let key = Int(parts[4])
        else { return false }
        session.marks[letter] = Place(view: parts[1], head: head, query: query, key: key)
        return true
      }
    ),
  ]

  private static func names(_ cases: [some RawRepresentable<String>]) -> String {
    cases.map(\.rawValue).joined(separator: ", ")
  }

  private static func set<Value>(_ place: inout Value?, _ value: Value?) -> Bool {
    place = value
    return value != nil
  }
}

extension Zoom {
  /// `fit`, `3` columns for a weight, or `1/4` of one.
  var text: String {
    switch self {
    case .fit: "fit"
    case .cells(let count): "\(count)"
    case .pooled(let count): "1/\(count)"
    }
  }

  /// The step that a text means; nil for none.
  init?(_ text: String) {
    let known = [Zoom.fit] + Zoom.steps
    guard let zoom = known.first(where: { $0.text == text }) else { return nil }
    self = zoom
  }
}
