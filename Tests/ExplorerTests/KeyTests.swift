import Foundation
import Models
import Testing

@testable import Explorer

/// What every key of the table does, as text: the lines of the screen that it changes, and what it asks for.
@Suite struct KeyTests {
  /// A place where a key has something to do: a head in the middle, a map with room on every side.
  private func place(_ view: String) -> ExplorerState {
    var state = ExplorerState(.synthetic())
    _ = update(&state, .goto(HeadIndex(layer: 1, head: 2)))
    if view != state.view { _ = update(&state, .show(view)) }
    _ = update(&state, .point(query: 12, key: 5))
    // Marks, places and edits to go back to.
    state.marks["a"] = Place(view: "map", head: HeadIndex(layer: 3, head: 0), query: 4, key: 2)
    state.prompts = ["an earlier prompt", state.prompt, "a later prompt"]
    state.sought = "cat"
    return state.answered()
  }

  private func lines(_ state: ExplorerState) -> [Substring] {
    state.text(80, 24).split(separator: "\n", omittingEmptySubsequences: false)
  }

  @Test func `every key changes the screen as recorded`() throws {
    for command in Commands.all where !command.keys.isEmpty {
      let view = command.views.first ?? "atlas"
      var text = ""
      for key in command.keys {
        var state = place(view)
        let before = lines(state)
        let effects = state.press(key)
        text += "\(key.label) in \(view): \(command.help)\n"
        for effect in effects { text += "  asks: \("\(effect)".prefix { $0 != "(" })\n" }
        for (row, line) in lines(state).enumerated() where line != before[row] {
          text += "\(row < 10 ? " " : "")\(row) \(line)\n"
        }
        text += "\n"
      }
      try expectGolden(text, "keys/\(command.name)")
    }
  }

  /// Moving means something else in every view: where each movement leads is what the title and the status say.
  @Test(arguments: ExplorerViews.all.map { $0.name })
  func `every movement leads where it is recorded to lead, in every view`(view: String) throws {
    var text = ""
    for command in Commands.move where !command.keys.isEmpty {
      guard let key = command.keys.first, command.works(in: view) else { continue }
      var state = place(view)
      state.press(key)
      let lines = lines(state.answered())
      let title = lines.first.map { $0.split(separator: "  ").suffix(2).joined(separator: "  ") }
      text += "\(key.label)  \(command.name): \(title ?? "")\n   \(lines[22])\n"
    }
    try expectGolden(text, "moves/\(view)")
  }

  /// A key that does nothing says where it does something; only Esc with nowhere to go back to is silent.
  @Test(arguments: ExplorerViews.all.map { $0.name }, [false, true])
  func `no key is silent in any view`(view: String, isChanged: Bool) {
    for key in Set(Commands.all.flatMap(\.keys)) where key != .escape || view != "atlas" {
      var state = place(view)
      if isChanged {
        state.knockOut([HeadIndex(layer: 1, head: 2)])
        state = state.answered()
      }
      let before = lines(state)
      let effects = state.press(key)
      #expect(
        !effects.isEmpty || lines(state.answered()) != before,
        "\(key.label) in \(view)\(isChanged ? ", a head out" : "")")
    }
  }
}
