import Testing
import Tokenizers

@testable import Models

/// Named stretches of a prompt.
@Suite struct PromptSpanTests {
  @Test func `a span reads as name and two positions`() {
    #expect(PromptSpan(parsing: "doc=3..9") == PromptSpan(name: "doc", tokens: 3..<9))
    for text in ["doc", "=1..2", "doc=1", "doc=2..2", "doc=3..1", "doc=-1..2", "doc=a..b"] {
      #expect(PromptSpan(parsing: text) == nil, "\(text)")
    }
  }

  @Test func `tags are taken out and their bytes remembered`() throws {
    let text = try TaggedText(Array("a <<x>>bc<<y>>d<</y>><</x>> << e <<\n>>".utf8))
    #expect(String(decoding: text.bytes, as: UTF8.self) == "a bcd << e <<\n>>")
    #expect(
      text.marks == [.init(name: "y", bytes: 4..<5), .init(name: "x", bytes: 2..<5)])
  }

  @Test func `tags that do not match are refused by name`() {
    #expect(throws: PromptSpanError.tagNotClosed("x")) { try TaggedText(Array("<<x>>a".utf8)) }
    #expect(throws: PromptSpanError.tagNotOpened("x")) { try TaggedText(Array("a<</x>>".utf8)) }
    #expect(
      PromptSpanError.tagNotClosed("x").description
        == "<<x>> is never closed; write <</x>> where the span ends")
  }

  @Test func `a token belongs to a span that holds a part of its bytes`() throws {
    let tokens = [(0, 0), (0, 2), (2, 5), (5, 6)].map { start, end in
      Token(id: 1, piece: "t", bytes: [], start: start, end: end)
    }
    let prompt = try Prompt(tokens: tokens).marking(TaggedText(Array("a<<x>>bc<</x>>def".utf8)))
    #expect(prompt.spans == [PromptSpan(name: "x", tokens: 1..<3)])
    #expect(throws: PromptSpanError.noTokens("x")) {
      try Prompt(tokens: tokens).marking(TaggedText(Array("<<x>><</x>>abc".utf8)))
    }
    let outside = PromptSpan(name: "z", tokens: 2..<5)
    #expect(throws: PromptSpanError.outside(outside, seq: 4)) { try prompt.marking([outside]) }
    #expect(
      PromptSpanError.outside(outside, seq: 4).description
        == "--span z=2..5: the prompt has tokens 0 to 3; END is the first token after the span")
  }
}
