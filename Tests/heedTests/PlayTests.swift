import Explorer
import Foundation
import Testing

/// Recordings, sessions and the line-oriented explorer, without a terminal.
@Suite struct PlayTests {
  private func recording(_ lines: String) -> String {
    "heed recording 1\nopen \"sample:novels\"\nprompt \"to be or not to be\"\n" + lines
  }

  @Test func `a recording prints the snapshots it asks for, the same bytes every time`() throws {
    let folder = try TemporaryFolder()
    try folder.write(
      "r", recording("size 80x24\n:goto L3.H5\nEnter\n]\ns\n:snapshot a.svg\nQ\nk\n"))
    let first = try Shell.heed(["explore", "--play", "r"], in: folder.path)
    #expect(first.status == 0 && first.errors.isEmpty, "\(first.errors)")
    #expect(first.text.contains(": map of L4.H5, novels\n"))
    #expect(first.text.contains("\n<?xml "))
    #expect(try Shell.heed(["explore", "--play", "r"], in: folder.path).output == first.output)
    #expect(folder.names == ["r"], "playing writes no files")
    let other = try Shell.heed(["sample:novels", "something else", "--play", "r"], in: folder.path)
    #expect(other.text.contains("prompt: \"something else\""), "the command line goes first")
  }

  @Test func `every view in every format is the same bytes in another process`() throws {
    let folder = try TemporaryFolder()
    var lines = ["size 60x16", ":goto L5.H1", "x", ":select L1.H2,L2.H3", ":second previous"]
    for view in ExplorerViews.all {
      lines.append(":view \(view.name)")
      lines += ["txt", "ans", "svg", "html"].map { ":snapshot a.\($0)" }
      // Tables and maps, binary and text; the last one ends its line.
      if !["image", "help"].contains(view.name) {
        lines += ["npz", "csv", "tsv", "json"].map { ":export a.\($0)" }
      }
    }
    try folder.write("r", recording(lines.joined(separator: "\n") + "\n"))
    let first = try Shell.heed(["--play", "r"], in: folder.path)
    #expect(first.status == 0 && first.errors.isEmpty, "\(first.errors)")
    let pictures = first.text.split(separator: "\n").filter {
      $0.hasPrefix("heed \(Release.version): ")
    }
    #expect(pictures.count == 2 * ExplorerViews.all.count)
    let second = try Shell.heed(["--play", "r"], in: folder.path)
    #expect(second.output == first.output && second.errors == first.errors)
  }

  @Test func `a prompt that is edited in a recording is run before the next line`() throws {
    let folder = try TemporaryFolder()
    try folder.write("r", recording("e\n^U\ntype \"what is this\"\nEnter\ns\n:prompt so\ns\n"))
    let text = try Shell.heed(["explore", "--play", "r"], in: folder.path).text
    #expect(text.contains("prompt: \"what is this\"\n") && text.contains("prompt: \"so\"\n"))
  }

  @Test func `what a command of a recording complains about is said with its line`() throws {
    let folder = try TemporaryFolder()
    try folder.write("r", recording(":goto L9.H9\n:open nowhere\ns\n"))
    let finished = try Shell.heed(["explore", "--play", "r"], in: folder.path)
    #expect(finished.status == 0 && finished.text.contains(": atlas of L0.H0, novels"))
    #expect(finished.errorLines.count == 2)
    #expect(finished.errors.hasPrefix("heed: warning: r:4: :goto: found \"L9.H9\""))
    #expect(finished.errors.contains("heed: warning: r:5: nowhere: "))
  }

  @Test func `a recording says what heed was started with, a picture too`() throws {
    let folder = try TemporaryFolder()
    let image = Repository.path + "/Tests/MediaTests/Fixtures/color.png"
    try folder.write(
      "r",
      "heed recording 1\nopen \"sample:digits\"\noption image \"\(image)\"\nhead L1.H2\n"
        + "scale linear\ndo \"second previous\"\nsize 70x20\ns\n")
    let first = try Shell.heed(["--play", "r"], in: folder.path)
    #expect(first.status == 0 && first.errors.isEmpty, "\(first.errors)")
    for line in [
      ": image of L1.H2, digits\n", "\nimage: \"\(image)\"\n", "\nsecond score: previous\n",
    ] {
      #expect(first.text.contains(line), "\(line)")
    }
    #expect(try Shell.heed(["--play", "r"], in: folder.path).output == first.output)
    // The picture is what makes the difference.
    let bare = try folder.text("r").split(separator: "\n").filter { !$0.hasPrefix("option") }
    try folder.write("bare", bare.joined(separator: "\n") + "\n")
    #expect(try Shell.heed(["--play", "bare"], in: folder.path).output != first.output)
  }

  @Test func `another model is opened on what of the prompt it takes, and the rest is named`()
    throws
  {
    let image = Repository.path + "/Tests/MediaTests/Fixtures/color.png"
    let lines = [
      "open sample:novels", "x", "note copies", "open sample:digits", "show", "open sample:novels",
      "write",
    ]
    let finished = try Shell.heed(
      ["--plain", "sample:digits", "--image", image],
      input: Array((lines.joined(separator: "\n") + "\n").utf8))
    let answers = finished.text.split(separator: "\n").map(String.init)
    #expect(answers.contains("novels is seen without --image"), "\(finished.text)")
    #expect(answers.contains("what was changed and noted about sample:novels comes back with it"))
    #expect(finished.text.contains("where L0.H0 looks"))
    #expect(finished.text.contains("note L0.H0 \"copies\"\nknock-out L0.H0\n"))
    let ids = try Shell.heed(
      ["--plain", "sample:novels", "--ids", "0,5,6"], input: Array("open sample:sort\n".utf8))
    #expect(ids.text.contains("sort is seen without --ids\n"), "\(ids.text)")
  }

  @Test func `a recording that is none, and a model that does not open, are one line`() throws {
    let folder = try TemporaryFolder()
    try folder.write("r", "hello\n")
    let bad = try Shell.heed(["explore", "--play", "r"], in: folder.path)
    #expect(bad.status == 1 && bad.errorLines.count == 1)
    let gone = try Shell.heed(["explore", "--play", "nothing"], in: folder.path)
    #expect(
      gone.status == 1 && gone.errors == "heed: error: nothing: cannot be read: no such file\n")
    #expect(try Shell.heed(["explore", "--play", "r", "--plain"], in: folder.path).status == 64)
  }

  @Test func `plain answers line by line, in text`() throws {
    let lines = [
      "goto L3.H5", ":view map", "}", "query 3", "goto L9.H9", "show", "data", "prompt it was",
      "edit", "so it is", "open nowhere", "quit", "never read",
    ]
    let finished = try Shell.heed(
      ["--plain", "sample:novels", "to be or not to be"],
      input: Array((lines.joined(separator: "\n") + "\n").utf8), environment: ["TERM": "dumb"])
    #expect(finished.status == 0 && finished.errors.isEmpty, "\(finished.errors)")
    let text = finished.text
    for answer in [
      "6 layers of 8 heads, 7 tokens\n", "atlas: L3.H5  Entropy", "map: L3.H6  query 6 \" be\"",
      "map: L3.H6  query 3 \" or\"", "error: :goto: found \"L9.H9\", expected a head from L0.H0 to",
      "weight 0", "query\tkey0\tkey1", "query 2 \" was\"", "Type the prompt; an empty line",
      "query 3 \" is\"",
      "error: nowhere: ",
    ] {
      #expect(text.contains(answer), "\(answer)")
    }
    #expect(!text.contains("\u{1b}") && !text.contains("never"))
  }

  @Test func `plain says what is asked for, what is in force and what is under the cursor`() throws
  {
    let lines = [
      "o", "previous", "m", "a", "view predict", "Home", "x", "a", "'", "a", "view image",
      "view sinks",
      "view neuron", "view generate", "rule temperature:tau=2", "view atlas", "help",
    ]
    let finished = try Shell.heed(
      ["--plain", "sample:novels", "When Mary and John went to the store, John gave a drink to"],
      input: Array((lines.joined(separator: "\n") + "\n").utf8))
    let answers = finished.text.split(separator: "\n").map(String.init)
    for answer in [
      "Type one of these, or a part of its name, for \"colour by\":", "entropy: Entropy",
      "atlas: L0.H0  Previous-token share", "Type mark: a letter names this place",
      "this is a; ' and a come back",
      "predict: after 14 \" to\" comes \" Mary\" 0.9709; L5.H1 adds +1.96 to \" Mary\", from ␣Mary 1.00",
      "predict: after 14 \" to\" comes \" John\" 0.6202; unchanged, L5.H1 adds",
      "atlas: L0.H0  Previous-token share  0.0909 share; without L5.H1",
      "image: the keys here are no patches of an image; without L5.H1",
      "sinks: key 0 \"<|endoftext|>\" receives",
      "; q∘k: sum +6.267 of 32 dimensions; largest 28: +2.09",
      "generate: token 1 of 1: ␣John 0.62; then ␣Mary 0.21",
      "rules: Temperature", "show: the view as text",
      "knock-out: Run without this head, or with it; keys x",
    ] {
      #expect(
        answers.contains { $0.hasPrefix(answer) || $0.contains(answer) && answer.hasPrefix(";") },
        "\(answer)")
    }
  }

  @Test func `a session is written, and opens where it was`() throws {
    let folder = try TemporaryFolder()
    let script = "view map\ngoto L4.H2\nquery 3\nscale log\nwrite\n"
    let written = try Shell.heed(
      ["--plain", "sample:novels", "to be or not to be"], input: Array(script.utf8))
    // Playing and --plain write nothing into files: what is saved is printed.
    let start = try #require(written.text.range(of: "heed session 1\n"))
    let end = try #require(written.text[start.lowerBound...].range(of: "zoom fit\n"))
    let session = String(written.text[start.lowerBound..<end.upperBound])
    try folder.write("s", session)
    let opened = try Shell.heed(["explore", "--plain", "--session", "s"], in: folder.path)
    #expect(opened.text.contains("map: L4.H2  query 3 \" or\""), "\(opened.text)\(opened.errors)")
    let hash = try #require(session.firstMatch(of: /hash (\w+)/)?.1)
    try folder.write("s", session.replacing(hash, with: "0123456789abcdef"))
    let other = try Shell.heed(["explore", "--plain", "--session", "s"], in: folder.path)
    #expect(other.status == 1)
    #expect(
      other.errors == "heed: error: s: was saved for a checkpoint with hash 0123456789abcdef, "
        + "sample:novels has \(hash); name the model before --session to open it there all the same\n"
    )
    let named = try Shell.heed(
      ["explore", "sample:novels", "--plain", "--session", "s"], in: folder.path)
    #expect(named.text.contains("map: L4.H2  query 3 \" or\""))
  }
}
