import Explorer
import Models
import Synchronization
import Tensors
import Testing

@Test func `the program hands effects out and screen requests back`() {
  var effects: [Effect] = []
  let program = ExplorerProgram(ExplorerState(.synthetic())) { effects.append($0) }
  #expect(program.receive(.key(.control("z"))) == [.suspend])
  #expect(program.receive(.key(.control("l"))) == [.redraw])
  #expect(program.receive(.key(.character("M"))) == [.mouse(false)])
  #expect(program.receive(.key(.character("R"))) == [])
  #expect(effects == [.run(Subject.sentence.joined())])
}

@Test func `mail from the background wakes the loop and changes the picture`() {
  let woken = Mutex(0)
  let program = ExplorerProgram(ExplorerState()) { _ in }
  program.onMail { woken.withLock { $0 += 1 } }
  let appearance = Appearance(depth: .palette256, charset: .half)
  let empty = program.draw(width: 80, height: 24, appearance: appearance)
  program.mailbox.post(.progress(0.5, "layer 1"))
  program.mailbox.post(.loaded(.synthetic()))
  #expect(woken.withLock { $0 } == 2)
  #expect(program.receiveMail() == [])
  let loaded = program.draw(width: 80, height: 24, appearance: appearance)
  #expect(loaded != empty)
  #expect(program.looks(for: loaded, appearance: appearance).count == 80 * 24)
}

/// Counts how often and how much of a map is asked for.
private final class CountingPatterns: PatternSource {
  let base = SyntheticPatterns(tokens: 300)
  let asked = Mutex<[(rows: Range<Int>, columns: Range<Int>)]>([])
  var layers: Int { base.layers }
  var heads: Int { base.heads }
  var queryCount: Int { base.queryCount }
  var keyCount: Int { base.keyCount }
  var isCausal: Bool { true }

  func pattern(_ head: HeadIndex, rows: Range<Int>, columns: Range<Int>) -> Tensor<Float> {
    asked.withLock { $0.append((rows, columns)) }
    return base.pattern(head, rows: rows, columns: columns)
  }
}

@Test func `the map asks for what is seen, once`() {
  let patterns = CountingPatterns()
  let subject = Subject(
    model: "m", prompt: "", tokens: [], patterns: patterns, scores: [])
  let program = ExplorerProgram(ExplorerState(subject, view: "map")) { _ in }
  let appearance = Appearance(depth: .palette256, charset: .half)
  _ = program.apply(.zoom(.cells(1)))
  _ = program.draw(width: 80, height: 24, appearance: appearance)
  let first = patterns.asked.withLock { $0 }
  #expect(first.allSatisfy { $0.rows.count <= 48 && $0.columns.count <= 80 })
  _ = program.draw(width: 80, height: 24, appearance: appearance)
  #expect(patterns.asked.withLock { $0.count } == first.count)
}
