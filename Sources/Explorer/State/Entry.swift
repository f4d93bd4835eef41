/// What has the keyboard in place of the view.
public enum Entry: Sendable, Equatable {
  /// The view has it.
  case none
  /// The `:` line.
  case command(CommandEntry)
  /// The prompt editor.
  case prompt(PromptEntry)
  /// One line that is asked for.
  case line(LineUse, LineEditor)
  /// One letter that is asked for.
  case letter(LetterUse)
  /// A list to choose from.
  case choice(Chooser)
}

extension Entry {
  /// What is asked for, in words, with what there is to choose from; empty where nothing is.
  public var question: [String] {
    switch self {
    case .none: []
    case .command: ["a command"]
    case .prompt: ["the prompt; an empty line leaves it as it was"]
    case .line(.search, _): ["a text to search for"]
    case .line(.filter, _): ["which heads, such as layer<6; an empty line shows all"]
    case .line(.span, _): ["a name for this part of the prompt"]
    case .letter(let use): [use.rawValue]
    case .choice(let chooser):
      ["one of these, or a part of its name, for \"\(chooser.title.lowercased())\":"]
        + chooser.items.map { "\($0.name): \($0.help)" }
    }
  }
}

/// What a line is asked for.
public enum LineUse: String, Sendable {
  /// A text to look for among tokens, or in the help.
  case search = "/"
  /// Which heads to look at.
  case filter = "&"
  /// The name of a part of the prompt.
  case span = "name of the part: "
}

extension LineUse {
  /// The command that takes the line.
  var command: String {
    switch self {
    case .search: "search"
    case .filter: "filter"
    case .span: "span"
    }
  }
}

/// What a letter is asked for.
public enum LetterUse: String, Sendable {
  /// The name of a mark to set.
  case mark = "mark: a letter names this place"
  /// The name of a mark to go to.
  case goto = "go to mark: its letter, or ' for the place before"
}

/// The prompt editor, with the prompts that were run before.
public struct PromptEntry: Sendable, Equatable {
  /// The text.
  var editor: LineEditor
  /// The place among earlier prompts that is recalled; nil for a new text.
  var recalled: Int?

  init(_ text: String) { editor = LineEditor(text) }

  /// Recalls an earlier prompt, or a later one.
  mutating func recall(_ prompts: [String], by step: Int) {
    guard !prompts.isEmpty else { return }
    let start = recalled ?? (prompts.last == editor.text ? prompts.count - 1 : prompts.count)
    let place = start + step
    guard prompts.indices.contains(place) else { return }
    (recalled, editor) = (place, LineEditor(prompts[place]))
  }
}
