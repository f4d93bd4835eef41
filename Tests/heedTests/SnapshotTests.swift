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
      #expect(lines[0].hasPrefix("heed \"novels\" \(view) L0.H0"))
      #expect(lines[1] == "\"to be or not to be\"")
      // The heading, an empty line, the picture, and the end of the last line.
      #expect(lines.count <= 3 + height + 1)
      #expect(lines.allSatisfy { $0.count <= max(width, lines[0].count) })
      #expect(!text.contains("\u{1b}"))
    }
  }

  @Test func `a head, a query, a score and a scale can be chosen`() throws {
    let map = try snapshot(
      "--view", "map", "--layer", "2", "--head", "6", "--query", "3", "--key", "2",
      "--scale", "log"
    ).text
    #expect(map.hasPrefix("heed \"novels\" map L2.H6 log\n"))
    let atlas = try snapshot("--score", "previous").text
    #expect(atlas.hasPrefix("heed \"novels\" atlas L0.H0 previous\n"))
    #expect(map != atlas)
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

  @Test func `heed without a terminal prints its views, of the default sample and prompt`() throws {
    let finished = try Shell.heed([])
    #expect(finished.status == 0 && finished.errors.isEmpty)
    for view in ["atlas", "map", "tokens"] {
      #expect(finished.text.contains("heed \"novels\" \(view) L0.H0"))
    }
    #expect(finished.text.contains("When Mary and John went to the store"))
    let explicit = try Shell.heed(["explore", "sample:novels"], environment: ["TERM": "dumb"])
    #expect(explicit.text == finished.text)
  }
}
