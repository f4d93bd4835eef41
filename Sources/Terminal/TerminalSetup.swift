import Explorer

/// What terminfo says about the terminal.
public struct TerminalFacts: Sendable, Equatable {
  /// The entry it was read from: `TERM`, or the one used in its place.
  public var entry: String
  /// Colours; -1 or 0 for none.
  public var colors: Int
  /// Whether the cursor can be placed.
  public var addressable: Bool

  /// What an entry says.
  public init(entry: String, colors: Int, addressable: Bool) {
    self.entry = entry
    self.colors = colors
    self.addressable = addressable
  }
}

/// How the terminal is driven, decided from options, environment and terminfo alone.
public struct TerminalSetup: Sendable, Equatable {
  /// Which description curses gets.
  public enum Entry: Sendable, Equatable {
    /// One that is installed.
    case installed(String)
    /// The true-colour one that heed carries.
    case embeddedDirect
  }

  /// The description for curses.
  public var entry: Entry
  /// What is drawn for.
  public var appearance: Appearance
  /// How long a lone Esc waits for the rest of a sequence, in milliseconds.
  public var escapeDelay: Int

  /// Tried when `TERM` names nothing that is installed: terminals that bring their own entry, as kitty
  /// and foot do, understand this one over ssh.
  public static let fallbackEntry = "xterm-256color"

  /// Decides.
  ///
  /// - Parameters:
  ///   - isUTF8: Whether characters are written in UTF-8.
  /// - Throws: `TerminalError.dumb` when the cursor cannot be placed.
  public init(_ options: TerminalOptions, facts: TerminalFacts, isUTF8: Bool) throws(TerminalError)
  {
    let term = options.variable("TERM") ?? ""
    guard term != "dumb", facts.addressable else { throw .dumb(term: term) }
    let depth = Self.depth(options, colors: facts.colors)
    appearance = Appearance(depth: depth, charset: Self.charset(options, isUTF8: isUTF8))
    escapeDelay = Self.escapeDelay(options)
    entry =
      switch depth {
      case .direct: .embeddedDirect
      // Asked for more than the entry has: curses sends only what the entry names.
      case .palette256 where facts.colors < 256: .installed("xterm-256color")
      case .palette16 where facts.colors < 16: .installed("xterm-16color")
      case .palette256, .palette16, .palette8, .mono: .installed(facts.entry)
      }
  }

  /// The colour ladder: `--color`, `NO_COLOR`, `COLORTERM`, then terminfo.
  ///
  /// - Parameter colors: What terminfo says.
  public static func depth(_ options: TerminalOptions, colors: Int) -> ColorDepth {
    switch options.color {
    case .never: return .mono
    case .palette16: return .palette16
    case .palette256: return .palette256
    case .truecolor: return .direct
    case .auto where options.variable("NO_COLOR") != nil: return .mono
    case .auto, .always: break
    }
    let claims = ["truecolor", "24bit"].contains(options.variable("COLORTERM") ?? "")
    if claims || colors > 256, !options.isGNUScreen { return .direct }
    if colors >= 256 { return .palette256 }
    if colors >= 16 { return .palette16 }
    return colors >= 8 ? .palette8 : .mono
  }

  /// The glyph ladder: `--charset`, then encoding and terminal.
  ///
  /// ASCII is used whatever was asked when characters cannot be written in UTF-8.
  public static func charset(_ options: TerminalOptions, isUTF8: Bool) -> Charset {
    guard isUTF8, options.charset != .ascii else { return .ascii }
    if options.charset == .half { return .half }
    let term = options.variable("TERM") ?? ""
    let isConsole = ["linux", "ansi"].contains { term == $0 || term.hasPrefix($0 + "-") }
    return isConsole || term.hasPrefix("vt") && !term.hasPrefix("vte") ? .ascii : .half
  }

  /// `ESCDELAY` if set; else 25 ms, or 100 where a network or a multiplexer may split a sequence.
  public static func escapeDelay(_ options: TerminalOptions) -> Int {
    if let asked = options.variable("ESCDELAY").flatMap(Int.init), asked >= 0 {
      return min(asked, 10_000)
    }
    let far = ["SSH_CONNECTION", "STY", "TMUX"].contains { options.variable($0) != nil }
    return far ? 100 : 25
  }

  /// The locales to try, in order, until one is UTF-8.
  ///
  /// The user's own comes first. C.UTF-8 follows where nothing was chosen, as in containers and on
  /// compute nodes, and where a UTF-8 locale was chosen that is not installed here. A locale named on
  /// purpose that is not UTF-8, as with `LC_ALL=C`, is obeyed: the screen is ASCII, unless
  /// `--charset half` says that the terminal knows better.
  public static func locales(_ options: TerminalOptions) -> [String] {
    let chosen = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap(options.variable).first
    let encoding = chosen?.lowercased() ?? "utf-8"
    let isUTF8 = encoding.contains("utf-8") || encoding.contains("utf8")
    return isUTF8 || options.charset == .half ? ["", "C.UTF-8"] : [""]
  }
}
