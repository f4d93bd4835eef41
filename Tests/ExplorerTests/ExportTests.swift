import Explorer
import Models
import Testing

@Test(arguments: appearances) func `the ANSI export has colours but moves no cursor`(
  appearance: Appearance
) {
  for view in ExplorerViews.all {
    let state = ExplorerState(.synthetic(Subject.awkward), view: view.name)
    let canvas = Snapshot.render(
      state, view: view.name, width: 80, height: 24, appearance: appearance)
    let text = ANSIExport.export(canvas, appearance: appearance, ramp: .standard)
    var scalars = Array(text.unicodeScalars)[...]
    while let scalar = scalars.popFirst() {
      #expect(scalar == "\n" || scalar == "\u{1B}" || scalar.value >= 0x20)
      guard scalar == "\u{1B}" else { continue }
      #expect(scalars.popFirst() == "[")
      var end = scalars.popFirst()
      while let digit = end, digit == ";" || ("0"..."9").contains(digit) {
        end = scalars.popFirst()
      }
      #expect(end == "m")
    }
    for line in text.split(separator: "\n") where line.contains("\u{1B}") {
      let last = line.lastIndex(of: "\u{1B}").map { line[$0...] } ?? ""
      #expect(last.hasPrefix("\u{1B}[0m"), "a line leaves its colours behind")
    }
    if appearance.depth == .mono {
      #expect(!text.contains("38;") && !text.contains("48;"))
    }
  }
}

@Test func `the depth decides how colours are written`() {
  func export(_ depth: ColorDepth) -> String {
    var canvas = Canvas(width: 1, height: 1)
    canvas[0, 0] = Cell("x", shade: .level(1))
    let appearance = Appearance(depth: depth, charset: .half)
    return ANSIExport.export(canvas, appearance: appearance, ramp: .grey)
  }
  #expect(export(.direct) == "\u{1B}[0;38;2;8;8;8;48;2;255;255;255mx\u{1B}[0m\n")
  #expect(export(.palette256) == "\u{1B}[0;38;5;16;48;5;255mx\u{1B}[0m\n")
  #expect(export(.palette16) == "\u{1B}[0;30;107mx\u{1B}[0m\n")
  #expect(export(.palette8) == "\u{1B}[0;30;47mx\u{1B}[0m\n")
  #expect(export(.mono) == "\u{1B}[0;1;7mx\u{1B}[0m\n")
}

@Test func `the text export has no escapes and no blanks at line ends`() {
  for view in ExplorerViews.all {
    let state = ExplorerState(.synthetic(Subject.awkward), view: view.name)
    let text = Snapshot.text(state, view: view.name, width: 80, height: 24, charset: .half)
    #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 })
    #expect(!text.contains(" \n"))
  }
}

@Test func `a snapshot has the size that was asked for`() {
  let state = ExplorerState(.synthetic())
  let canvas = Snapshot.render(
    state, view: "map", width: 120, height: 40,
    appearance: Appearance(depth: .palette256, charset: .half))
  #expect(canvas.width == 120 && canvas.height == 40)
}
