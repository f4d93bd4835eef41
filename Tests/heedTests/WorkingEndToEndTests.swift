import Explorer
import Foundation
import Testing
import TmuxHarness

/// What a user does with the explorer beside looking: going to places, changing the model, the mouse, the
/// clipboard, prompts; several things to a session, since starting one is what takes time.
@Suite struct WorkingEndToEndTests {
  @Test func `places are searched, named, followed and come back to`() throws {
    let tmux = try Tmux.heed("sample:novels --view map")
    try tmux.wait(for: "L0.H0  query 14")
    try tmux.type("/Mary")
    try tmux.press("Enter")
    try tmux.wait(for: "query 2 \" Mary\"")
    try tmux.type("ma3]")
    try tmux.wait(for: "L3.H0  query 2")
    try tmux.type("G0:L5.H1")
    try tmux.press("Enter")
    try tmux.wait(for: "L5.H1  query 14")
    // From a query to the key it gives most to: the name that is copied.
    try tmux.type("f")
    try tmux.wait(for: "L5.H1  query 2 \" Mary\" → key 2 \" Mary\"")
    try tmux.type("'a")
    try tmux.wait(for: "L0.H0  query 2")
    try tmux.type("(")
    try tmux.wait(for: "L5.H1  query 2")
    try tmux.type(")")
    try tmux.wait(for: "L0.H0  query 2")
    try tmux.type(":goto L9.H9")
    try tmux.press("Enter")
    try tmux.wait(for: "expected a head from L0.H0 to L5.H7")
    // The history has the command again, to be corrected.
    try tmux.type(":")
    try tmux.press("Up", "BSpace", "BSpace", "BSpace", "BSpace", "BSpace")
    try tmux.type("L4.H2")
    try tmux.press("Enter")
    try tmux.wait(for: "L4.H2  query 2")
    try tmux.leaveHeed()
  }

  @Test func `lenses, changes and own keys are undone, redone and repeated`() throws {
    let tmux = try Tmux.heed("sample:novels --view map --layer 5 --head 1", width: 120)
    try tmux.wait(for: "L5.H1  query 14")
    for (key, sign) in [
      ("w", "linear, fit, words"), ("v", "value-weighted, words"), ("a", "average of the layer"),
      ("a", "maximum of the layer"), ("a", "fit, value-weighted, words"), ("v", "fit, words"),
      ("Z", "sinks hidden"), ("z", "log, fit"), ("B", "blocks of weights: mean"),
    ] {
      try tmux.press(key)
      try tmux.wait("\(sign) after \(key)") { $0.contains(sign) }
    }
    try tmux.press("w", "x")
    try tmux.wait(for: "without L5.H1")
    try tmux.press("}", ".")
    try tmux.wait(for: "without L5.H1 L5.H2")
    try tmux.press("u")
    try tmux.wait("one head is back") {
      !$0.contains("L5.H1 L5.H2") && $0.contains("without L5.H1")
    }
    try tmux.press("u")
    try tmux.wait("all heads are back") { !$0.contains("without") }
    try tmux.press("C-r")
    try tmux.wait(for: "without L5.H1")
    try tmux.type(":map F5 restore")
    try tmux.press("Enter", "F5")
    try tmux.wait("the model as it is") { !$0.contains("without") }
    try tmux.type(":note copies names")
    try tmux.press("Enter", "Escape")
    try tmux.type(":view atlas")
    try tmux.press("Enter")
    try tmux.wait(for: "! copies names")
    try tmux.type("&entropy<0.1")
    try tmux.press("Enter")
    try tmux.wait("the filter") { $0.contains("entropy<0.1") }
    try tmux.leaveHeed()
  }

  @Test func `the mouse points, opens, pans, zooms and is given back`() throws {
    let tmux = try Tmux.heed("sample:novels --view map", width: 100, height: 30)
    try tmux.wait(for: "L0.H0  query 14")
    try tmux.wait(flag: "mouse_any_flag", is: "1")
    func mouse(_ button: Int, _ x: Int, _ y: Int, _ end: String = "M") throws {
      try tmux.send(bytes: Array("\u{1b}[<\(button);\(x + 1);\(y + 1)\(end)".utf8))
    }
    /// Where a row of the map stands on the screen.
    func row(_ label: String) throws -> Int {
      let rows = try tmux.screen().split(separator: "\n", omittingEmptySubsequences: false)
      return try #require(rows.firstIndex { $0.hasPrefix(label) })
    }
    try mouse(0, 17, row("4 "))
    try mouse(0, 17, row("4 "), "m")
    try tmux.wait(for: "query 4 \" John\" → key 0 ")
    let map = try row("4 ")
    for _ in 0..<4 { try mouse(64, 17, map) }
    try tmux.wait(for: "queries ")
    let before = try tmux.screen()
    try mouse(0, 60, 15)
    try mouse(32, 30, 9)
    try mouse(0, 30, 9, "m")
    try tmux.wait("a map that has moved") { $0 != before && $0.contains("queries ") }
    for _ in 0..<12 { try mouse(65, 40, 12) }
    try tmux.wait("a smaller map") { $0.contains("max of") }
    try tmux.press("M")
    try tmux.wait(flag: "mouse_any_flag", is: "0")
    try tmux.press("M")
    try tmux.wait(flag: "mouse_any_flag", is: "1")
    try tmux.leaveHeed()
  }

  @Test func `y copies the view through the terminal`() throws {
    let tmux = try Tmux.heed("sample:novels --view tokens", clipboard: true)
    try tmux.wait(for: "gives most to")
    try tmux.press("y")
    try tmux.wait("the copy") { _ in
      let copied = (try? tmux.command("show-buffer")) ?? ""
      return copied.hasPrefix("heed \(Release.version): tokens of L0.H0, novels\n")
        && copied.contains("\nopen: heed sample:novels --text ") && copied.contains("gives most to")
    }
    try tmux.leaveHeed()
  }

  @Test func `prompts of a file, parts of them and a run under way are at hand`() throws {
    let folder = try TemporaryFolder()
    try folder.write("prompts", "to be or not\n<<who>>Mary<</who>> went home\n\nthe end\n")
    let tmux = try Tmux.heed("sample:novels --view map", width: 110, height: 30)
    try tmux.wait(for: "query 14")
    try tmux.type(":prompts \(folder.path)/prompts")
    try tmux.press("Enter")
    try tmux.wait(for: ", 5 tokens")
    try tmux.press("C-n")
    try tmux.wait(for: "who──")
    try tmux.press("C-n")
    try tmux.wait(for: ", 3 tokens")
    try tmux.press("C-n")
    try tmux.wait(for: "this is the last prompt")
    try tmux.press("2", "C-p")
    try tmux.wait(for: ", 5 tokens")
    // A part by hand: its start, its end, its name.
    try tmux.press("G", "A", "Up", "A")
    try tmux.wait(for: "name of the part")
    try tmux.type("tail")
    try tmux.press("Enter")
    try tmux.wait(for: "[tail]")
    // ^C stops what takes long and keeps what was there.
    try tmux.press("P")
    try tmux.type(":prune greedy")
    try tmux.press("Enter")
    try tmux.wait(for: "pruning")
    try tmux.press("C-c")
    try tmux.wait(for: "cancelled")
    try tmux.press("Escape", "e")
    try tmux.wait(for: "Enter runs")
    try tmux.press("Up", "Enter")
    try tmux.wait(for: ", 3 tokens")
    try tmux.leaveHeed()
  }
}
