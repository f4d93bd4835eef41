import Testing

/// What the screens of a classifier show, played on the sample that reads digits.
@Suite struct ClassifierScreenTests {
  private func play(_ lines: String...) throws -> (text: String, errors: String) {
    let folder = try TemporaryFolder()
    let beginning = ["heed recording 1", "open \"sample:digits\"", "size 80x24"]
    try folder.write("r", (beginning + lines).joined(separator: "\n") + "\n")
    let played = try Shell.heed(["explore", "--play", "r"], in: folder.path)
    return (played.text, played.errors)
  }

  @Test func `its classes are predicted, layer by layer, with the heads that add to one`() throws {
    let (text, errors) = try play("p", ":snapshot")
    #expect(errors.isEmpty)
    #expect(text.contains("the class of the whole prompt"))
    #expect(text.contains("logit lens: top class, and 0") && text.contains("heads that add to 0"))
    #expect(text.contains("class 0 0.9"), "the status names the class")
  }

  @Test func `without a head its class is compared, and a layer can go as well`() throws {
    let (text, errors) = try play("p", "x", ":snapshot", ":atlas", "X", ":snapshot")
    #expect(errors.isEmpty)
    #expect(text.contains("before  after") && text.contains("without L0.H0"))
    #expect(text.contains("class 0 0.9"))
  }

  @Test func `its heads are pruned by the loss of the class that it names`() throws {
    let (text, errors) = try play("P", ":snapshot")
    #expect(errors.isEmpty && text.contains("the loss on the class it names"))
  }
}
