/// A plot's area, values upwards.
struct Plot {
  /// Where points lie.
  let area: Region
  /// The values at the lowest and the highest row.
  let span: ClosedRange<Double>

  /// The row of a value; nil for an undefined one.
  func y(_ value: Double) -> Int? {
    let width = span.upperBound - span.lowerBound
    guard !value.isNaN, area.height > 0 else { return nil }
    let share = width > 0 ? ((value - span.lowerBound) / width).clamped(to: 0...1) : 0
    return area.y + area.height - 1 - Int((share * Double(area.height - 1)).rounded())
  }
}

extension Drawing {
  /// The values at the bottom, the middle and the top of a plot, right-aligned before it.
  func drawValues(of plot: Plot, on canvas: inout Canvas, in labels: Region) {
    let height = plot.area.height
    for row in Set([0, height / 2, height - 1]) where row >= 0 && row < height {
      let share = 1 - Double(row) / Double(max(1, height - 1))
      let value = plot.span.lowerBound + share * (plot.span.upperBound - plot.span.lowerBound)
      canvas.writeRight(
        value.visible(3) + glyphs.rule, y: plot.area.y + row, in: labels, role: .label)
    }
  }
}
