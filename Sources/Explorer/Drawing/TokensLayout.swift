/// The prompt's tokens laid out as running text.
struct TokensLayout {
  /// One token: its row in the text, its column, and what is written.
  struct Place {
    let row, x, width: Int
    let text: String
  }

  /// One place per key.
  let places: [Place]
  /// Rows of the whole text.
  let rowCount: Int
  /// Screen rows per row of text: two where a mark below the query has room, and without colours,
  /// when ink below the text says what colours would.
  let pitch: Int
  /// The first row that is seen.
  let top: Int
  /// The text, the strongest keys and the legend.
  let text, list, legend: Region

  init(_ subject: Subject, _ state: ExplorerState, in region: Region) {
    let (legend, body) = region.bottom(region.height > 3 ? 1 : 0)
    let listed = region.height >= 16 ? 7 : region.height >= 10 ? 4 : 0
    let text = body.bottom(listed).rest
    self.legend = legend
    let charset = state.appearance.charset
    var (row, x) = (0, 0)
    var places: [Place] = []
    places.reserveCapacity(subject.patterns.keyCount)
    let running = RunningText(like: subject.asked?.tokens ?? subject.keyTokens)
    let tokens = subject.keyTokens
    // Patches and seconds are names, not spellings.
    let isNamed = subject.keyPrompt.map { $0.media != nil && $0.text == nil } ?? false
    for key in 0..<subject.patterns.keyCount {
      let bytes = subject.keyBytes(key)
      let prose =
        tokens.indices.contains(key)
        ? (isNamed && key > 0 ? " " : "")
          + running.shown(tokens[key], after: key > 0 ? tokens[key - 1] : nil, charset: charset)
        : ""
      let written = TokenText.cut(prose, columns: max(1, text.width), charset: charset)
      let width = ColumnWidth.of(written)
      if x > 0, x + width > text.width { (row, x) = (row + 1, 0) }
      places.append(Place(row: row, x: x, width: width, text: written))
      x += width
      if bytes.contains(0x0A) { (row, x) = (row + 1, 0) }
    }
    self.places = places
    rowCount = row + 1
    let isMono = state.appearance.depth == .mono
    pitch = text.height >= 2 && (isMono || rowCount * 2 <= text.height) ? 2 : 1
    // A short text leaves its room to the list below it.
    (self.text, list) = body.top(min(text.height, rowCount * pitch))
    let visible = max(1, self.text.height / pitch)
    let focus = subject.isCross ? state.key : state.query
    let chosen = places.indices.contains(focus) ? places[focus].row : 0
    top = (chosen - visible / 2).clamped(to: 0...max(0, rowCount - visible))
  }

  /// A token inside running text: the space before a word is a space there.
  static func prose(_ bytes: [UInt8], _ charset: Charset) -> String {
    let text = TokenText.shown(bytes, charset: charset)
    guard bytes.first == 0x20, let second = bytes.dropFirst().first, second > 0x20 else {
      return text
    }
    return " " + text.unicodeScalars.dropFirst().map(String.init).joined()
  }

  /// The screen row of a row of text; nil when it is not seen.
  func y(_ row: Int) -> Int? {
    let y = text.y + (row - top) * pitch
    return row >= top && y < text.y + text.height ? y : nil
  }

  /// The token at a cell.
  func token(atX x: Int, y: Int) -> Int? {
    guard text.contains(x, y) else { return nil }
    let row = top + (y - text.y) / pitch
    return places.firstIndex { $0.row == row && (text.x + $0.x..<text.x + $0.x + $0.width) ~= x }
  }

  /// The token of a row that is nearest to a column.
  func nearest(row: Int, x: Int) -> Int? {
    places.indices.filter { places[$0].row == row }
      .min { abs(places[$0].x - x) < abs(places[$1].x - x) }
  }
}
