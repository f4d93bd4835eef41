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
    let lens = state.lens.notes.map(\.text)
    if !lens.isEmpty { facts.append(("lens", lens.joined(separator: ", "))) }
    facts.append(("scale", "\(state.scale.rawValue), \(state.ramp.rawValue)"))
    if state.blocks != .maximum { facts.append(("blocks", state.blocks.rawValue)) }
    if let score = state.scoreTable {
      let title = score.command == nil ? "" : ", \(score.title)"
      facts.append(("score", "\(score.name) [\(score.unit)]\(title)"))
    }
    if let second = state.secondScore { facts.append(("second score", second)) }
    if let filter = state.filter { facts.append(("filter", exact(filter.text))) }
    if !state.selected.isEmpty {
      facts.append(("selected", ExplorerState.names(state.selected)))
    }
    if state.anchor != nil {
      let region = state.region
      facts.append(
        ("region", "queries \(region.queries.positions), keys \(region.keys.positions)"))
    }
    for (head, note) in state.notes.sorted(by: { $0.key < $1.key }) {
      facts.append(("note \(head)", exact(note)))
    }
    if let line = Reopening.line(state, view: view) { facts.append(("open", shown(line))) }
    lines = facts.map { .init(label: $0.0, text: $0.1) }
  }
}
