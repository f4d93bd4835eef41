import Foundation
import Testing
import TmuxHarness

/// Views in a real terminal that need another model or another prompt than the sample's, several to a session:
/// starting one is what takes time.
@Suite struct ViewEndToEndTests {
  @Test func `the digits open on their picture, in every size, and after ^Z`() throws {
    let tmux = try Tmux.heed("sample:digits")
    try tmux.wait(for: "where L0.H0 looks")
    #expect(try tmux.screen(escapes: true).contains("48;5;"), "the picture has colours")
    try tmux.press("Up", "Left")
    try tmux.wait(for: "query 28 \"3,3\"")
    try tmux.press("]", "}")
    try tmux.wait(for: "where L1.H1 looks")
    for (width, height) in [(1, 1), (400, 120), (30, 8), (80, 24)] {
      try tmux.resize(width: width, height: height)
      try tmux.wait("\(width)x\(height)") {
        height < 5 || $0.contains("looks") && $0.contains("L1.H1")
      }
    }
    try tmux.press("C-z")
    try tmux.wait(for: "Stopped")
    try tmux.run("fg")
    try tmux.wait(for: "where L1.H1 looks")
    // A click on the first patch; both pictures begin two rows below the heading.
    try tmux.press("g", "0")
    try tmux.wait(for: "query 1 \"0,0\"")
    try tmux.press("k")
    try tmux.wait(for: "query 0 \"CLS\"")
    try tmux.leaveHeed()
  }

  @Test func `E goes through encoder, decoder and cross attention, labelled by both texts`() throws
  {
    let tmux = try Tmux.heed("sample:sort --view map --layer 1")
    try tmux.wait("the decoder") { $0.contains("decoder") && $0.contains("7 tokens") }
    try tmux.press("E")
    try tmux.wait("cross attention") {
      $0.contains("cross attention") && $0.contains("7 queries × ")
    }
    try tmux.press("E")
    try tmux.wait("the encoder") { $0.contains("  encoder") || $0.contains(" encoder") }
    try tmux.press("p")
    try tmux.wait(for: "the encoder stream predicts nothing")
    try tmux.press("Escape", "E")
    try tmux.wait("the decoder again") { $0.contains("decoder") && $0.contains("7 tokens") }
    try tmux.leaveHeed()
  }

  @Test func `tokens of every script, and terminal escapes in them, move nothing`() throws {
    let folder = try TemporaryFolder()
    let text =
      "猫が座った שלום مرحبا \u{1B}[2J\u{1B}]0;owned\u{7} 👩\u{200D}💻 \u{202E}abc e\u{301}\t\r\n x"
    try folder.write("prompt", text)
    let tmux = try Tmux.heed("sample:novels --file \(folder.path)/prompt", width: 100, height: 30)
    try tmux.wait(for: "Entropy 0.00")
    for (key, sign) in [
      ("Tab", "weight 0"), ("Tab", "gives most to"), ("p", "expected next"), ("#", "heads feed"),
    ] {
      try tmux.press(key)
      try tmux.wait("the view after \(key)") {
        $0.hasPrefix("heed  Atlas  Map  Tokens") && $0.contains(sign)
      }
    }
    let rows = try tmux.screen().split(separator: "\n", omittingEmptySubsequences: false)
    #expect(rows.count == 31 && rows[29].contains("q close"), "no row has moved")
    let all = try tmux.screen(escapes: true)
    #expect(!all.contains("\u{202E}") && !all.contains("\u{200D}") && !all.contains("\u{7}"))
    #expect(try tmux.flag("pane_title") != "owned")
    try tmux.leaveHeed()
  }

  @Test func `a file of maps opens, and what needs its model says so`() throws {
    let file = Repository.path + "/Tests/CheckpointsTests/Fixtures/numpy/maps.npz"
    let tmux = try Tmux.heed(Tmux.quote(file))
    try tmux.wait(for: "2 layers × 3 heads, 5 tokens")
    try tmux.press("p")
    try tmux.wait(for: "needs the model, and these are maps of a file")
    try tmux.press("Escape", "x")
    try tmux.wait(for: "a change needs the model")
    try tmux.press("Enter")
    try tmux.wait(for: "L0.H0  query 4 \" went\" → key 0 \"When\"")
    // A model that fails to load leaves them.
    try tmux.type(":open nowhere/at-all")
    try tmux.press("Enter")
    try tmux.wait(for: "nowhere/at-all: ")
    #expect(try tmux.screen().contains("maps.npz"))
    try tmux.leaveHeed()
  }
}
