/// A sample of the colour ramp with the values at its ends; no heat map is drawn without one.
struct Legend {
  /// One thing that it takes to read a colour as a number: unit, scale, pooling, a lens.
  struct Note: Equatable, ExpressibleByStringLiteral {
    /// In full.
    let text: String
    /// Where there is no room for all notes in full; empty for one that can be done without.
    let short: String

    init(_ text: String, short: String? = nil) { (self.text, self.short) = (text, short ?? text) }

    init(stringLiteral text: String) { self.init(text) }
  }

  /// What is measured.
  let title: String
  /// The values at the dark and at the light end.
  let low, high: String
  /// Whatever it takes to read a colour as a number.
  var notes: [Note] = []
  /// Whether the values are signed.
  var isSigned = false

  func draw(_ drawing: Drawing, on canvas: inout Canvas, in region: Region) {
    guard region.height > 0 else { return }
    let y = region.y
    var x = canvas.write("\(title) ", x: region.x, y: y, in: region, role: .label)
    x = canvas.write("\(low) ", x: x, y: y, in: region)
    let steps = region.width >= 100 ? 20 : 10
    for step in 0..<steps where region.contains(x + step, y) {
      let share = Float(step) / Float(steps - 1)
      canvas.put(
        Cell(shade: isSigned ? .signed(share * 2 - 1) : .level(share)), x: x + step, y: y)
    }
    x = canvas.write(" \(high)", x: x + steps, y: y, in: region)
    let room = region.x + region.width - x - 2
    canvas.write("  \(Self.note(drawing, notes, room))", x: x, y: y, in: region, role: .dimmed)
  }

  /// The notes in full, or short, or as much of them as there is room for.
  static func note(_ drawing: Drawing, _ notes: [Note], _ columns: Int) -> String {
    func joined(_ notes: [String]) -> String {
      notes.filter { !$0.isEmpty }.joined(separator: ", ")
    }
    let full = joined(notes.map(\.text))
    guard ColumnWidth.of(full) > columns else { return full }
    return drawing.cut(joined(notes.map(\.short)), columns)
  }
}
