import Explorer
import Models
import Testing

extension ExplorerState {
  /// Presses keys one after the other and collects what they ask for.
  @discardableResult
  mutating func press(_ keys: Key...) -> [Effect] {
    keys.flatMap { update(&self, .key($0)) }
  }

  /// Types a `:` command.
  @discardableResult
  mutating func type(_ command: String) -> [Effect] {
    press(.character(":"))
    for character in command { press(.character(character)) }
    return press(.enter)
  }

  func canvas(_ width: Int, _ height: Int, _ appearance: Appearance? = nil) -> Canvas {
    Drawing(self, appearance: appearance ?? self.appearance, tiles: TileCache())
      .canvas(width: width, height: height)
  }
}

extension ExplorerState {
  /// What the window shows, without colours.
  func text(_ width: Int, _ height: Int) -> String {
    let appearance = Appearance(depth: .mono, charset: .half)
    return TextExport.export(
      canvas(width, height, appearance), appearance: appearance, ramp: .standard)
  }
}

/// The sources of the explorer.
let sourceFolder =
  #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
  .joined(separator: "/") + "/Sources/Explorer"
