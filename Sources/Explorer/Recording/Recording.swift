import Models

/// What a user did in the explorer, as a small text file: one command or key for each line.
///
/// ```
/// heed recording 1
/// open "sample:novels"
/// prompt "to be or not to be"
/// size 100x30
/// # from here on: what happened
/// :goto L3.H5
/// Enter
/// ^D
/// type "text that is typed"
/// paste "text that is pasted"
/// mouse press 10 5
/// ```
///
/// A line of one character is that key, `#` too; a comment has a blank after its `#`.
public struct Recording: Sendable, Equatable {
  /// A step, and its line in the file.
  public struct Line: Sendable, Equatable {
    /// Counted from 1.
    public let number: Int
    /// What happened.
    public let step: Step
  }

  /// One line.
  public enum Step: Sendable, Equatable {
    /// The window has this size from now on.
    case size(width: Int, height: Int)
    /// A key.
    case key(Key)
    /// A command, typed after `:` and finished with Enter.
    case command(String)
    /// Characters typed one after the other.
    case type(String)
    /// Text pasted at once.
    case paste(String)
    /// What the mouse did.
    case mouse(MouseEvent)
  }

  /// What the explorer was started with.
  public enum Prompt: Sendable, Equatable {
    case text(String)
    case ids([Int])
  }

  /// MODEL; nil when the recording names none.
  public var model: String?
  /// The prompt; nil when the recording has none.
  public var prompt: Prompt?
  /// What happened, and on which line of the file.
  public var steps: [Line] = []

  /// The first line.
  public static let heading = "heed recording 1"

  /// An empty recording.
  public init() {}

  /// Reads a recording.
  ///
  /// - Parameter file: Its name, for errors.
  public init(_ text: String, file: String) throws(RecordingError) {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let first = lines.isEmpty ? "" : lines.removeFirst()
    guard first == Self.heading else {
      if first.hasPrefix("heed recording ") { throw .newer(file: file, found: first) }
      throw .noRecording(file: file, found: String(first.prefix(60)), expected: Self.heading)
    }
    for (number, line) in lines.enumerated() where !line.isEmpty && !line.hasPrefix("# ") {
      guard read(line, number: number + 2) else {
        throw .badLine(
          file: file, line: number + 2, found: String(line.prefix(60)),
          expected:
            "a key such as Enter, ^D or x, :COMMAND, type, paste, mouse, size, open, prompt "
            + "or ids")
      }
    }
  }

  private mutating func read(_ line: String, number: Int) -> Bool {
    if line.count > 1, let mark = line.first, mark == ":" {
      steps.append(Line(number: number, step: .command(String(line.dropFirst()))))
      return true
    }
    let parts = line.split(separator: " ", maxSplits: 1)
    if parts.count == 2, readWord(parts[0], String(parts[1]), number: number) { return true }
    guard let key = Key(recorded: line) else { return false }
    steps.append(Line(number: number, step: .key(key)))
    return true
  }

  private mutating func readWord(_ word: Substring, _ rest: String, number: Int) -> Bool {
    switch word {
    case "open": model = QuotedText.read(rest)
    case "prompt": prompt = QuotedText.read(rest).map(Prompt.text)
    case "ids":
      let ids = rest.split(separator: ",").map { Int($0) }
      guard !ids.contains(nil) else { return false }
      prompt = .ids(ids.compactMap { $0 })
    case "type", "paste":
      guard let text = QuotedText.read(rest) else { return false }
      steps.append(Line(number: number, step: word == "type" ? .type(text) : .paste(text)))
    case "size":
      let sizes = rest.split(separator: "x").compactMap { Int($0) }
      guard sizes.count == 2, sizes.allSatisfy({ (1...1000).contains($0) }) else { return false }
      steps.append(Line(number: number, step: .size(width: sizes[0], height: sizes[1])))
    case "mouse":
      guard let event = MouseEvent(recorded: rest) else { return false }
      steps.append(Line(number: number, step: .mouse(event)))
    default: return false
    }
    return (word != "open" || model != nil) && (word != "prompt" || prompt != nil)
  }

  /// The lines before the first step, each with its end.
  public static func beginning(model: String, prompt: Prompt) -> String {
    let given =
      switch prompt {
      case .text(let text): "prompt \(QuotedText.written(text))"
      case .ids(let ids): "ids \(ids.map(String.init).joined(separator: ","))"
      }
    return "\(heading)\nopen \(QuotedText.written(model))\n\(given)\n"
  }
}

extension Recording.Step {
  /// The step as its line, without an end.
  public var line: String {
    switch self {
    case .size(let width, let height): "size \(width)x\(height)"
    case .key(let key): key.label
    case .command(let command): ":\(command)"
    case .type(let text): "type \(QuotedText.written(text))"
    case .paste(let text): "paste \(QuotedText.written(text))"
    case .mouse(let event): "mouse \(event.kind) \(event.x) \(event.y)"
    }
  }

  /// What an event is in a recording.
  public init(_ event: InputEvent) {
    switch event {
    case .key(let key): self = .key(key)
    case .mouse(let event): self = .mouse(event)
    case .paste(let text): self = .paste(text)
    case .resize(let width, let height):
      self = .size(width: width.clamped(to: 1...1000), height: height.clamped(to: 1...1000))
    }
  }

  /// The events that make the step.
  public var events: [InputEvent] {
    switch self {
    case .size(let width, let height): [.resize(width: width, height: height)]
    case .key(let key): [.key(key)]
    case .command(let command):
      [.key(.character(":"))] + command.map { .key(.character($0)) } + [.key(.enter)]
    case .type(let text): text.map { .key($0.isNewline ? .enter : .character($0)) }
    case .paste(let text): [.paste(text)]
    case .mouse(let event): [.mouse(event)]
    }
  }
}

extension Key {
  /// The key of a line: one character, or a label as `label` gives it.
  public init?(recorded line: String) {
    if line.count == 1, let character = line.first {
      self = .character(character)
    } else if line == Key.escape.label {
      self = .escape
    } else {
      self.init(label: line)
    }
  }
}

extension MouseEvent {
  /// `press 10 5`.
  fileprivate init?(recorded text: String) {
    let words = text.split(separator: " ")
    let kinds: [Kind] = [.press, .release, .drag, .wheelUp, .wheelDown]
    guard words.count == 3, let kind = kinds.first(where: { "\($0)" == words[0] }),
      let x = Int(words[1]), let y = Int(words[2])
    else { return nil }
    self.init(kind, x: x, y: y)
  }
}
