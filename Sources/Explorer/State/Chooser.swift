/// A list over the view to choose from; what is typed narrows it.
public struct Chooser: Sendable, Equatable {
  /// One thing to choose.
  struct Item: Sendable, Equatable {
    /// What is shown, and what typing is compared with.
    let name: String
    /// What it is.
    let help: String
    /// The command that choosing it runs.
    let command: String
    /// Whether the command is only begun, for the user to go on.
    var isBeginning = false
  }

  /// What is chosen.
  let title: String
  let items: [Item]
  /// What has been typed to narrow the list.
  var editor = LineEditor()
  /// The place of the choice among what is shown.
  var chosen: Int

  init(title: String, items: [Item], current: String) {
    (self.title, self.items) = (title, items)
    chosen = items.firstIndex { $0.name == current } ?? 0
  }

  /// What fits what was typed: what is called so first, then what is described so.
  var shown: [Item] {
    let words = editor.text.lowercased().split(separator: " ")
    guard let first = words.first else { return items }
    let fitting = items.filter { item in
      let text = "\(item.name) \(item.help)".lowercased()
      return words.allSatisfy { text.contains($0) }
    }
    let named = fitting.filter { $0.name.lowercased().hasPrefix(first) }
    return named + fitting.filter { !$0.name.lowercased().hasPrefix(first) }
  }

  /// The choice; nil when nothing fits.
  var choice: Item? { shown.indices.contains(chosen) ? shown[chosen] : nil }

  mutating func move(_ step: Int) {
    chosen = (chosen + step).clamped(to: 0...max(0, shown.count - 1))
  }
}
