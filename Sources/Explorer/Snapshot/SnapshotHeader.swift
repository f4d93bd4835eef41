import Models

/// What a saved picture says about itself, the same in every format: enough to know what was seen and
/// to see it again.
public struct SnapshotHeader: Sendable, Equatable {
  /// One fact.
  public struct Line: Sendable, Equatable {
    /// A word.
    public let label: String
    /// What it is here; one line, with everything that cannot be seen as an escape.
    public let text: String
  }

  /// A heading for people: `heed 0.1.0: map of L2.H6, novels`.
  public let title: String
  /// The facts, in the order in which they are written.
  public let lines: [Line]

  /// Says what a view shows of a state.
  ///
  /// Nothing in it depends on the time, the machine or the size of the picture.
  public init(_ state: ExplorerState, view: String, charset: Charset) {
    func exact(_ text: String) -> String { TokenText.exact(Array(text.utf8), charset: charset) }
    func shown(_ text: String) -> String { TokenText.shown(Array(text.utf8), charset: charset) }
    guard let subject = state.subject else {
      title = "heed \(Release.version): \(view)"
      lines = [.init(label: "view", text: view)]
      return
    }
    title = "heed \(Release.version): \(view) of \(state.head), \(shown(subject.model))"
    var facts = [("view", view), ("model", shown(subject.origin?.address ?? subject.model))]
    if let hash = subject.origin?.fingerprint, !hash.isEmpty { facts.append(("hash", hash)) }
    for option in subject.origin?.options ?? [] { facts.append((option.name, exact(option.value))) }
    if !subject.isMapsOnly {
      facts.append(("prompt", exact(subject.prompt)))
      // Of the run: what is seen may be words.
      let ids = subject.asked?.ids ?? (state.run ?? subject).tokens.map(\.id)
      facts.append(("ids", ids.map { "\($0)" }.joined(separator: ",")))
    }
    for span in subject.asked?.spans ?? [] {
      let last = span.tokens.upperBound - 1
      facts.append(("part \(shown(span.name))", "tokens \(span.tokens.lowerBound) to \(last)"))
    }
    if subject.streams.count > 1 { facts.append(("stream", subject.stream.rawValue)) }
    facts.append(("head", "\(state.head)"))
    for (label, position, bytes) in [
      ("query", state.query, subject.bytes(state.query)),
      ("key", state.key, subject.keyBytes(state.key)),
    ] {
      facts.append((label, "\(position) \(TokenText.exact(bytes, charset: charset))"))
    }
    facts.append(("rule", state.alteration.text.map(shown) ?? "the model's own"))
    let lens = state.lens.notes
    if !lens.isEmpty { facts.append(("lens", lens.joined(separator: ", "))) }
    facts.append(("scale", "\(state.scale.rawValue), \(state.ramp.rawValue)"))
    if let score = state.scoreTable { facts.append(("score", "\(score.name) [\(score.unit)]")) }
    for (head, note) in state.notes.sorted(by: { $0.key < $1.key }) {
      facts.append(("note \(head)", exact(note)))
    }
    if let line = Reopening.line(state, view: view) { facts.append(("open", shown(line))) }
    lines = facts.map { .init(label: $0.0, text: $0.1) }
  }
}

/// The command line that shows a state again.
public enum Reopening {
  /// `heed sample:novels --text 'to be' --view map …`; nil when nothing names the model.
  public static func line(_ state: ExplorerState, view: String) -> String? {
    guard let subject = state.subject, let origin = subject.origin else { return nil }
    var words = ["heed", quoted(origin.address)]
    for option in origin.options { words += ["--\(option.name)", quoted(option.value)] }
    switch subject.askedPrompt {
    // Controls would not survive a shell's line.
    case .text(let text)? where text.unicodeScalars.allSatisfy(isPlain):
      words += ["--text", quoted(text)] + (subject.hasAdded ? [] : ["--no-special"])
    case nil: break
    case .text?, .ids?:
      let ids = subject.asked?.ids ?? (state.run ?? subject).tokens.map(\.id)
      words += ["--ids", ids.map { "\($0)" }.joined(separator: ",")]
    }
    for span in subject.askedSpans {
      let (start, end) = (span.tokens.lowerBound, span.tokens.upperBound)
      words += ["--span", quoted("\(span.name)=\(start)..\(end)")]
    }
    if subject.streams.count > 1 { words += ["--stream", subject.stream.rawValue] }
    words += ["--view", view, "--layer", "\(state.head.layer)", "--head", "\(state.head.head)"]
    words += ["--query", "\(state.query)", "--key", "\(state.key)"]
    words += ["--scale", state.scale.rawValue, "--theme", state.ramp.rawValue]
    if state.zoom != .fit { words += ["--zoom", state.zoom.text] }
    if !state.lens.text.isEmpty { words += ["--lens", quoted(state.lens.text)] }
    if let score = state.scoreTable { words += ["--score", quoted(score.name)] }
    return (words + changes(state.alteration, in: state.subject?.stream ?? .decoder)).joined(
      separator: " ")
  }

  /// What is changed about the model.
  private static func changes(_ alteration: Alteration, in stream: StreamName) -> [String] {
    func names(_ heads: [HeadIndex]) -> String {
      heads.map(\.description).joined(separator: ",")
    }
    var words: [String] = []
    // The option means heads of the part that is looked at.
    let out = alteration.knockedOut(in: stream)
    if !out.isEmpty { words += ["--without", names(out.sorted())] }
    for (rule, heads) in alteration.heads {
      words += ["--rule", quoted(rule.description), "--heads", names(heads)]
    }
    return words + (alteration.rules.isEmpty ? [] : ["--scope", alteration.reach.rawValue])
  }

  private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value >= 0x20 && scalar.value != 0x7F
  }

  /// A word for the shell.
  static func quoted(_ word: String) -> String {
    let plain =
      !word.isEmpty
      && word.unicodeScalars.allSatisfy { scalar in
        scalar.isASCII
          && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
            || "-_./:@,=+".unicodeScalars.contains(scalar))
      }
    return plain ? word : "'" + word.replacing("'", with: "'\\''") + "'"
  }
}
