import Models

/// What a view draws from: the state, the output it is drawn for, and the tiles computed so far.
public struct Drawing {
  /// What is to be seen.
  public let state: ExplorerState
  /// What the output can show.
  public let appearance: Appearance
  /// Where tiles of maps come from.
  public let tiles: TileCache
  /// Columns that the exact text of a token may take.
  var tokenColumns = 24

  var glyphs: Glyphs { Glyphs(charset: appearance.charset) }

  /// A drawing of a state.
  public init(_ state: ExplorerState, appearance: Appearance, tiles: TileCache) {
    // Layouts are computed from the state alone, so it must know the output it is drawn for.
    var state = state
    state.appearance = appearance
    self.state = state
    self.appearance = appearance
    self.tiles = tiles
  }

  /// A token as a view shows it.
  func shown(_ position: Int, of subject: Subject) -> String {
    TokenText.shown(subject.bytes(position), charset: appearance.charset)
  }

  /// A key as a view shows it.
  func shownKey(_ position: Int, of subject: Subject) -> String {
    TokenText.shown(subject.keyBytes(position), charset: appearance.charset)
  }

  /// `12 " the"`: a query's number and exact text, cut to fit a line, and the named parts it lies in.
  func exact(_ position: Int, of subject: Subject) -> String {
    exact(position, subject.bytes(position), subject.querySpans)
  }

  /// The same of a key.
  func exactKey(_ position: Int, of subject: Subject) -> String {
    exact(position, subject.keyBytes(position), subject.keySpans)
  }

  private func exact(_ position: Int, _ bytes: [UInt8], _ spans: [PromptSpan]) -> String {
    let text = TokenText.exact(bytes, charset: appearance.charset)
    // Words are numbered otherwise than the tokens of a span.
    let names = state.lens.hasWords ? [] : spans.filter { $0.tokens.contains(position) }.map(\.name)
    let shown =
      "\(position) \(TokenText.cut(text, columns: tokenColumns, charset: appearance.charset))"
    guard !names.isEmpty else { return shown }
    return shown + " [\(cut(clean(names.joined(separator: " ")), min(16, tokenColumns)))]"
  }

  /// A text of the user's with everything that cannot be seen made visible.
  func clean(_ text: String) -> String {
    TokenText.shown(Array(text.utf8), charset: appearance.charset)
  }

  /// What the lens does, and how much of the chosen query's attention it hides.
  var lensNotes: [Legend.Note] {
    var notes = state.lens.notes
    if state.lens.isValueWeighted, state.valueNorms == nil { notes.append("lengths not known yet") }
    if let hidden = state.hiddenMass(state.head, query: state.query) {
      let share = "hidden \(hidden.fixed(2))"
      notes.append(.init("\(share) of query \(state.query)", short: share))
    }
    return notes
  }

  func cut(_ text: String, _ columns: Int) -> String {
    TokenText.cut(text, columns: columns, charset: appearance.charset)
  }

  /// What the query gives to every key, in the chosen head.
  func row(_ subject: Subject) -> [Float] {
    tiles.tile(
      subject, sight: .init(state.sight), head: state.head, rows: state.query..<(state.query + 1),
      columns: 0..<subject.patterns.keyCount, pool: 1
    ).values
  }

  /// One weight, of the chosen head unless another is named.
  func weight(
    _ subject: Subject, query: Int, key: Int, head: HeadIndex? = nil, side: Int = 0
  ) -> Float {
    tiles.tile(
      subject, sight: .init(state.sight, side), head: head ?? state.head,
      rows: query..<(query + 1), columns: key..<(key + 1), pool: 1
    ).values.first ?? .nan
  }
}
