import Explorer
import Models
import Testing
import Tokenizers

/// A character of two columns is followed by an empty cell, and an empty cell by nothing else.
private func isWhole(_ canvas: Canvas) -> Bool {
  for y in 0..<canvas.height {
    for x in 0..<canvas.width where canvas[x, y].glyph.isEmpty {
      guard x > 0, let before = canvas[x - 1, y].glyph.unicodeScalars.first, before.value > 0x10FF
      else { return false }
    }
  }
  return true
}

private let subjects: [Subject] = [
  .synthetic(), .synthetic([Token("x")]), .synthetic([]), .synthetic(Subject.awkward),
  .synthetic(layers: 12, heads: 128), .synthetic((0..<300).map { Token("t\($0) ") }),
]

@Test func `every view draws at every small size and with every subject`() {
  let some: [Appearance] = [
    .init(depth: .palette256, charset: .half), .init(depth: .palette16, charset: .ascii),
    .init(depth: .mono, charset: .half),
  ]
  for subject in subjects {
    // Shared, since a large map costs more than all pictures of it.
    let tiles = TileCache()
    for view in ExplorerViews.all {
      for appearance in some {
        for (width, height) in [
          (0, 0), (1, 1), (2, 5), (10, 3), (20, 5), (21, 6), (25, 8), (31, 13), (60, 9), (80, 24),
        ] {
          var state = ExplorerState(subject, view: view.name)
          _ = update(&state, .resize(width: width, height: height))
          let canvas = Drawing(state, appearance: appearance, tiles: tiles)
            .canvas(width: width, height: height)
          #expect(canvas.width == width && canvas.height == height)
          #expect(isWhole(canvas), "\(view) \(width)x\(height)")
        }
      }
    }
  }
}

@Test func `every size from 1x1 to 24x12 is drawn after moving about`() {
  for width in 1...24 {
    for height in 1...12 {
      for view in ["atlas", "map", "tokens", "help"] {
        var state = ExplorerState(.synthetic(Subject.awkward), view: view)
        _ = update(&state, .resize(width: width, height: height))
        state.press(.character("J"), .character("L"), .character("G"), .character("+"), .right)
        state.press(.character(":"), .character("s"))
        #expect(isWhole(state.canvas(width, height)))
        state.press(.escape, .character("e"))
        #expect(isWhole(state.canvas(width, height)))
      }
    }
  }
}

@Test func `a large window is drawn`() {
  for view in ExplorerViews.all {
    let state = ExplorerState(.synthetic(Subject.awkward), view: view.name)
    #expect(isWhole(state.canvas(400, 120)))
  }
}

@Test func `random keys never leave the state outside the model`() {
  var random = SplitMix(state: 7)
  let keys = Commands.all.flatMap(\.keys) + [.backspace, .character("x"), .delete]
  for subject in subjects {
    var state = ExplorerState(subject)
    for _ in 0..<200 {
      guard let key = keys.randomElement(using: &random) else { continue }
      _ = update(&state, .key(key))
      guard let patterns = state.subject?.patterns else { continue }
      #expect((0..<patterns.layers).contains(state.head.layer))
      #expect((0..<patterns.heads).contains(state.head.head))
      #expect((0..<patterns.queryCount).contains(state.query))
      #expect((0..<patterns.keyCount).contains(state.key))
    }
    #expect(state.canvas(80, 24).cells.count == 80 * 24)
  }
}

/// A small generator, so that a failure can be repeated.
private struct SplitMix: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
