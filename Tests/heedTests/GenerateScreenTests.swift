import Testing

/// What the generate view writes, played on the sample of novels.
@Suite struct GenerateScreenTests {
  private let text = "When Mary and John went to the store, John gave a drink to"

  private func play(_ prompt: String, _ lines: String...) throws -> String {
    let folder = try TemporaryFolder()
    let beginning = [
      "heed recording 1", "open \"sample:novels\"", "prompt \"\(prompt)\"", "size 120x24",
    ]
    try folder.write("r", (beginning + lines).joined(separator: "\n") + "\n")
    let played = try Shell.heed(["explore", "--play", "r"], in: folder.path)
    #expect(played.errors.isEmpty, "\(played.errors)")
    return played.text
  }

  /// The line that holds the text as far as it was written.
  private func written(_ picture: String) -> Substring? {
    picture.split(separator: "\n").last { $0.hasPrefix("<|endoftext|>When") }
  }

  @Test func `token by token is what all at once is, and what a longer prompt goes on with`() throws
  {
    let once = try play(text, "C", "3", "Enter", ":snapshot")
    #expect(once.contains("token 4 of 4"))
    let single = try play(text, "C", "Enter", "Enter", "Enter", ":snapshot")
    #expect(written(once) == written(single) && written(once)?.contains("drink to Mary") == true)
    // Run from its beginning, the longer prompt gives the same words after it.
    let longer = try play(text + " Mary", "C", "2", "Enter", ":snapshot")
    #expect(written(longer) == written(once))
  }

  @Test func `another text is written without a head, beside what was written with it`() throws {
    let picture = try play(text, "C", "2", "Enter", ":goto L5.H1", "X", "Left", ":snapshot")
    #expect(picture.contains("without L5.H0") && picture.contains("unchanged it wrote"))
  }
}
