import Testing
import TmuxHarness

extension Tmux {
  /// heed in a terminal of its own, started from a shell.
  ///
  /// - Parameter clipboard: Whether the terminal takes what is copied.
  static func heed(
    _ arguments: String, width: Int = 80, height: Int = 24, term: String = "tmux-256color",
    environment: [String: String?] = [:], clipboard: Bool = false
  ) throws -> Tmux {
    let tmux = try Tmux(width: width, height: height, term: term, environment: environment)
    if clipboard { try tmux.command("set-option", "-s", "set-clipboard", "on") }
    try tmux.run("OMP_WAIT_POLICY=passive \(Tmux.quote(try heedPath)) \(arguments)")
    return tmux
  }

  /// Leaves heed, which gives the terminal back as it was.
  func leaveHeed() throws {
    try press("Q")
    try wait(flag: "alternate_on", is: "0")
    #expect(try flag("cursor_flag") == "1" && flag("mouse_any_flag") == "0")
  }
}
