import Models

extension Commands {
  static let move: [Command] = [
    Command(
      "up", keys: [.up, .character("k")], group: .move,
      hint: .init(keys: "arrows", label: "move", views: []), counted: true,
      help: "One step up", .move(.up)),
    Command(
      "down", keys: [.down, .character("j")], group: .move, counted: true, help: "One step down",
      .move(.down)),
    Command(
      "left", keys: [.left, .character("h")], group: .move, counted: true, help: "One step left",
      .move(.left)),
    Command(
      "right", keys: [.right, .character("l")], group: .move, counted: true, help: "One step right",
      .move(.right)),
    Command(
      "page-up", keys: [.pageUp, .control("u"), .character("K"), .shiftUp], group: .move,
      counted: true, help: "Half a window up", .move(.pageUp)),
    Command(
      "page-down", keys: [.pageDown, .control("d"), .character("J"), .shiftDown], group: .move,
      counted: true, help: "Half a window down", .move(.pageDown)),
    Command(
      "page-left", keys: [.character("H"), .shiftLeft], group: .move,
      counted: true, help: "Half a window to the left", .move(.pageLeft)),
    Command(
      "page-right", keys: [.character("L"), .shiftRight], group: .move,
      counted: true, help: "Half a window to the right", .move(.pageRight)),
    Command(
      "first-row", keys: [.character("g")], group: .move,
      help: "First row, or row N after a number",
      action: { _, state throws(ExplorerError) in row(state) ?? .move(.firstRow) }),
    Command(
      "last-row", keys: [.character("G")], group: .move, help: "Last row, or row N after a number",
      action: { _, state throws(ExplorerError) in row(state) ?? .move(.lastRow) }),
    Command(
      "first-column", keys: [.character("0"), .home], group: .move,
      hint: .init(keys: "Home", label: "strongest", views: [PredictView.name]),
      help: "First column; the strongest head",
      .move(.firstColumn)),
    Command(
      "last-column", keys: [.character("$"), .end], group: .move,
      help: "Last column, or the query's own key", .move(.lastColumn)),
    Command(
      "query", "N", group: .move, help: "Go to query N",
      action: { text, state throws(ExplorerError) in
        .query(try number(text, "query", below: state.subject?.patterns.queryCount))
      }),
    Command(
      "key", "N", group: .move, help: "Go to key N",
      action: { text, state throws(ExplorerError) in
        .selectKey(try number(text, "key", below: state.subject?.patterns.keyCount))
      }),
  ]

  /// The row that the number before a command names: a query, or a layer where heads are rows.
  private static func row(_ state: ExplorerState) -> Action? {
    guard let count = state.count else { return nil }
    let hasQueries = [MapView.name, TokensView.name, NeuronView.name].contains(state.view)
    return hasQueries ? .query(count) : .goto(HeadIndex(layer: count, head: state.head.head))
  }

  /// In the atlas the arrows do what these keys do elsewhere.
  private static let seen = [MapView.name, TokensView.name, NeuronView.name]

  static let head: [Command] = [
    Command(
      "previous-layer", keys: [.character("[")], group: .head,
      hint: .init(keys: "[ ]", label: "layer", views: seen),
      counted: true, help: "The same head, one layer earlier", .step(layers: -1, heads: 0)),
    Command(
      "next-layer", keys: [.character("]")], group: .head,
      counted: true, help: "The same head, one layer later", .step(layers: 1, heads: 0)),
    Command(
      "previous-head", keys: [.character("{")], group: .head,
      hint: .init(keys: "{ }", label: "head", views: seen),
      counted: true, help: "The head before", .step(layers: 0, heads: -1)),
    Command(
      "next-head", keys: [.character("}")], group: .head, counted: true, help: "The next head",
      .step(layers: 0, heads: 1)),
    Command(
      "layer", "N", group: .head, help: "Go to layer N",
      action: { text, state throws(ExplorerError) in
        let layer = try number(text, "layer", below: state.subject?.patterns.layers)
        return .goto(HeadIndex(layer: layer, head: state.head.head))
      }),
    Command(
      "head", "N", group: .head, help: "Go to head N of this layer",
      action: { text, state throws(ExplorerError) in
        let head = try number(text, "head", below: state.subject?.patterns.heads)
        return .goto(HeadIndex(layer: state.head.layer, head: head))
      }),
    Command(
      "goto", "L3.H5", group: .head, help: "Go to a head by its name",
      action: { text, state throws(ExplorerError) in
        guard let patterns = state.subject?.patterns else { throw .nothingLoaded(command: "goto") }
        let last = HeadIndex(layer: patterns.layers - 1, head: patterns.heads - 1)
        guard let head = HeadIndex(text.trimmed), head.layer <= last.layer, head.head <= last.head
        else {
          throw .badArgument(command: "goto", found: text, expected: "a head from L0.H0 to \(last)")
        }
        return .change { state in
          state.trail.leave(state.place)
          state.head = head
          return []
        }
      }),
  ]

  /// A number from 0 to one below a count.
  static func number(
    _ text: String, _ command: String, below count: Int?
  ) throws(ExplorerError) -> Int {
    guard let count else { throw .nothingLoaded(command: command) }
    guard let value = Int(text.trimmed), (0..<count).contains(value) else {
      throw .badArgument(
        command: command, found: text, expected: "a number from 0 to \(count - 1)")
    }
    return value
  }
}

extension String {
  /// Without blanks at both ends.
  var trimmed: String {
    var text = self[...]
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}
