/// A sample of the colour ramp with the values at its ends; no heat map is drawn without one.
struct Legend {
  /// What is measured.
  let title: String
  /// The values at the dark and at the light end.
  let low, high: String
  /// Unit, scale, pooling: whatever it takes to read a colour as a number.
  let note: String
  /// Whether the values are signed.
  var isSigned = false

  func draw(on canvas: inout Canvas, in region: Region) {
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
    canvas.write("  \(note)", x: x, y: y, in: region, role: .dimmed)
  }
}
