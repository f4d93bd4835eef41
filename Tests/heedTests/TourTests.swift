import Explorer
import Foundation
import Testing

/// The path from the first screen to an answer, as the README shows it.
@Suite struct TourTests {
  @Test func `at most twelve keys lead to which head copies names, and what is without it`() throws
  {
    let recording = try Recording(Repository.text("samples/tour"), file: "tour")
    let keys = recording.steps.filter { if case .key = $0.step { true } else { false } }
    #expect((1...12).contains(keys.count))
    let played = try Shell.heed(["--play", Repository.path + "/samples/tour"])
    #expect(played.status == 0 && played.errors.isEmpty, "\(played.errors)")
    let pictures = played.text.components(separatedBy: "heed \(Release.version): predict of ")
    try #require(pictures.count == 3)
    // The head that adds most to the name looks at it.
    let head = try #require(pictures[1].split(separator: ",").first)
    let line = try #require(pictures[1].split(separator: "\n").first { $0.contains("▸ \(head)") })
    #expect(line.contains("from ␣Mary"))
    // Without it another name is expected.
    #expect(pictures[1].contains("comes \" Mary\" 0.9"))
    #expect(pictures[2].contains("comes \" John\"") && pictures[2].contains("without \(head)"))
    #expect(pictures[2].contains("before  after"))
  }

  @Test func `the README's screens are what the tour prints`() throws {
    let played = try Shell.heed(["--play", Repository.path + "/samples/tour"])
    let printed = Set(played.text.split(separator: "\n").map(String.init))
    let blocks = try Repository.text("README.md").components(separatedBy: "```text\n").dropFirst()
    #expect(blocks.count == 2)
    for block in blocks {
      let lines = block.components(separatedBy: "\n```")[0].split(separator: "\n")
      #expect(lines.count > 8)
      for line in lines { #expect(printed.contains(String(line)), "\(line)") }
    }
  }

  @Test func `every key of the tour is offered where it is pressed`() throws {
    // The line of keys, which a snapshot leaves out, as the screen shows it.
    let predict = Commands.all.compactMap(\.hint)
    #expect(predict.contains { $0.keys == "p" && $0.views.contains("atlas") })
    #expect(predict.contains { $0.keys == "Home" && $0.views == ["predict"] })
    #expect(predict.contains { $0.keys == "x" })
  }
}
