import Explorer
import Testing

@testable import Terminal

@Suite struct KeyDecoderTests {
  /// Events for bytes that arrive together, in words.
  private func decode(_ parts: String..., curses: [Int] = []) -> [String] {
    var decoder = KeyDecoder()
    var events: [InputEvent] = []
    for part in parts {
      for byte in part.utf8 { events += decoder.take(Int(byte)) { _ in nil } }
      events += decoder.endOfInput()
    }
    for code in curses { events += decoder.take(code) { _ in .up } }
    return events.map { "\($0)".replacing("Explorer.", with: "") }
  }

  private func keys(_ keys: Key...) -> [String] {
    keys.map { "\(InputEvent.key($0))".replacing("Explorer.", with: "") }
  }

  @Test func `letters and control letters are keys`() {
    #expect(decode("a Z") == keys(.character("a"), .character(" "), .character("Z")))
    #expect(decode("\u{1a}\u{3}") == keys(.control("z"), .control("c")))
    #expect(
      decode("\r\t\u{7f}\u{8}\u{0}\u{1f}")
        == keys(.enter, .tab, .backspace, .backspace, .control(" "), .control("_")))
  }

  @Test func `characters of several bytes arrive whole, however they are split`() {
    #expect(decode("é注👍") == keys(.character("é"), .character("注"), .character("👍")))
    var decoder = KeyDecoder()
    var events: [InputEvent] = []
    for byte in "注".utf8 {
      events += decoder.take(Int(byte)) { _ in nil }
      events += decoder.endOfInput()
    }
    #expect(events.map { "\($0)".replacing("Explorer.", with: "") } == keys(.character("注")))
  }

  @Test func `bytes that are not UTF-8 are dropped and the next key survives`() {
    var decoder = KeyDecoder()
    var events: [InputEvent] = []
    for byte in [0xff, 0x80, 0xe6, 0x41] { events += decoder.take(byte) { _ in nil } }
    #expect(events.map { "\($0)".replacing("Explorer.", with: "") } == keys(.character("A")))
  }

  @Test func `Esc alone is a key and before a letter it comes first`() {
    #expect(decode("\u{1b}") == keys(.escape))
    #expect(decode("\u{1b}\u{1b}") == keys(.escape, .escape))
    #expect(decode("\u{1b}j") == keys(.escape, .character("j")))
  }

  @Test func `arrows and editing keys are known beside the terminal's description`() {
    #expect(decode("\u{1b}[A\u{1b}[B\u{1b}OC\u{1b}OD") == keys(.up, .down, .right, .left))
    #expect(
      decode("\u{1b}[H\u{1b}[F\u{1b}[1~\u{1b}[8~\u{1b}OH")
        == keys(.home, .end, .home, .end, .home))
    #expect(
      decode("\u{1b}[5~\u{1b}[6;5~\u{1b}[3~\u{1b}[Z")
        == keys(.pageUp, .pageDown, .delete, .backTab))
    #expect(decode("\u{1b}[1;2A\u{1b}[1;5C") == keys(.shiftUp, .shiftRight))
    #expect(
      decode("\u{1b}OP\u{1b}[15~\u{1b}[24~")
        == keys(.function(1), .function(5), .function(12)))
  }

  @Test func `a sequence that nobody knows never acts as letters`() {
    #expect(decode("\u{1b}[?1;2c\u{1b}[>0;95;0cj") == keys(.character("j")))
    #expect(decode("\u{1b}[12;", "5Rq") == keys(.character("q")))
  }

  @Test func `pasted text is one event with its line ends`() {
    #expect(
      decode("\u{1b}[200~two\rlines é\u{1b}[201~q")
        == ["paste(\"two\\nlines é\")"] + keys(.character("q")))
    #expect(decode("\u{1b}[200~q", "\u{1b}", "[201~") == ["paste(\"q\")"])
    #expect(decode("\u{1b}[200~a\u{1b}[Ab\u{1b}[201~") == ["paste(\"ab\")"])
  }

  @Test func `the mouse is read in both protocols`() {
    func mouse(_ kind: MouseEvent.Kind, _ x: Int, _ y: Int) -> String {
      "\(InputEvent.mouse(MouseEvent(kind, x: x, y: y)))".replacing("Explorer.", with: "")
    }
    #expect(
      decode("\u{1b}[<0;300;5M\u{1b}[<0;300;5m")
        == [mouse(.press, 299, 4), mouse(.release, 299, 4)])
    #expect(
      decode("\u{1b}[<32;2;1M\u{1b}[<64;1;1M\u{1b}[<81;1;1M")
        == [mouse(.drag, 1, 0), mouse(.wheelUp, 0, 0), mouse(.wheelDown, 0, 0)])
    #expect(
      decode("\u{1b}[M !!\u{1b}[M#!!\u{1b}[M`%!")
        == [mouse(.press, 0, 0), mouse(.release, 0, 0), mouse(.wheelUp, 4, 0)])
    #expect(decode("\u{1b}[<2;3;4M\u{1b}[<35;3;4M\u{1b}[<0;4Mk") == keys(.character("k")))
  }

  @Test func `codes of curses end what was pending`() {
    #expect(decode("a", curses: [259]) == keys(.character("a"), .up))
  }

  @Test(arguments: [
    ("KEY_UP", Key.up), ("KEY_SR", .shiftUp), ("KEY_SF", .shiftDown), ("kRIT5", .shiftRight),
    ("kUP", .shiftUp), ("kLFT3", .shiftLeft), ("kPRV3", .pageUp), ("KEY_F(12)", .function(12)),
    ("KEY_BTAB", .backTab), ("KEY_NPAGE", .pageDown), ("KEY_BACKSPACE", .backspace),
  ])
  func `curses' names are keys`(name: String, key: Key) {
    #expect(KeySequence.named(name) == key)
  }

  @Test func `unknown names are no keys`() {
    #expect(KeySequence.named("KEY_COPY") == nil)
    #expect(KeySequence.named("^A") == nil)
  }
}
