import Models

/// What a user did in the explorer, as a small text file: one command or key for each line.
///
/// ```
/// heed recording 1
/// open "sample:novels"
/// option image "cat.png"
/// prompt "to be or not to be"
/// view map
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
/// What the explorer was started with is said by the lines of a `Session`. A line of one character is that
/// key, `#` too; a comment has a blank after its `#`.
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

  /// What the explorer was started with, as far as the recording says.
  public var start = Session()
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
      let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
      let expected: String?
      if parts.count == 2, Session.words.contains(parts[0]) {
        expected = start.read(line)
      } else if let step = Step(recorded: line) {
        steps.append(Line(number: number + 2, step: step))
        expected = nil
      } else {
        expected =
          "a key such as Enter, ^D or x, :COMMAND, type, paste, mouse, size, or a line of a session"
      }
      guard let expected else { continue }
      throw .badLine(
        file: file, line: number + 2, found: String(line.prefix(60)), expected: expected)
    }
  }

  /// The lines before the first step, each with its end.
  public static func beginning(_ start: Session) -> String {
    ([heading] + start.lines).joined(separator: "\n") + "\n"
  }
}

extension Recording.Step {
  /// Reads `line`; nil for anything else.
  fileprivate init?(recorded line: String) {
    if line.count > 1, line.first == ":" {
      self = .command(String(line.dropFirst()))
      return
    }
    let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
    let rest = parts.count == 2 ? parts[1] : ""
    switch parts.first {
    case "type" where parts.count == 2, "paste" where parts.count == 2:
      guard let text = QuotedText.read(rest) else { return nil }
      self = parts[0] == "type" ? .type(text) : .paste(text)
    case "size" where parts.count == 2:
      let sizes = rest.split(separator: "x").compactMap { Int($0) }
      guard sizes.count == 2, sizes.allSatisfy({ (1...1000).contains($0) }) else { return nil }
      self = .size(width: sizes[0], height: sizes[1])
    case "mouse" where parts.count == 2:
      guard let event = MouseEvent(recorded: rest) else { return nil }
      self = .mouse(event)
    default:
      guard let key = Key(recorded: line) else { return nil }
      self = .key(key)
    }
  }

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
