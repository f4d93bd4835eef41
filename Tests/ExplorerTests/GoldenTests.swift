import Explorer
import Models
import Testing
import Tokenizers

/// State in, screen text out; the line of keys included.
private func picture(
  _ state: ExplorerState, _ width: Int, _ height: Int, charset: Charset = .half
) -> String {
  var state = state
  let appearance = Appearance(depth: .mono, charset: charset)
  (state.width, state.height, state.appearance) = (width, height, appearance)
  let canvas = Drawing(state, appearance: appearance, tiles: TileCache())
    .canvas(width: width, height: height)
  return TextExport.export(canvas, appearance: appearance, ramp: .standard)
}

private let sizes = [(80, 24), (120, 40)]
private let views = [
  "atlas", "compare", "heads", "help", "image", "layers", "map", "model", "neuron", "predict",
  "rules",
  "scores",
  "sinks",
  "tokens",
]

private func state(_ subject: Subject, _ view: String) -> ExplorerState {
  var state = ExplorerState(subject)
  if view != "atlas" { _ = update(&state, .show(view)) }
  _ = update(&state, .goto(HeadIndex(layer: 1, head: 2)))
  if view == "rules" { state.type("rule streaming:sink=2,recent=4") }
  return state.answered()
}

@Test(arguments: views) func `a sentence looks as recorded`(view: String) throws {
  for (width, height) in sizes {
    let text = picture(state(.synthetic(), view), width, height)
    try expectGolden(text, "\(view)-\(width)x\(height)")
  }
}

@Test(arguments: views) func `a sentence looks as recorded in ASCII`(view: String) throws {
  let text = picture(state(.synthetic(), view), 80, 24, charset: .ascii)
  #expect(text.utf8.allSatisfy { $0 == 10 || (32..<127).contains($0) })
  try expectGolden(text, "\(view)-80x24-ascii")
}

@Test(arguments: ["atlas", "map", "tokens"])
func `a sentence looks as recorded in 256 colours`(view: String) throws {
  let appearance = Appearance(depth: .palette256, charset: .half)
  var state = state(.synthetic(), view)
  _ = update(&state, .step(layers: 0, heads: 2))
  _ = update(&state, .scale(.log))
  let canvas = Snapshot.render(
    state, view: view, width: 80, height: 24, appearance: appearance)
  try expectGolden(
    ANSIExport.export(canvas, appearance: appearance, ramp: state.ramp), "\(view)-80x24-ansi")
}

@Test(arguments: ["map", "tokens"]) func `awkward tokens look as recorded`(view: String) throws {
  for (width, height) in sizes {
    let text = picture(state(.synthetic(Subject.awkward), view), width, height)
    try expectGolden(text, "\(view)-awkward-\(width)x\(height)")
  }
}

@Test(arguments: views) func `nothing loaded looks as recorded`(view: String) throws {
  try expectGolden(picture(ExplorerState(view: view), 80, 24), "\(view)-empty")
}

@Test(arguments: ["atlas", "map", "tokens"])
func `one token looks as recorded`(view: String) throws {
  try expectGolden(picture(state(.synthetic([Token("Hi")]), view), 80, 24), "\(view)-one")
}

@Test(arguments: ["atlas", "map", "tokens"])
func `five thousand tokens look as recorded`(view: String) throws {
  let tokens = (0..<5000).map { Token(" \(Subject.sentence[$0 % 7])") }
  try expectGolden(picture(state(.synthetic(tokens), view), 80, 24), "\(view)-5000")
}

@Test func `a failed load says why in the middle of the window`() throws {
  var state = ExplorerState()
  _ = update(&state, .failed("model.safetensors: 12 bytes found, 40 expected; download it again"))
  try expectGolden(picture(state, 80, 24), "failed")
}

@Test func `the command line offers what fits what was typed`() throws {
  var state = state(.synthetic(), "map")
  for key in ":s" { _ = update(&state, .key(.character(key))) }
  try expectGolden(picture(state, 80, 24), "command-line")
}

@Test func `the prompt editor and progress share the window with the map`() throws {
  var state = state(.synthetic(), "map")
  _ = update(&state, .key(.character("e")))
  _ = update(&state, .progress(0.4, "layer 5 of 12"))
  try expectGolden(picture(state, 80, 24), "prompt-editor")
}
