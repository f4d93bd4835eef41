import Explorer

/// What the user asked of the screen, and the environment it was asked in.
public struct TerminalOptions: Sendable {
  /// How colours are chosen.
  public enum ColorChoice: String, Sendable, CaseIterable {
    /// What the terminal can show, none under `NO_COLOR`.
    case auto
    /// What the terminal can show, `NO_COLOR` or not.
    case always
    /// None: bold, underline and reverse only.
    case never
    /// Sixteen colours.
    case palette16 = "16"
    /// The 256-colour palette.
    case palette256 = "256"
    /// 24 bits, whatever the terminal says.
    case truecolor
  }

  /// How glyphs are chosen.
  public enum CharsetChoice: String, Sendable, CaseIterable {
    /// Half blocks where locale and terminal have them.
    case auto
    /// Half blocks and lines.
    case half
    /// ASCII only.
    case ascii
  }

  /// Colours.
  public var color: ColorChoice
  /// Glyphs.
  public var charset: CharsetChoice
  /// Whether the mouse is taken at the start.
  public var mouse: Bool
  /// The environment's variables.
  public var environment: [String: String]

  /// A choice; everything is found out by default.
  public init(
    color: ColorChoice = .auto, charset: CharsetChoice = .auto, mouse: Bool = true,
    environment: [String: String]
  ) {
    self.color = color
    self.charset = charset
    self.mouse = mouse
    self.environment = environment
  }

  /// A variable's value; an empty one counts as unset.
  func variable(_ name: String) -> String? {
    environment[name].flatMap { $0.isEmpty ? nil : $0 }
  }

  /// Inside GNU screen, which reads true-colour sequences as other ones; tmux may go by its name.
  var isGNUScreen: Bool {
    if variable("STY") != nil { return true }
    return variable("TMUX") == nil && variable("TERM")?.hasPrefix("screen") == true
  }
}
