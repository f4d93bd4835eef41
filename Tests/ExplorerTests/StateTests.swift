import Models
import Testing
import Tokenizers

@testable import Explorer

@Test func `Escape goes back one view at a time and never quits`() {
  var state = ExplorerState(.synthetic())
  state.press(.enter)
  #expect(state.view == "map")
  state.press(.enter)
  #expect(state.view == "tokens")
  for _ in 0..<9 { #expect(state.press(.escape) == []) }
  #expect(state.view == "atlas")
}

@Test func `q closes views and quits at the last one`() {
  var state = ExplorerState(.synthetic())
  state.press(.enter)
  #expect(state.press(.character("q")) == [])
  #expect(state.press(.character("q")) == [.screen(.quit)])
}

@Test func `Tab goes round all views and back`() {
  var state = ExplorerState(.synthetic())
  var seen: [String] = []
  for _ in 0..<3 {
    state.press(.tab)
    seen.append(state.view)
  }
  #expect(seen == ["map", "tokens", "atlas"])
  state.press(.backTab)
  #expect(state.view == "tokens")
}

@Test func `Control-C stops a computation before it quits`() {
  var state = ExplorerState(.synthetic())
  _ = update(&state, .progress(0.5, "layer 2"))
  #expect(state.press(.control("c")) == [.cancel])
  #expect(state.press(.control("c")) == [.screen(.quit)])
}

@Test func `while the model runs, keys move and a new prompt can be typed`() {
  var state = ExplorerState(.synthetic())
  #expect(state.press(.character("R")) == [.run(state.prompt)])
  state.press(.down)
  #expect(state.head.layer == 1 && state.progress != nil)
  state.press(.character("e"), .control("u"), .character("H"), .character("i"))
  _ = update(&state, .progress(0.9, "layer 3"))
  #expect(state.press(.enter) == [.run("Hi")])
}

@Test func `a run with fewer tokens and heads brings the cursors back`() {
  var state = ExplorerState(.synthetic())
  _ = update(&state, .goto(HeadIndex(layer: 3, head: 5)))
  _ = update(&state, .loaded(.synthetic([Token("a"), Token("b")], layers: 1, heads: 2)))
  #expect(state.head == HeadIndex(layer: 0, head: 1))
  #expect(state.query == 1 && state.key == 0)
}

@Test func `a failed run keeps the map and says why`() {
  var state = ExplorerState(.synthetic())
  _ = update(&state, .failed("too long"))
  #expect(state.subject != nil && state.notice?.text == "too long")
  state.press(.down)
  #expect(state.notice == nil)
}

@Test func `pasted text is never read as keys`() {
  var state = ExplorerState(.synthetic())
  _ = update(&state, .paste("Q"))
  #expect(state.view == "atlas")
  state.press(.character("e"), .control("u"))
  _ = update(&state, .paste("two\nlines"))
  #expect(state.press(.enter) == [.run("two\nlines")])
}

@Test func `a click on a head chooses it and a second one opens it`() {
  var state = ExplorerState(.synthetic())
  state.press(.down)
  let click = MouseEvent(.press, x: 10, y: 3)
  _ = update(&state, .mouse(click))
  #expect(state.head == HeadIndex(layer: 0, head: 1))
  _ = update(&state, .mouse(click))
  #expect(state.view == "map")
}

@Test func `a click on the map takes the weight under it`() throws {
  var state = ExplorerState(.synthetic(), view: "map")
  _ = update(&state, .point(query: 5, key: 2))
  let canvas = state.canvas(80, 24)
  let place = try #require(
    canvas.cells.indices.first { ["┼", "["].contains(canvas.cells[$0].glyph) })
  _ = update(&state, .point(query: 20, key: 20))
  _ = update(&state, .mouse(MouseEvent(.press, x: place % 80, y: place / 80)))
  // Two queries share a cell of half blocks: the upper one is taken.
  #expect(state.query == 4 && state.key == 2)
}

@Test func `zooming in shows fewer weights and keeps the crosshair in sight`() {
  var state = ExplorerState(.synthetic(), view: "map")
  _ = update(&state, .point(query: 20, key: 18))
  for _ in 0..<12 { state.press(.character("+")) }
  #expect(state.zoom == .cells(16))
  let glyphs = state.canvas(80, 24).cells.map(\.glyph)
  #expect(glyphs.contains("[") && glyphs.contains("]"))
  for _ in 0..<40 { state.press(.character("-")) }
  #expect(state.zoom == .pooled(64))
  state.press(.character("="))
  #expect(state.zoom == .fit)
}

@Test func `the status line tells the exact weight`() {
  var state = ExplorerState(.synthetic(), view: "map")
  _ = update(&state, .goto(HeadIndex(layer: 0, head: 1)))
  _ = update(&state, .point(query: 12, key: 0))
  let text = TextExport.export(state.canvas(80, 24), appearance: state.appearance, ramp: .standard)
  #expect(text.contains("L0.H1  query 12 \" hat\" → key 0 \"The\"  0.7500"))
  _ = update(&state, .point(query: 3, key: 9))
  let other = TextExport.export(state.canvas(80, 24), appearance: state.appearance, ramp: .standard)
  #expect(other.contains("not visible"))
}

@Test func `where attention goes both ways, every key can be seen`() {
  var patterns = SyntheticPatterns(tokens: 21)
  patterns.isCausal = false
  let subject = Subject(
    model: "m", prompt: "", tokens: Subject.sentence.map { Token($0) }, patterns: patterns,
    scores: [])
  var state = ExplorerState(subject, view: "map")
  _ = update(&state, .point(query: 3, key: 9))
  let text = TextExport.export(state.canvas(80, 24), appearance: state.appearance, ramp: .standard)
  #expect(text.contains("query 3 \" on\" → key 9 \" sat\"  0.0000"))
  #expect(state.canvas(80, 24).cells.filter { $0.shade != .none }.count > 21 * 10)
}

@Test func `a message that is too long for a line begins above it`() {
  var state = ExplorerState(.synthetic())
  let why = "model.safetensors: found 12 bytes, expected 40 of tensor " + "transformer.h.0.attn "
  _ = update(&state, .failed(why + "and more; download the file again"))
  let lines = state.text(60, 24).split(separator: "\n", omittingEmptySubsequences: false)
  #expect(lines[21...22].joined(separator: " ").contains("found 12 bytes"))
  #expect(lines.joined(separator: " ").contains("download the file again"))
  state.press(.down)
  #expect(!state.text(60, 24).contains("download the file again"), "until the next key")
}

@Test func `a text is broken at its blanks, and its last line holds what is left`() {
  let text = "one two three four"
  #expect(WrappedText.lines(text, columns: 30, most: 3) == [text])
  #expect(WrappedText.lines(text, columns: 8, most: 3) == ["one two", "three", "four"])
  #expect(WrappedText.lines(text, columns: 8, most: 2) == ["one two", "three four"])
  #expect(WrappedText.lines("  a bb", columns: 4, most: 2, indent: 2) == ["  a", "  bb"])
  #expect(WrappedText.lines("abcdefgh i", columns: 4, most: 3) == ["abcdefgh", "i"])
}
