import Testing

@testable import Explorer

private func shown(_ text: String, _ charset: Charset = .half) -> String {
  TokenText.shown(Array(text.utf8), charset: charset)
}

@Test(arguments: [
  (" the", "␣the"), ("  a b", "␣␣a b"), ("\n", "␊"), ("\u{1B}[2J", "␛[2J"), ("\u{7F}", "␡"),
  ("\u{9B}31m", "\\x9B31m"), ("\u{202E}x", "<202E>x"), ("a\u{200B}b", "a<200B>b"),
  ("👩\u{200D}💻", "👩💻"), ("❤\u{FE0F}", "❤"), ("👍🏽", "👍"), ("e\u{301}", "e"),
  ("\u{301}", "<301>"), ("猫", "猫"), ("\u{2066}", "<2066>"), ("🇫🇷", "<1F1EB><1F1F7>"),
]) func `a token is shown without what could disturb the screen`(text: String, wanted: String) {
  #expect(shown(text) == wanted)
}

@Test(arguments: [
  (" the", "_the"), ("\n", "\\x0A"), ("\u{1B}", "\\x1B"), ("é", "\\xE9"), ("猫", "<732B>"),
]) func `in ASCII a token is ASCII`(text: String, wanted: String) {
  #expect(shown(text, .ascii) == wanted)
}

@Test func `bytes that are no UTF-8 are shown as numbers`() {
  #expect(TokenText.shown([0xE4], charset: .half) == "<E4>")
  #expect(TokenText.shown([0xE7, 0x8C], charset: .half) == "<E7><8C>")
  // An overlong zero, a surrogate, and a value past the last scalar.
  #expect(TokenText.shown([0xC0, 0x80], charset: .half) == "<C0><80>")
  #expect(TokenText.shown([0xED, 0xA0, 0x80], charset: .half) == "<ED><A0><80>")
  #expect(TokenText.shown([0xF4, 0x90, 0x80, 0x80], charset: .half) == "<F4><90><80><80>")
}

@Test func `the exact text of a token is escaped`() {
  let bytes = Array(" \n\t\"\\\u{1B}\u{202E}é".utf8) + [0xE4]
  #expect(TokenText.exact(bytes, charset: .half) == #"" \n\t\"\\\u{1B}\u{202E}é\xE4""#)
  #expect(TokenText.exact(bytes, charset: .ascii) == #"" \n\t\"\\\u{1B}\u{202E}\u{E9}\xE4""#)
}

@Test func `every scalar is shown in as many columns as are counted and without controls`() {
  let wrong = ((0...0x3_2000) as ClosedRange<UInt32>).filter { value in
    guard let scalar = Unicode.Scalar(value) else { return false }
    return shown(String(scalar)).unicodeScalars.contains { !(1...2).contains(ColumnWidth.of($0)) }
  }
  #expect(wrong == [])
}

@Test func `a text is cut by columns, not by characters`() {
  #expect(TokenText.cut("猫猫猫", columns: 4, charset: .half) == "猫…")
  #expect(TokenText.cut("猫猫猫", columns: 6, charset: .half) == "猫猫猫")
  #expect(TokenText.cut("abcdef", columns: 3, charset: .ascii) == "ab~")
  #expect(TokenText.cut("abc", columns: 0, charset: .half) == "")
}

@Test func `lines are broken at blanks, and in words that are longer than a line`() {
  func broken(_ text: String, columns: Int) -> [String] {
    WrappedText.lines(text, columns: columns, breaksWords: true)
  }
  #expect(broken("one two three", columns: 7) == ["one two", "three"])
  #expect(broken("a 猫猫猫猫 b", columns: 5) == ["a", "猫猫", "猫猫", "b"])
  #expect(broken("abcdefgh", columns: 3) == ["abc", "def", "gh"])
  #expect(broken("猫", columns: 1) == ["猫"])
  #expect(broken("", columns: 9) == [""])
}
