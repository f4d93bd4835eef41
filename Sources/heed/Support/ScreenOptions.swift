import ArgumentParser
import Explorer
import Foundation
import Terminal

extension TerminalOptions.ColorChoice: ExpressibleByArgument {}
extension TerminalOptions.CharsetChoice: ExpressibleByArgument {}
extension Ramp: ExpressibleByArgument {}

/// How pictures look.
struct ScreenOptions: ParsableArguments {
  @Option(help: "Colours (default: auto, which honours NO_COLOR)")
  var color: TerminalOptions.ColorChoice?

  @Option(help: "Glyphs: half blocks, or ASCII only (default: auto)")
  var charset: TerminalOptions.CharsetChoice?

  @Option(help: "The colour ramp of heat maps (default: inferno)")
  var theme: Ramp?

  /// The options, filled up from environment and configuration.
  func style() throws -> ScreenStyle {
    ScreenStyle(
      self, try Configuration.current(), environment: ProcessInfo.processInfo.environment)
  }
}

/// How pictures look, decided.
struct ScreenStyle: Equatable {
  let color: TerminalOptions.ColorChoice
  let charset: TerminalOptions.CharsetChoice
  let theme: Ramp
  /// Whether an option names the ramp.
  let isThemeGiven: Bool
  private let environment: [String: String]

  /// Decides: an option first, then `NO_COLOR`, then the configuration, where only `always` means
  /// "`NO_COLOR` or not".
  init(_ options: ScreenOptions, _ configuration: Configuration, environment: [String: String]) {
    let isUnwanted =
      !(environment["NO_COLOR"] ?? "").isEmpty && configuration.color != .always
    color = options.color ?? (isUnwanted ? .auto : configuration.color ?? .auto)
    charset = options.charset ?? configuration.charset ?? .auto
    theme = options.theme ?? configuration.theme ?? .standard
    isThemeGiven = options.theme != nil
    self.environment = environment
  }

  /// What the terminal is told.
  func terminal(mouse: Bool) -> TerminalOptions {
    TerminalOptions(color: color, charset: charset, mouse: mouse, environment: environment)
  }

  /// What a picture that is written out is drawn for; without a terminal to ask, 256 colours.
  func appearance(colors: Bool) -> Appearance {
    let glyphs = charset == .ascii ? Charset.ascii : .half
    guard colors else { return Appearance(depth: .mono, charset: glyphs) }
    let depth: ColorDepth =
      switch color {
      case .never: .mono
      case .palette16: .palette16
      case .truecolor: .direct
      case .always, .palette256: .palette256
      case .auto: (environment["NO_COLOR"] ?? "").isEmpty ? .palette256 : .mono
      }
    return Appearance(depth: depth, charset: glyphs)
  }
}
