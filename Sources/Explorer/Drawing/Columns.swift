/// A table on a canvas: columns at the right edge of their numbers, rows that scroll with the cursor.
struct Columns {
  /// The rows that are seen.
  let visible: Range<Int>
  /// The first row of the list on the canvas.
  let top: Int

  /// Rows around a cursor.
  init(count: Int, cursor: Int, in region: Region) {
    let height = max(1, region.height)
    let start = (cursor - height / 2).clamped(to: 0...max(0, count - height))
    visible = start..<min(count, start + height)
    top = region.y
  }

  /// Where a row lies.
  func y(_ row: Int) -> Int { top + row - visible.lowerBound }

  /// The row at a place.
  func row(atY y: Int) -> Int? {
    let row = visible.lowerBound + y - top
    return visible.contains(row) ? row : nil
  }
}

extension Drawing {
  /// A number as wide as its column; undefined ones are a dot.
  func number(_ value: Double, _ columns: Int, decimals: Int = 4) -> String {
    padded(value.isNaN ? glyphs.undefined : value.fixed(decimals), columns)
  }

  /// A bar of a value from 0 to 1.
  func bar(_ value: Double, _ columns: Int) -> String {
    let share = value.isNaN ? 0 : value.clamped(to: 0...1)
    let filled = Int((share * Double(columns)).rounded())
    return String(repeating: glyphs.bar, count: filled)
      + String(repeating: glyphs.track, count: max(0, columns - filled))
  }

  /// A line that says that an answer is on its way, or why there is none.
  func drawWaiting(
    for questions: [Question], on canvas: inout Canvas, in region: Region
  ) {
    let refusals = questions.compactMap { state.answers.refusal($0) }
    let text = refusals.first ?? "working it out"
    let lines = message(text, columns: region.width, rows: region.height)
    for (row, line) in lines.enumerated() {
      canvas.write(
        line, x: region.x, y: region.y + row, in: region,
        role: refusals.isEmpty ? .dimmed : .error)
    }
  }
}
