import Explorer
import Testing

@testable import Terminal

@Suite struct PacerTests {
  @Test func `a picture is due at the start and after input, then never`() {
    var pacer = Pacer(rate: 10)
    #expect(pacer.isDue(at: 5))
    pacer.painted(from: 5, to: 5.01)
    #expect(!pacer.isDue(at: 1000))
    #expect(pacer.wait(at: 1000) == -1)
    pacer.inputArrived()
    #expect(pacer.isDue(at: 5.02))
  }

  @Test func `background news waits for its turn and sleeps until then`() {
    var pacer = Pacer(rate: 10)
    pacer.painted(from: 5, to: 5.02)
    pacer.mailArrived()
    #expect(!pacer.isDue(at: 5.09))
    #expect(pacer.wait(at: 5.05) == 50)
    #expect(pacer.isDue(at: 5.11))
    #expect(pacer.wait(at: 7) == 0)
  }

  @Test func `input is not held back by news`() {
    var pacer = Pacer(rate: 10)
    pacer.painted(from: 5, to: 5)
    pacer.inputArrived()
    pacer.mailArrived()
    #expect(pacer.isDue(at: 5))
  }

  @Test func `slow pictures leave as much time between them`() {
    var pacer = Pacer(rate: 10)
    pacer.painted(from: 5, to: 5.5)
    pacer.mailArrived()
    #expect(!pacer.isDue(at: 5.9))
    #expect(pacer.isDue(at: 6))
  }
}

@Suite struct Base64Tests {
  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy"),
    ("héllo", "aMOpbGxv"), ("~~~???", "fn5+Pz8/"),
  ])
  func `text is encoded as RFC 4648 says`(text: String, expected: String) {
    #expect(Base64.encode(Array(text.utf8)) == expected)
  }
}

@Suite struct ColorNumberTests {
  @Test func `true colours never fall on the palette's numbers`() {
    #expect(ColorPairs.curses(.rgb(0, 0, 0), depth: .direct) == 0x10000)
    #expect(ColorPairs.curses(.rgb(0, 0, 7), depth: .direct) == 0x10007)
    #expect(ColorPairs.curses(.rgb(200, 30, 10), depth: .direct) == 0xc81e0a)
  }

  @Test func `the palette has its usual colours in 24 bits`() {
    #expect(ColorPairs.curses(.indexed(1), depth: .direct) == 1)
    #expect(ColorPairs.curses(.indexed(9), depth: .direct) == 0xff0000)
    #expect(ColorPairs.curses(.indexed(16), depth: .direct) == 0x10000)
    #expect(ColorPairs.curses(.indexed(208), depth: .direct) == 0xff8700)
    #expect(ColorPairs.curses(.indexed(255), depth: .direct) == 0xeeeeee)
  }

  @Test func `colours that a depth lacks become the terminal's own`() {
    #expect(ColorPairs.curses(.indexed(200), depth: .palette16) == -1)
    #expect(ColorPairs.curses(.indexed(9), depth: .palette8) == -1)
    #expect(ColorPairs.curses(.rgb(1, 2, 3), depth: .palette256) == -1)
    #expect(ColorPairs.curses(.indexed(3), depth: .mono) == -1)
    #expect(ColorPairs.curses(.terminal, depth: .direct) == -1)
  }
}
