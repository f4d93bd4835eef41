import Foundation
import Testing

/// What an encoder-decoder's screens show, played on the sample that sorts.
@Suite struct EncoderDecoderScreenTests {
  private func play(_ lines: String...) throws -> (text: String, errors: String) {
    let folder = try TemporaryFolder()
    let beginning = ["heed recording 1", "open \"sample:sort\"", "prompt \"sort 41 7 93 12\""]
    try folder.write("r", (beginning + ["size 80x24"] + lines).joined(separator: "\n") + "\n")
    let played = try Shell.heed(["explore", "--play", "r"], in: folder.path)
    return (played.text, played.errors)
  }

  @Test func `it writes its answer token by token, and cross attention points at what is copied`()
    throws
  {
    let (text, errors) = try play(":stream cross", "C", "3", "Enter", ":snapshot")
    #expect(errors.isEmpty)
    #expect(text.contains("token 4 of 4: 93 1.00"), "the answer is sorted")
    #expect(text.contains("cross attention of this step by key"))
    #expect(text.contains("cross heads at it"))
    // The token stands at 3 of what the encoder read, and a row of the map is marked there.
    #expect(text.contains(" at 3") && text.contains("◆"))
    #expect(text.contains("sort 41 7 93 12"), "numbers do not run together")
  }

  @Test func `the decoder's own attention is shown with its tokens, the encoder writes nothing`()
    throws
  {
    let (text, _) = try play("C", "2", "Enter", ":snapshot", ":stream encoder", ":snapshot")
    #expect(text.contains("the decoder's own attention of this step"))
    #expect(text.contains("token 3 of 3: 41"))
    #expect(text.contains("the encoder stream predicts nothing, the decoder does; E shows it"))
  }

  @Test func `what heads of the encoder and of cross attention are worth is told by the decoder`()
    throws
  {
    for stream in ["encoder", "cross"] {
      let (text, errors) = try play(":stream \(stream)", "X", "s", "P", "s")
      #expect(errors.isEmpty)
      let line = try #require(text.split(separator: "\n").first { $0.contains("  loss ") })
      let losses = try #require(line.firstMatch(of: /loss (\S+) to (\S+), \+(\S+)/))
      let numbers = [losses.1, losses.2, losses.3].compactMap { Double($0) }
      #expect(numbers.count == 3 && numbers[0] < numbers[1], "\(stream): \(line)")
      #expect(text.contains("12 of 12 heads left  loss"), "\(stream)")
    }
  }

  @Test func `heads are pruned by the loss of the decoder's tokens`() throws {
    let (text, errors) = try play("P", "$", ":snapshot")
    #expect(errors.isEmpty)
    #expect(text.contains("the loss on 4 decoder tokens"))
    #expect(text.contains("1 of 12 heads left"))
  }
}
