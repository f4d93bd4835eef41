/// One thing the explorer can do: its key, its name and its help are this one record.
///
/// It feeds key dispatch, the line of keys, the help view, `:` completion and the manual page's test.
public struct Command: Sendable {
  /// A few words in the line of keys.
  public struct Hint: Sendable {
    /// The keys as they are written there: `[ ]` for a pair.
    public let keys: String
    /// What they do.
    public let label: String
    /// Views where it is worth its room; empty for all of them.
    public let views: [String]
  }

  /// Headings of the help.
  public enum Group: String, Sendable, CaseIterable {
    case move = "Move"
    case head = "Choose a head"
    case look = "Look"
    case views = "Views"
    case find = "Find and come back"
    case change = "Change and compare"
    case prompt = "Prompt"
    case program = "heed"
  }

  /// What is typed after `:`.
  public let name: String
  /// How its argument is written, such as `N` or `[FILE]`; nil without one.
  public let argument: String?
  /// The keys.
  public let keys: [Key]
  /// What it does, in one line without a full stop.
  public let help: String
  /// Its heading in the help.
  public let group: Group
  /// Views where it does something; empty for all of them.
  public let views: [String]
  /// Its place in the line of keys; nil for none.
  public let hint: Hint?
  /// Whether a number before it says how often it is carried out.
  public let isCounted: Bool
  /// Words that its argument may be, for completion.
  let candidates: @Sendable (ExplorerState) -> [String]
  /// The action, given the argument (empty without one).
  let action: @Sendable (String, ExplorerState) throws(ExplorerError) -> Action

  init(
    _ name: String, _ argument: String? = nil, keys: [Key] = [], group: Group,
    views: [String] = [], hint: Hint? = nil, counted: Bool = false, help: String,
    candidates: @escaping @Sendable (ExplorerState) -> [String] = { _ in [] },
    action: @escaping @Sendable (String, ExplorerState) throws(ExplorerError) -> Action
  ) {
    self.name = name
    self.argument = argument
    self.keys = keys
    self.help = help
    self.group = group
    self.views = views
    self.hint = hint
    isCounted = counted
    self.candidates = candidates
    self.action = action
  }

  /// A command without an argument.
  init(
    _ name: String, keys: [Key] = [], group: Group, views: [String] = [],
    hint: Hint? = nil, counted: Bool = false, help: String, _ action: Action
  ) {
    self.init(
      name, nil, keys: keys, group: group, views: views, hint: hint, counted: counted, help: help
    ) { _, _ in action }
  }

  /// A command that changes the state without an argument.
  init(
    _ name: String, keys: [Key] = [], group: Group, views: [String] = [],
    hint: Hint? = nil, counted: Bool = false, help: String, change: @escaping Action.Change
  ) {
    self.init(
      name, keys: keys, group: group, views: views, hint: hint, counted: counted, help: help,
      .change(change))
  }

  /// `layer N`.
  public var syntax: String { argument.map { "\(name) \($0)" } ?? name }

  /// Whether `.` repeats it.
  var isRepeatable: Bool { group == .look || group == .change }

  /// Whether it does something in a view.
  public func works(in view: String) -> Bool { views.isEmpty || views.contains(view) }
}

extension Key {
  /// The key of a label, such as `x`, `^X`, `F5` or `Space`; nil for anything else.
  public init?(label: String) {
    let named: [Key] = [
      .up, .down, .left, .right, .shiftUp, .shiftDown, .shiftLeft, .shiftRight, .pageUp, .pageDown,
      .home, .end, .enter, .tab, .backTab, .backspace, .delete, .insert, .character(" "),
    ]
    if let key = named.first(where: { $0.label.lowercased() == label.lowercased() }) {
      self = key
    } else if label.count == 1, let character = label.first {
      self = .character(character)
    } else if label.count == 2, label.first == "^", let letter = label.lowercased().last {
      self = .control(letter)
    } else if label.first?.lowercased() == "f", let number = Int(label.dropFirst()), number > 0 {
      self = .function(number)
    } else {
      return nil
    }
  }

  /// How help and manual write a key.
  public var label: String {
    switch self {
    case .character(" "): "Space"
    case .character(let character): String(character)
    case .control(let character): "^\(character.uppercased())"
    case .up: "Up"
    case .down: "Down"
    case .left: "Left"
    case .right: "Right"
    case .shiftUp: "Shift-Up"
    case .shiftDown: "Shift-Down"
    case .shiftLeft: "Shift-Left"
    case .shiftRight: "Shift-Right"
    case .pageUp: "PgUp"
    case .pageDown: "PgDn"
    case .home: "Home"
    case .end: "End"
    case .enter: "Enter"
    case .escape: "Esc"
    case .tab: "Tab"
    case .backTab: "Shift-Tab"
    case .backspace: "Backspace"
    case .delete: "Del"
    case .insert: "Ins"
    case .function(let number): "F\(number)"
    }
  }
}
