import ArgumentParser
import Explorer
import Foundation
import Terminal

extension TerminalOptions.ColorChoice: ExpressibleByArgument {}
extension TerminalOptions.CharsetChoice: ExpressibleByArgument {}
extension Ramp: ExpressibleByArgument {}

/// How pictures look.
struct ScreenOptions: ParsableArguments {
  @Option(help: "Colours; NO_COLOR is honoured by auto")
  var color = TerminalOptions.ColorChoice.auto

  @Option(help: "Glyphs: half blocks, or ASCII only")
  var charset = TerminalOptions.CharsetChoice.auto

  @Option(help: "The colour ramp of heat maps")
  var theme = Ramp.standard

  /// What the terminal is told.
  func terminal(mouse: Bool) -> TerminalOptions {
    TerminalOptions(
      color: color, charset: charset, mouse: mouse,
      environment: ProcessInfo.processInfo.environment)
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
      case .auto:
        (ProcessInfo.processInfo.environment["NO_COLOR"] ?? "").isEmpty ? .palette256 : .mono
      }
    return Appearance(depth: depth, charset: glyphs)
  }
}
