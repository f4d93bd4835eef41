import Models
import Tensors
import Testing
import Tokenizers

@testable import Explorer

extension Subject {
  /// Four by four patches of four pixels after a CLS, a bright diagonal on black, and maybe text after it.
  static func image(text: [String] = []) -> Subject {
    let pixels = (0..<64).map { Float($0 / 8 == $0 % 8 ? 1 : -1) }
    let patches = (0..<16).map { Token("\($0 / 4),\($0 % 4)") }
    let tokens = [Token("CLS")] + patches + text.map { Token($0) }
    var prompt = Prompt(tokens: tokens)
    prompt.media = .image(Tensor(pixels, shape: [1, 8, 8]))
    prompt.grid = PatchGrid(rows: 4, columns: 4, first: 1)
    let plain = Subject.synthetic(tokens)
    return Subject(
      model: "synthetic", prompt: "", tokens: tokens, patterns: plain.patterns,
      scores: plain.scores, queries: prompt, keys: prompt)
  }
}

private func state(_ subject: Subject = .image()) -> ExplorerState {
  ExplorerState(subject, view: "image")
}

@Suite struct ImageTests {
  @Test(arguments: [(80, 24), (120, 40), (30, 12)])
  func `a picture looks as recorded`(width: Int, height: Int) throws {
    try expectGolden(state().text(width, height), "image-picture-\(width)x\(height)")
  }

  @Test(arguments: [ColorDepth.direct, .palette256, .palette16])
  func `a picture in colours looks as recorded`(depth: ColorDepth) throws {
    let appearance = Appearance(depth: depth, charset: .half)
    let state = state(.image(text: [" a", " dog"]))
    let canvas = Snapshot.render(
      state, view: "image", width: 60, height: 16, appearance: appearance)
    try expectGolden(
      ANSIExport.export(canvas, appearance: appearance, ramp: .standard), "image-\(depth)")
  }

  @Test func `arrows move the query from patch to patch, and to tokens above and below`() {
    var state = state(.image(text: [" a", " dog"]))
    // From the middle, which is where a new image is looked at, unless text comes after it.
    state.query = 11
    for (key, query) in [
      (Key.left, 10), (.up, 6), (.up, 2), (.up, 0), (.up, 0), (.down, 3), (.right, 4), (.right, 4),
      (.down, 8), (.down, 12), (.down, 16), (.down, 17), (.right, 18), (.right, 18),
      (.up, 14), (.character("g"), 2), (.character("$"), 4), (.character("G"), 16), (.home, 13),
    ] {
      state.press(key)
      #expect(state.query == query, "after \(key.label)")
    }
    // Without tokens after the patches the query stays.
    var bare = ExplorerState(.image(), view: "image")
    bare.press(.character("G"), .down)
    #expect(bare.query == 15)
  }

  @Test func `a new image is looked at from its middle, and opens in its own view`() {
    var state = ExplorerState()
    state.choosesView = true
    _ = update(&state, .loaded(.image()))
    #expect(state.view == "image" && state.query == 11 && state.scale == .log)
    #expect(!state.choosesView)
    // A view that was asked for stays, and so does a text.
    var asked = ExplorerState(view: "map")
    _ = update(&asked, .loaded(.image()))
    #expect(asked.view == "map" && asked.scale == .linear)
    var text = ExplorerState()
    text.choosesView = true
    _ = update(&text, .loaded(.synthetic()))
    #expect(text.view == "atlas")
  }

  @Test func `Tab and Enter lead to the image where a text has its tokens`() {
    var state = ExplorerState(.image())
    state.press(.tab, .tab)
    #expect(state.view == "image")
    state.press(.tab, .enter, .enter)
    #expect(state.view == "image")
    state.press(.character("w"))
    #expect(state.lens.hasWords == false, "patches are no words")
  }

  @Test func `the status tells the strongest key, the legend the share on patches`() {
    var state = state()
    _ = update(&state, .goto(HeadIndex(layer: 0, head: 1)))
    let text = state.text(80, 24)
    // A sink head: three quarters on CLS, the rest on the patch itself.
    #expect(text.contains("L0.H1  query 11 \"2,2\" → strongest key 0 \"CLS\"  0.7500"))
    #expect(text.contains("0.25 on patches"))
    #expect(text.contains("#CLS#0.75#"), "what is written over it is as heavy as its weight")
  }

  @Test func `a model that only looks is given no text, and leaves its view to one that reads`() {
    var state = ExplorerState(subject(.image(), "eye"), view: "image")
    #expect(state.type("prompt hello").isEmpty)
    #expect(state.notice?.text == "this run reads no text; :image FILE gives it another file")
    #expect(state.press(.character("R")) == [.run("")])
    // What is edited is the name of its image.
    #expect(state.press(.character("e")) == [.list("", of: .files(Medium.image.endings))])
    #expect(state.press(.character("c")) == [.list("c", of: .files(Medium.image.endings))])
    _ = update(&state, .listed(["cat.png"]))
    state.press(.tab)
    #expect(
      state.press(.enter) == [.run("", beside: Origin.Option("image", "cat.png"))])
    _ = update(&state, .loaded(subject(.synthetic(), "reader")))
    #expect(state.view == "tokens")
    let cat = Origin.Option("image", "cat.png")
    #expect(state.type("prompt hello") == [.run("hello", beside: cat)])
    _ = update(&state, .loaded(subject(.image(), "eye")))
    #expect(state.view == "image")
  }

  @Test func `another image is run in place of the one that is there, undone and redone`() {
    let (cat, dog) = (Origin.Option("image", "cat.png"), Origin.Option("pixels", "dog.NPY"))
    var state = ExplorerState(subject(.image(), "eye"), view: "image")
    #expect(state.type("image cat.png") == [.run("", beside: cat)])
    #expect(state.progress?.text == "running")
    _ = update(&state, .loaded(subject(.image(), "eye", cat)))
    #expect(state.text(80, 24).contains("\" in cat.png"))
    #expect(state.text(80, 24).contains("e image"), "what e edits")
    #expect(state.type("image  dog.NPY ") == [.run("", beside: dog)])
    // A file that cannot be read is not what a rerun looks at.
    _ = update(&state, .failed("dog.NPY: cannot be read"))
    #expect(state.press(.character("R")) == [.run("", beside: cat)])
    _ = update(&state, .loaded(subject(.image(), "eye", cat)))
    #expect(state.press(.character("u")) == [], "it has the image before the failure")
    #expect(state.press(.character("u")) == [.run("")], "the model's own image")
    _ = update(&state, .loaded(subject(.image(), "eye")))
    #expect(state.press(.control("r")) == [.run("", beside: cat)])
    _ = update(&state, .loaded(subject(.image(), "eye", cat)))
    // It waits for a model that looks.
    #expect(state.type("open reader") == [.open("reader", prompt: "", beside: cat)])
    _ = update(&state, .loaded(subject(.synthetic(), "reader")))
    #expect(state.type("image dog.npy") == [.screen(.bell)])
    #expect(
      state.notice?.text
        == ":image: this model looks at no image; :open MODEL --image FILE opens one that does")
    #expect(
      state.type("open eye") == [
        .open("eye", prompt: Subject.sentence.joined(), beside: cat)
      ])
    // A word alone is the view.
    state.type("image")
    #expect(state.view == "image")
  }

  /// A subject with an address; one that looks takes images.
  private func subject(
    _ plain: Subject, _ address: String, _ medium: Origin.Option? = nil
  ) -> Subject {
    var subject = Subject(
      model: address, prompt: plain.prompt, tokens: plain.tokens, patterns: plain.patterns,
      scores: plain.scores,
      origin: Origin(address: address, fingerprint: "", options: medium.map { [$0] } ?? []),
      queries: plain.queryPrompt, keys: plain.keyPrompt)
    subject.asked = plain.queryPrompt
    if plain.keyPrompt?.grid != nil { subject.media = [.image] }
    return subject
  }

  @Test func `a click on a patch makes it the query`() throws {
    var state = state()
    state.query = 1
    let appearance = Appearance(depth: .palette256, charset: .half)
    state.appearance = appearance
    let patches = try #require(state.subject?.keyPrompt?.grid)
    let layout = ImageLayout(patches, try #require(state.subject), state, in: state.body)
    for grid in [layout.picture, layout.weights] {
      let cells = grid.cells(query: 2, key: 3)
      _ = update(&state, .mouse(MouseEvent(.press, x: cells.x + 1, y: cells.y)))
      #expect(state.query == 12)
      state.query = 1
    }
    _ = update(&state, .mouse(MouseEvent(.press, x: 0, y: 1)))
    #expect(state.query == 1)
  }

  @Test func `its numbers are a table of keys with their places`() throws {
    guard case .table(let table)? = ImageView.data(state()) else {
      Issue.record("no table")
      return
    }
    #expect(table.columns.map(\.name) == ["key", "piece", "row", "column", "weight"])
    #expect(table.columns[2].values == .integers([-1] + (0..<16).map { $0 / 4 }))
    #expect(ImageView.data(ExplorerState(.synthetic())) == nil)
  }

  @Test func `a picture is stretched from its darkest to its brightest number`() throws {
    let image = Tensor<Float>([-2, -2, 0, 2], shape: [1, 2, 2])
    let picture = try #require(Picture(image))
    #expect(picture.dot(rows: 0...0.5, columns: 0...1) == Dot(red: 0, green: 0, blue: 0))
    #expect(picture.dot(rows: 0.5...1, columns: 0.5...1) == Dot(red: 255, green: 255, blue: 255))
    // A part smaller than a pixel is the pixel it lies in.
    #expect(picture.dot(rows: 0.6...0.7, columns: 0.1...0.2).red == 127)
    #expect(Picture(Tensor<Float>([.nan], shape: [1, 1, 1])) == nil)
    #expect(
      Picture(Tensor<Float>([0, 0], shape: [2, 1, 1])) == nil, "two channels are no colours")
  }

  @Test func `a picture has the colours that it had before it was prepared`() throws {
    let colors = ImageColors(scale: 1 / 255, mean: [0.5, 0.4, 0.3], deviation: [0.5, 0.25, 0.2])
    let levels: [UInt8] = [0, 40, 255, 128, 77, 3]
    let values = levels.enumerated().map { place, level in
      let channel = place / 2
      return Float((Double(level) / 255 - colors.mean[channel]) / colors.deviation[channel])
    }
    let image = Tensor<Float>(values, shape: [3, 1, 2])
    let picture = try #require(Picture(image, colors: colors))
    #expect(
      picture.dot(rows: 0...1, columns: 0...0.5) == Dot(red: 0, green: 255, blue: 77))
    #expect(
      picture.dot(rows: 0...1, columns: 0.5...1) == Dot(red: 40, green: 128, blue: 3))
    // Grey has one mean for all.
    let grey = try #require(
      Picture(
        Tensor<Float>([-1, 1], shape: [1, 1, 2]),
        colors: ImageColors(scale: 1 / 255, mean: [0.5], deviation: [0.25])))
    #expect(grey.dot(rows: 0...1, columns: 0...0.5).red == 64)
    #expect(grey.dot(rows: 0...1, columns: 0.5...1).blue == 191)
    // Numbers that no level makes were prepared in another way: spread.
    let foreign = try #require(Picture(Tensor<Float>([-9, 9], shape: [1, 1, 2]), colors: colors))
    #expect(foreign.dot(rows: 0...1, columns: 0...0.5).red == 0)
    #expect(foreign.dot(rows: 0...1, columns: 0.5...1).red == 255)
  }

  @Test func `the nearest colour of the palette is near`() {
    for (red, green, blue) in [(0, 0, 0), (255, 255, 255), (250, 10, 12), (118, 118, 118)] {
      let near = Color.nearest(UInt8(red), UInt8(green), UInt8(blue), depth: .palette256)
      let parts = near.components
      #expect(parts.map { abs(Int($0.0) - red) + abs(Int($0.1) - green) } ?? 99 < 30)
    }
    #expect(Color.nearest(1, 2, 3, depth: .direct) == .rgb(1, 2, 3))
    #expect(Color.nearest(1, 2, 3, depth: .mono) == .terminal)
  }
}
