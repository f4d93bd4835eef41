/// The model's plan, its memory, and whether its maps can be trusted.
enum ModelView: ExplorerView {
  /// `model`.
  static let name = "model"
  /// The tab's name.
  static let title = "Model"
  /// What it shows.
  static let help = "The model, and checks of its maps"

  private static func lines(_ state: ExplorerState) -> [(String, String, Role)] {
    guard let subject = state.subject else { return [] }
    var lines: [(String, String, Role)] = [("Model", subject.model, .title)]
    if let report = state.modelReport {
      lines += report.plan.map { ($0.name, $0.value, .plain) }
      lines.append(("", "", .plain))
      lines.append(("Trust", "what was checked in this run's maps", .title))
      lines += report.checks.map { check in
        let mark = check.isFine ? "ok" : "LOOK"
        return (check.name, "\(mark)  \(check.value)", check.isFine ? .plain : .warning)
      }
    } else {
      lines += subject.details.map { ("", $0, .plain) }
      let why = state.answers.refusal(state.ask(.model))
      lines.append(("", why ?? "checking the maps", why == nil ? .dimmed : .error))
    }
    return lines
  }

  static func draw(_ drawing: Drawing, on canvas: inout Canvas, in region: Region) {
    guard drawing.state.subject != nil else { return drawing.drawMessage(on: &canvas, in: region) }
    let names = region.width >= 40 ? 18 : 0
    let lines = lines(drawing.state)
    let top = drawing.state.helpTop.clamped(to: 0...max(0, lines.count - region.height))
    for (row, line) in lines.dropFirst(top).prefix(region.height).enumerated() {
      let y = region.y + row
      if names > 0 {
        canvas.write(
          line.0, x: region.x, y: y, in: region, role: line.2 == .title ? .title : .label)
      }
      let text = TokenText.shown(Array(line.1.utf8), charset: drawing.appearance.charset)
      canvas.write(
        drawing.cut(text, region.width - names), x: region.x + names, y: y, in: region,
        role: line.2 == .title ? .dimmed : line.2)
    }
  }

  static func status(_ drawing: Drawing) -> String {
    guard let report = drawing.state.modelReport else { return "" }
    let failed = report.checks.filter { !$0.isFine }
    guard failed.isEmpty else { return "\(failed.count) checks want a look" }
    return "\(report.checks.count) checks passed"
  }

  static func move(_ motion: Motion, _ state: inout ExplorerState, in region: Region) {
    state.scroll(motion, lines: lines(state).count, in: region)
  }

  static func questions(_ state: ExplorerState) -> [Question] { [state.ask(.model)] }
}
