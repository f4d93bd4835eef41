import Explorer
import Foundation
import Testing
import TmuxHarness

/// The explorer on a real screen, where one program is shared by everything that can share it.
@Suite struct ScreenTests {
  private func start(
    _ arguments: String, width: Int = 100, height: Int = 30,
    environment: [String: String?] = [:]
  ) throws -> Tmux {
    let tmux = try Tmux(width: width, height: height, environment: environment)
    try tmux.run("OMP_WAIT_POLICY=passive \(Tmux.quote(try heedPath)) \(arguments); echo over")
    return tmux
  }

  private func leave(_ tmux: Tmux) throws {
    try tmux.press("Q")
    try tmux.wait("the shell") { $0.contains("\nover") }
    #expect(try tmux.flag("alternate_on") == "0")
    #expect(try tmux.flag("mouse_any_flag") == "0")
  }

  @Test func `every view opens at every size, and gives the window back`() throws {
    let tmux = try start("sample:novels")
    try tmux.wait(for: "Entropy 0.00")
    for view in ExplorerViews.all {
      try tmux.type(":view \(view.name)")
      try tmux.press("Enter")
      try tmux.wait("\(view.name)") {
        $0.hasPrefix("heed") && $0.prefix(120).contains(view.title) && !$0.contains(":view")
      }
    }
    for (width, height) in [(1, 1), (400, 120), (20, 5), (80, 24)] {
      for view in ExplorerViews.all {
        try tmux.type(":view \(view.name)")
        try tmux.press("Enter")
      }
      try tmux.resize(width: width, height: height)
      try tmux.wait("\(width)x\(height)") { screen in
        let rows = screen.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        return rows.count == height && (width < 20 || rows.first?.hasPrefix("heed") == true)
      }
    }
    try leave(tmux)
  }

  @Test func `wide, right-to-left and hostile tokens leave every row where it belongs`() throws {
    let text = "猫が座った שלום مرحبا \u{1B}[2J\u{1B}]0;owned\u{7} \u{202E}abc 👩\u{200D}💻 e\u{301}"
    let folder = try TemporaryFolder()
    let file = try folder.write("prompt", text)
    let tmux = try start("explore sample:novels --file \(file) --view tokens")
    try tmux.wait(for: "gives most to")
    for view in ["map", "tokens", "neuron", "heads", "atlas", "tokens"] {
      try tmux.type(":view \(view)")
      try tmux.press("Enter")
      try tmux.wait("\(view)") { $0.hasPrefix("heed") && !$0.contains(":view") }
      try tmux.press("Down", "Right")
    }
    let screen = try tmux.screen()
    #expect(
      !screen.unicodeScalars.contains("\u{202E}") && !screen.unicodeScalars.contains("\u{200D}"))
    #expect(try tmux.flag("pane_title") != "owned")
    try leave(tmux)
  }

  @Test func `five thousand tokens are walked through`() throws {
    let folder = try TemporaryFolder()
    let model = folder.path + "/model"
    try FileManager.default.copyItem(
      atPath: "\(Repository.fixtures)/llama-multiquery", toPath: model)
    let config = try String(contentsOfFile: model + "/config.json", encoding: .utf8)
    let longer = config.replacing(
      /"max_position_embeddings": \d+/, with: "\"max_position_embeddings\": 8192")
    #expect(longer != config)
    try folder.write("model/config.json", longer)
    let ids = (0..<5000).map { "\($0 * 7 % 64)" }.joined(separator: ",")
    try folder.write("ids", ids)
    let tmux = try start("explore \(model) --ids @\(folder.path)/ids --view map")
    try tmux.wait(for: "5000 tokens")
    try tmux.wait(for: "max of")
    try tmux.press("g", "G", "+", "+", "+", "H", "K", "-", "=")
    try tmux.wait(for: "query ")
    try tmux.type(":view tokens")
    try tmux.press("Enter")
    try tmux.wait(for: "gives most to")
    try tmux.type(":query 4000")
    try tmux.press("Enter")
    try tmux.wait(for: "query 4000")
    try leave(tmux)
  }

  @Test(arguments: [
    "ansi", "screen", "screen-256color", "xterm", "linux", "vt100", "nobody-knows-this",
  ])
  func `every terminal gets a map`(term: String) throws {
    let tmux = try start("sample:novels --charset ascii", environment: ["TERM": term])
    let screen = try tmux.wait(for: "Entropy 0.00")
    #expect(screen.hasPrefix("heed  Atlas  Map  Tokens   L0.H0  novels"))
    try tmux.press("Enter")
    try tmux.wait(for: "query 14")
    try leave(tmux)
  }

  @Test func `what is done is recorded, and the recording plays without a terminal`() throws {
    let folder = try TemporaryFolder()
    let tmux = try start("sample:novels 'to be or not' --record \(folder.path)/r")
    try tmux.wait(for: "Entropy 0.00")
    try tmux.type(":goto L2.H6")
    try tmux.press("Enter")
    try tmux.press("Enter")
    try tmux.wait(for: "L2.H6  query 4")
    try tmux.press("k")
    try tmux.wait(for: "query 3")
    try leave(tmux)
    let recording = try folder.text("r")
    #expect(
      recording.hasPrefix("heed recording 1\nopen \"sample:novels\"\nprompt \"to be or not\"\n"))
    #expect(recording.contains("\nsize 100x30\n") && recording.hasSuffix("\nEnter\nEnter\nk\nQ\n"))
    try folder.write("again", recording.replacing("\nQ\n", with: "\ns\nQ\n"))
    let played = try Shell.heed(["explore", "--play", "again"], in: folder.path)
    #expect(played.text.contains(": map of L2.H6, novels\n") && played.text.contains("\nquery: 3 "))
  }

  @Test func `a recording of a picture names its file, and plays the same bytes every time`() throws
  {
    let folder = try TemporaryFolder()
    let image = Repository.path + "/Tests/MediaTests/Fixtures/color.png"
    let tmux = try start(
      "sample:digits --image \(Tmux.quote(image)) --layer 1 --record \(folder.path)/r")
    try tmux.wait(for: "where L1.H0 looks")
    try tmux.press("Up")
    try leave(tmux)
    let recording = try folder.text("r")
    #expect(recording.contains("\noption image \"\(image)\"\n"), "\(recording)")
    #expect(recording.contains("\nhead L1.H0\n") && recording.hasSuffix("\nUp\nQ\n"))
    try folder.write("again", recording.replacing("\nQ\n", with: "\ns\nQ\n"))
    let played = try Shell.heed(["--play", "again"], in: folder.path)
    #expect(played.text.contains(": image of L1.H0, digits\n") && played.errors.isEmpty)
    #expect(try Shell.heed(["--play", "again"], in: folder.path).output == played.output)
  }

  @Test func `a session is written and opened again`() throws {
    let folder = try TemporaryFolder()
    let tmux = try start("sample:novels 'to be or not'")
    try tmux.wait(for: "Entropy 0.00")
    try tmux.type(":goto L2.H6")
    try tmux.press("Enter")
    try tmux.type(":write \(folder.path)/s")
    try tmux.press("Enter")
    try tmux.wait(for: "saved \(folder.path)/s")
    try leave(tmux)
    let again = try start("--session \(folder.path)/s")
    try again.wait(for: "L2.H6  novels")
    try again.wait(for: "5 tokens")
    try leave(again)
  }
}
