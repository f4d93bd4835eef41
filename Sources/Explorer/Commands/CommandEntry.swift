/// The `:` line while it is being typed.
public struct CommandEntry: Sendable, Equatable {
  /// Something that completes the line.
  struct Offer: Equatable {
    /// What is shown.
    let text: String
    /// What it does.
    let help: String
    /// The whole line once it is taken.
    let line: String
  }

  /// The line.
  var editor = LineEditor()
  /// What was typed before Tab began to go through the offers.
  var typed = ""
  /// The offer that Tab took; nil before Tab.
  var chosen: Int?
  /// The place in the history that is recalled; nil for a new line.
  var recalled: Int?

  /// What would complete the line that was typed.
  func offers(_ state: ExplorerState) -> [Offer] {
    let line = chosen == nil ? editor.text : typed
    guard let space = line.firstIndex(of: " ") else {
      let commands = Commands.all.filter { $0.name.hasPrefix(line) }.map {
        Offer(text: $0.syntax, help: $0.help, line: $0.argument == nil ? $0.name : $0.name + " ")
      }
      let views = ExplorerViews.all.filter {
        $0.name.hasPrefix(line) && Commands.opensView($0.name)
      }
      return commands + views.map { Offer(text: $0.name, help: $0.help, line: $0.name) }
    }
    let name = String(line[..<space])
    let start = String(line[line.index(after: space)...]).trimmed
    guard let command = Commands.all.first(where: { $0.name == name }) else { return [] }
    return command.candidates(state).filter { $0.hasPrefix(start) }.map {
      Offer(text: $0, help: "", line: "\(name) \($0)")
    }
  }

  /// Takes the next offer.
  mutating func complete(_ state: ExplorerState, by step: Int) {
    if chosen == nil { typed = editor.text }
    let offers = offers(state)
    guard !offers.isEmpty else { return }
    let start = chosen ?? (step > 0 ? -1 : offers.count)
    let next = (start + step + offers.count) % offers.count
    editor = LineEditor(offers[next].line)
    // One offer is taken for good, so that Tab goes on with the argument.
    chosen = offers.count == 1 ? nil : next
  }

  /// Recalls a line of the history.
  mutating func recall(_ history: [String], by step: Int) {
    guard !history.isEmpty else { return }
    let place = (recalled ?? history.count) + step
    chosen = nil
    guard place < history.count else {
      (recalled, editor) = (nil, LineEditor())
      return
    }
    recalled = max(0, place)
    editor = LineEditor(history[max(0, place)])
  }
}
