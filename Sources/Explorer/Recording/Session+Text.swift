import Models

extension Session {
  /// The file.
  public var text: String { ([Self.heading] + lines).joined(separator: "\n") + "\n" }

  /// The lines after the heading.
  var lines: [String] {
    var lines: [String] = []
    func add(_ word: String, _ value: String?) { if let value { lines.append("\(word) \(value)") } }
    add("open", model.map(QuotedText.written))
    add("hash", hash)
    for option in options { add("option", "\(option.name) \(QuotedText.written(option.value))") }
    switch prompt {
    case .text(let text)?: add("prompt", QuotedText.written(text))
    case .ids(let ids)?: add("ids", ids.map(String.init).joined(separator: ","))
    case nil: break
    }
    if !addsSpecial { add("special", "none") }
    for span in spans {
      let (start, end) = (span.tokens.lowerBound, span.tokens.upperBound)
      add("span", "\(QuotedText.written(span.name)) \(start) \(end)")
    }
    add("stream", stream?.rawValue)
    add("view", view)
    add("head", arrival.head.map { "\($0)" })
    add("query", arrival.query.map(String.init))
    add("key", arrival.key.map(String.init))
    add("scale", scale?.rawValue)
    add("ramp", ramp?.rawValue)
    add("score", arrival.score.flatMap { $0.isEmpty ? nil : $0 })
    add("zoom", zoom.map(\.text))
    add("lens", lens.text.isEmpty ? nil : lens.text)
    for (head, note) in notes.sorted(by: { $0.key < $1.key }) {
      add("note", "\(head) \(QuotedText.written(note))")
    }
    for (letter, place) in marks.sorted(by: { $0.key < $1.key }) {
      add("mark", "\(letter) \(place.view) \(place.head) \(place.query) \(place.key)")
    }
    add("knock-out", arrival.without)
    for rule in arrival.rules {
      add("rule", "\(rule.spec)" + (rule.heads.map { " \($0)" } ?? ""))
    }
    add("reach", arrival.reach?.rawValue)
    for (key, command) in ownKeys.sorted(by: { $0.key.label < $1.key.label }) {
      add("map", "\(key.label) \(QuotedText.written(command))")
    }
    for command in arrival.commands { add("do", QuotedText.written(command)) }
    return lines
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
      guard let expected = read(line) else { continue }
      throw .badLine(
        file: file, line: number + 2, found: String(line.prefix(60)), expected: expected)
    }
  }

  /// Takes a line.
  ///
  /// - Returns: What it should have been; nil where it was read.
  mutating func read(_ line: String) -> String? {
    let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
    guard let word = parts.first, let known = Self.readers.first(where: { $0.word == word })
    else { return "one of " + Self.words.joined(separator: ", ") }
    return known.read(&self, parts.count > 1 ? parts[1].trimmed : "")
      ? nil : "\(word) \(known.expected)"
  }

  /// What lines begin with.
  static var words: [String] { readers.map(\.word) }

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
      "knock-out", "and heads such as L3.H5,L4 or, of another part, encoder:L3.H5",
      { session, text in
        guard let heads = heads(text.split(separator: " ")) else { return false }
        session.arrival.without = [session.arrival.without, heads].compactMap { $0 }
          .joined(separator: ",")
        return true
      }
    ),
    (
      "rule", "and a rule and its heads, such as streaming:sink=4 L3.H5,L4",
      { session, text in
        let parts = text.split(separator: " ")
        guard let spec = parts.first.flatMap({ try? RuleSpec(parsing: String($0)) }) else {
          return false
        }
        guard parts.count > 1 else {
          session.arrival.rules.append(.init(spec: spec, heads: nil))
          return true
        }
        guard let heads = heads(parts.dropFirst()) else { return false }
        session.arrival.rules.append(.init(spec: spec, heads: heads))
        return true
      }
    ),
    (
      "reach", "and one of " + names(RuleReach.allCases),
      { set(&$0.arrival.reach, RuleReach(rawValue: $1)) }
    ),
    (
      "map", "and a key and a command in quotes",
      { session, text in
        let parts = text.split(separator: " ", maxSplits: 1).map(String.init)
        guard parts.count == 2, let key = Key(recorded: parts[0]) else { return false }
        return set(&session.ownKeys[key], QuotedText.read(parts[1]))
      }
    ),
    (
      "option", "and its name and its value in quotes",
      { session, text in
        let parts = text.split(separator: " ", maxSplits: 1).map(String.init)
        guard parts.count == 2, let value = QuotedText.read(parts[1]) else { return false }
        session.options.append(.init(parts[0], value))
        return true
      }
    ),
    (
      "span", "and a name in quotes, its first token and the one after its last",
      { session, text in
        let parts = text.split(separator: " ").map(String.init)
        guard parts.count >= 3, let start = Int(parts[parts.count - 2]),
          let end = Int(parts[parts.count - 1]), 0 <= start, start < end,
          let name = QuotedText.read(parts.dropLast(2).joined(separator: " "))
        else { return false }
        session.spans.append(PromptSpan(name: name, tokens: start..<end))
        return true
      }
    ),
    (
      "stream", "and one of " + names(StreamName.allCases),
      { set(&$0.stream, StreamName(rawValue: $1)) }
    ),
    (
      "lens", "and " + Lens.expected,
      { session, text in
        guard let lens = Lens(text) else { return false }
        session.lens = lens
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
    (
      "do", "and a command in quotes",
      { session, text in
        guard let command = QuotedText.read(text) else { return false }
        session.arrival.commands.append(command)
        return true
      }
    ),
  ]

  /// Heads or layers such as `L3` or `encoder:L3.H5`, in a row as options take them; nil when one is neither.
  private static func heads(_ words: some Sequence<Substring>) -> String? {
    let list = words.joined(separator: ",")
    let read = try? StreamHeads(list, in: .decoder) { word, _ in
      guard let head = HeadIndex(word) ?? HeadIndex("\(word).0") else {
        throw ModelError.headListUnreadable(word)
      }
      return [head]
    }
    return read == nil ? nil : list
  }

  private static func names(_ cases: [some RawRepresentable<String>]) -> String {
    cases.map(\.rawValue).joined(separator: ", ")
  }

  private static func set<Value>(_ place: inout Value?, _ value: Value?) -> Bool {
    place = value
    return value != nil
  }
}
