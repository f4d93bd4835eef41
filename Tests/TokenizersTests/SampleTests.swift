import Foundation
import Testing

@testable import Tokenizers

/// The repository's folder of samples.
let samplesFolder = URL(fileURLWithPath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  .appendingPathComponent("samples").path

@Test func `the novels sample puts a BOS before the text and knows its pieces`() throws {
  let tokenizer = try Tokenizer.open(folder: samplesFolder + "/novels")
  let encoding = tokenizer.encode("the store")
  #expect(encoding.added == ["bos"])
  #expect(encoding.tokens.first?.piece == "<|endoftext|>")
  #expect(encoding.tokens.first?.isSpecial == true)
  #expect(encoding.tokens.dropFirst().map(\.text).joined() == "the store")
  #expect(tokenizer.vocabularySize == 4096)
}
