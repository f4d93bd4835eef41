import Explorer
import Models
import Tensors
import Testing
import Tokenizers

@testable import Explorer

private let patterns = SyntheticPatterns(tokens: 21)
private let uniform = HeadIndex(layer: 0, head: 2)
private let sink = HeadIndex(layer: 0, head: 1)

private func row(_ source: any PatternSource, _ head: HeadIndex, _ query: Int) -> [Float] {
  source.pattern(head, rows: query..<query + 1, columns: 0..<source.keyCount).elements
}

@Test func `the average of a layer's heads is their mean, the maximum their largest weight`() {
  let average = row(PooledPatterns(patterns, .average), sink, 9)
  let largest = row(PooledPatterns(patterns, .maximum), sink, 9)
  for key in 0..<21 {
    let weights = (0..<6).map {
      SyntheticPatterns.weight(HeadIndex(layer: 0, head: $0), query: 9, key: key)
    }
    #expect(abs(average[key] - weights.reduce(0, +) / 6) < 1e-6)
    #expect(largest[key] == weights.max())
  }
}

@Test func `a key whose value is zero loses its weight to the others`() {
  let norms = (0..<4).map { _ in (0..<6).map { _ in (0..<21).map { $0 == 0 ? Float(0) : 2 } } }
  let weighted = row(ValueWeightedPatterns(patterns, ValueLengths(norms)), sink, 9)
  #expect(weighted[0] == 0 && weighted[9] == 1)
}

@Test func `hidden sinks leave their row short, renormalised ones do not`() {
  let hidden = SinklessPatterns(patterns, [0], renormalises: false)
  #expect(row(hidden, sink, 9).reduce(0, +) == 0.25)
  #expect(hidden.hiddenMass(sink, query: 9) == 0.75)
  let rest = SinklessPatterns(patterns, [0], renormalises: true)
  #expect(row(rest, sink, 9)[9] == 1)
  // The first query sees the sink alone: nothing is left to divide.
  #expect(row(rest, sink, 0)[0].isNaN)
}

@Test func `words add up keys and average queries`() {
  let tokens = ["The", " ca", "t", " s", "at", ".", " It", "'s"].map { Token($0) }
  let words = Words(tokens)
  #expect(words.groups == [0..<1, 1..<3, 3..<5, 5..<6, 6..<8])
  #expect(words.tokens.map(\.text) == ["The", " cat", " sat", ".", " It's"])
  #expect((0..<8).map { words.word(of: $0) } == [0, 1, 1, 2, 2, 3, 4, 4])
  let base = SyntheticPatterns(tokens: 8)
  let merged = WordPatterns(base, words)
  let weights = row(merged, uniform, 2)
  // Queries 3 and 4 give 1/4 and 1/5 to every key they see.
  #expect(abs(weights[0] - (0.25 + 0.2) / 2) < 1e-6)
  #expect(abs(weights[1] - (0.5 + 0.4) / 2) < 1e-6)
  #expect(abs(weights.reduce(0, +) - 1) < 1e-6)
}

@Test func `tokens that lie apart in the text are different words`() {
  func token(_ text: String, _ start: Int, special: Bool = false) -> Token {
    Token(
      id: 0, piece: text, bytes: Array(text.utf8), start: start, end: start + text.utf8.count,
      isSpecial: special)
  }
  let words = Words([token("he", 0), token("ed", 2), token("is", 5), token("a", 7, special: true)])
  #expect(words.groups == [0..<2, 2..<3, 3..<4])
}

@Test func `in word mode the cursors stay on the same text`() {
  var state = ExplorerState(
    .synthetic(["The", " ca", "t", " s", "at"].map { Token($0) }), view: "map")
  _ = update(&state, .point(query: 4, key: 2))
  state.press(.character("w"))
  #expect(state.subject?.tokens.map(\.text) == ["The", " cat", " sat"])
  #expect(state.query == 2 && state.key == 1)
  state.press(.character("w"))
  #expect(state.query == 4 && state.key == 1)
}

@Test func `a quantile is the share of weights that are not larger`() {
  let levels = Scale.quantile.levels(of: [0.1, 0.4, 0, 0.2, 0.2, .nan])
  #expect(levels.level(0.1) == 0.25 && levels.level(0.2) == 0.75 && levels.level(0.4) == 1)
  #expect(levels.level(0) == 0 && levels.level(.nan).isNaN)
  #expect(levels.ends == ("0.100", "0.400"))
  #expect(Scale.quantile.levels(of: []).level(0.5) == 0)
}

@Test func `what the lens does is always said, and how much it hides`() {
  var state = ExplorerState(.synthetic(), view: "map")
  _ = update(&state, .goto(sink))
  _ = update(&state, .point(query: 12, key: 0))
  state.press(.character("Z"))
  var text = state.text(100, 30)
  #expect(text.contains("sinks hidden, hidden 0.75 of query 12"))
  #expect(text.contains("key 0 \"The\"  0.0000"))
  state.press(.character("Z"))
  text = state.text(100, 30)
  #expect(text.contains("sinks hidden, rows sum to 1"))
  state.press(.character("Z"), .character("a"), .character("z"))
  text = state.text(100, 30)
  #expect(text.contains("log, fit, average of the layer's heads"))
}

@Test func `value-weighted maps are asked for, and plain until the lengths are known`() {
  var state = ExplorerState(.synthetic(), view: "map")
  _ = update(&state, .goto(sink))
  #expect(state.press(.character("v")) == [.ask([Question(.valueNorms)], generation: 1)])
  #expect(state.text(100, 30).contains("lengths not known yet"))
  let norms = ValueLengths((0..<4).map { _ in (0..<6).map { _ in (0..<21).map { _ in Float(1) } } })
  _ = update(&state, .answered(Question(.valueNorms), .valueNorms(norms), generation: 1))
  #expect(!state.text(100, 30).contains("lengths not known yet"))
  #expect(state.text(100, 30).contains("value-weighted"))
}

@Test func `what a line has no room for is said in short, numbers and rules' names always`() {
  var state = ExplorerState(.synthetic(), view: "map")
  state.look(through: Lens("average,value-weighted,words,sinks=renormalised") ?? Lens())
  let wide = state.text(200, 24)
  #expect(wide.contains("average of the layer's heads, value-weighted, words"))
  #expect(state.text(80, 24).contains("max of 2×2, average, by value, words, no sinks, …"))
  #expect(state.text(60, 24).contains("max of 2×2, average, by valu…"))
  state.look(through: Lens())
  state.notes[state.head] = "a note that is longer than the line that it stands on has room for"
  state.type("filter layer<3")
  state.change { alteration in
    alteration.knockedOut = StreamHeads([
      HeadIndex(layer: 2, head: 1), HeadIndex(layer: 2, head: 2),
    ])
    for head in 0..<4 {
      alteration[rulesOf: .decoder][HeadIndex(layer: 0, head: head)] = try? RuleSpec(
        parsing: "streaming:sink=3")
    }
  }
  #expect(state.text(200, 24).contains("rule streaming:sink=3,recent="), "where there is room")
  let short = state.text(80, 24)
  #expect(short.contains("key 0 \"The\"  0.0000  without 2 heads; rule streaming  ! a"))
}

@Test func `a lens that is on is named beside the atlas's map, too`() {
  var state = ExplorerState(.synthetic())
  state.press(.character("a"))
  #expect(state.text(80, 24).contains("max of 2×2, average"))
  state.press(.character("v"), .character("Z"))
  #expect(state.text(120, 40).contains("average, by value, no sinks"))
}
