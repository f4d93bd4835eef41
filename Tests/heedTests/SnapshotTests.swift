import Foundation
import Testing

/// `heed snapshot`, and `heed` without a terminal.
@Suite struct SnapshotTests {
  private func snapshot(_ more: String...) throws -> Finished {
    let finished = try Shell.heed(["snapshot", "sample:novels", "to be or not to be"] + more)
    #expect(finished.status == 0 && finished.errors.isEmpty, "\(finished.errors)")
    return finished
  }

  @Test(arguments: ["atlas", "map", "tokens", "help"])
  func `each view is drawn in the size asked for`(view: String) throws {
    for (width, height) in [(80, 24), (120, 40), (40, 12)] {
      let text = try snapshot("--view", view, "--size", "\(width)x\(height)").text
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
      #expect(lines[0].hasSuffix(": \(view) of L0.H0, novels"))
      let end = try #require(lines.firstIndex(of: ""))
      let facts = lines[1..<end]
      #expect(facts.contains("prompt: \"to be or not to be\""))
      for label in ["view", "model", "hash", "ids", "head", "rule", "scale", "open"] {
        #expect(facts.contains { $0.hasPrefix("\(label): ") }, "\(label)")
      }
      // The heading, an empty line, the picture, and the end of the last line.
      #expect(lines.count <= end + 1 + height + 1)
      #expect(lines[end...].allSatisfy { $0.count <= width })
      #expect(!text.contains("\u{1b}"))
    }
  }

  @Test func `a head, a query, a score and a scale can be chosen`() throws {
    let map = try snapshot(
      "--view", "map", "--layer", "2", "--head", "6", "--query", "3", "--key", "2",
      "--scale", "log"
    ).text
    #expect(map.contains(": map of L2.H6, novels\n"))
    #expect(map.contains("\nquery: 3 \" or\"\nkey: 2 \" be\"\n"))
    #expect(map.contains("\nscale: log, inferno\n"))
    let atlas = try snapshot("--score", "previous").text
    #expect(atlas.contains("\nscore: previous [share]\n"))
    #expect(map != atlas)
  }

  @Test func `the model view says what bfloat16 products cost on this prompt`() throws {
    let rounded = try snapshot("--view", "model", "--precision", "bf16").text
    #expect(rounded.contains("off float32"))
    #expect(rounded.contains("of attention moved"))
    let single = try snapshot("--view", "model", "--precision", "f32").text
    #expect(!single.contains("off float32") && single.contains("bf16 is off"))
  }

  @Test func `ansi has colours, and none of what moves the cursor`() throws {
    let colours = try snapshot("--format", "ansi", "--view", "map").text
    #expect(colours.contains("\u{1b}["))
    for sequence in colours.split(separator: "\u{1b}").dropFirst() {
      let end = sequence.first { $0.isLetter }
      #expect(end == "m", "\(sequence.prefix(8))")
    }
    #expect(try snapshot("--format", "ansi", "--color", "truecolor").text.contains("38;2;"))
    let bare = try Shell.heed(
      ["snapshot", "sample:novels", "to be", "--format", "ansi"], environment: ["NO_COLOR": "1"])
    #expect(!bare.text.contains("38;"))
  }

  @Test func `ascii means ascii`() throws {
    for view in ["atlas", "map", "tokens", "help"] {
      let finished = try snapshot("--view", view, "--charset", "ascii")
      #expect(finished.output.allSatisfy { $0 < 0x80 }, "\(view)")
    }
  }

  @Test func `a snapshot goes to a file`() throws {
    let folder = try TemporaryFolder()
    let words = ["snapshot", "sample:novels", "to be", "--view", "tokens"]
    let wanted = try Shell.heed(words).text
    #expect(try Shell.heed(words + ["--output", "t.txt"], in: folder.path).status == 0)
    #expect(try folder.text("t.txt") == wanted)
    #expect(folder.names == ["t.txt"])
  }

  @Test func `what is no file is written into, a link is followed, and a full disk is told`() throws
  {
    let folder = try TemporaryFolder()
    try folder.write("kept", "old")
    let finished = try Shell.script(
      """
      ln -s kept link; mkfifo pipe
      shot="$heed snapshot sample:novels hi"
      $shot -o link
      cat pipe > got & $shot -o pipe; wait
      $shot > whole
      cmp whole kept && cmp whole got && test -L link && test -p pipe && echo same
      $shot > /dev/full; echo status $?
      """, in: folder.path)
    #expect(finished.text == "same\nstatus 1\n")
    #expect(finished.errors.hasPrefix("heed: error: standard output: cannot be written: No space"))
    #expect(folder.names == ["got", "kept", "link", "pipe", "whole"])
  }

  @Test func `the format follows from the ending of the file`() throws {
    let folder = try TemporaryFolder()
    for (name, beginning) in [
      ("a.svg", "<?xml"), ("a.html", "<!DOCTYPE html>"), ("a.txt", "heed "), ("a.ans", "heed "),
    ] {
      let words = ["snapshot", "sample:novels", "to be", "--view", "map", "-o", name]
      let finished = try Shell.heed(words, in: folder.path)
      #expect(finished.status == 0, "\(finished.errors)")
      #expect(try folder.text(name).hasPrefix(beginning))
    }
    #expect(try folder.text("a.ans").contains("\u{1b}["))
  }

  @Test(arguments: ["text", "ansi", "svg", "html"])
  func `two snapshots of one state are the same bytes, and the line inside makes a third`(
    format: String
  ) throws {
    let words = [
      "snapshot", "sample:novels", "it's \"so\", & <so>", "--view", "map", "--layer", "2", "--head",
      "6", "--query", "4", "--format", format,
    ]
    let first = try Shell.heed(words)
    #expect(first.status == 0)
    let second = try Shell.heed(words)
    #expect(first.output == second.output)
    let text = try Shell.heed(words + ["--format", "text"]).text
    let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("open: heed ") })
    let again = try Shell.script(
      "\"$heed\" snapshot \(line.dropFirst("open: heed ".count)) --format \(format)")
    #expect(again.output == first.output, "\(again.errors)")
  }

  @Test(arguments: [
    [
      "--view", "atlas", "--lens", "words", "--without", "L4.H1", "--exec", "second previous",
      "--exec", "filter layer<4", "--exec", "select L1.H2,L3", "--exec", "goto L2.H2", "--exec",
      "note copies \"it's\"", "--precision", "bf16",
    ],
    [
      "--view", "map", "--zoom", "8", "--query", "6", "--key", "3", "--exec", "corner 4 1",
      "--exec",
      "scroll 2 2", "--exec", "blocks mean",
    ],
    ["--view", "atlas", "--exec", "who 3-5 0-1"], ["--exec", "compare prompt  it was"],
    ["--view", "heads", "--exec", "multiples layers", "--exec", "like L2.H3"],
    ["--exec", "prune michel", "--exec", "step 4"],
    ["--exec", "generate 3", "--exec", "step 1", "--exec", "rows maximum"],
    [
      "--rule", "streaming:sink=1,recent=2", "--heads", "L3", "--view", "rules", "--exec",
      "parameter 1", "--score", "drift-tv",
    ],
  ]) func `whatever was set, the line inside leads back to the same picture`(set: [String]) throws {
    let first = try Shell.heed(["snapshot", "sample:novels", "to be or not to be"] + set)
    #expect(first.status == 0 && first.errors.isEmpty, "\(first.errors)")
    let line = try #require(first.text.split(separator: "\n").first { $0.hasPrefix("open: heed ") })
    let again = try Shell.script("\"$heed\" snapshot \(line.dropFirst("open: heed ".count))")
    #expect(again.output == first.output, "\(line)\n\(again.errors)")
  }

  @Test(arguments: [
    ("quit", "--exec: a picture takes commands that change what is seen"),
    ("prompt so", "--exec: a picture takes commands that change what is seen"),
    ("selct L1", ":selct: no such command; did you mean :select?"),
    ("select L9.H9", ":select: found \"L9.H9\", expected heads such as L5.H1,L3"),
    ("corner 9 9", ":corner: found \"9 9\", expected a query up to 2 and a key up to 2"),
    ("who 1", ":who: found \"1\", expected queries up to 2 and keys up to 2, such as 4-6 0"),
    ("prompts nowhere", "nowhere: cannot be read"),
  ]) func `a command that a picture cannot follow is refused`(command: String, why: String) throws {
    let finished = try Shell.heed(["snapshot", "sample:novels", "to be", "--exec", command])
    #expect(finished.status == 1 && finished.output.isEmpty)
    #expect(finished.errorLines.count == 1 && finished.errors.contains("heed: error: \(why)"))
  }

  @Test func `heed without a terminal prints its views, of the default sample and prompt`() throws {
    let finished = try Shell.heed([])
    #expect(finished.status == 0 && finished.errors.isEmpty)
    for view in ["atlas", "map", "tokens"] {
      #expect(finished.text.contains(": \(view) of L0.H0, novels"))
    }
    #expect(finished.text.contains("When Mary and John went to the store"))
    let explicit = try Shell.heed(["explore", "sample:novels"], environment: ["TERM": "dumb"])
    #expect(explicit.text == finished.text)
  }
}
