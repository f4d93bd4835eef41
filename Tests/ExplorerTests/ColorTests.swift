import Testing

@testable import Explorer

@Test(arguments: Ramp.allCases) func `a ramp of every depth gets lighter at each step`(ramp: Ramp) {
  for depth in ColorDepth.allCases {
    let colors = ramp.colors(depth)
    #expect(Set(colors).count == colors.count || depth == .direct)
    let lightness = colors.compactMap(\.lightness)
    #expect(lightness.count == colors.count)
    for (darker, lighter) in zip(lightness, lightness.dropFirst()) {
      // Neighbours of 256 steps may round to one colour.
      #expect(depth == .direct ? darker <= lighter + 0.2 : darker < lighter, "\(ramp) \(depth)")
    }
  }
}

@Test func `no direct colour is one of the numbers that mean the palette's first eight`() {
  for color in Ramp.allCases.flatMap({ $0.colors(.direct) }) {
    guard case .rgb(let red, let green, let blue) = color else { continue }
    #expect(red > 0 || green > 0 || blue > 7)
  }
}

@Test func `a cell of two equal values is a blank, of two others the block whose ink is darker`() {
  let looks = Looks(appearance: Appearance(depth: .palette256, charset: .half), ramp: .grey)
  let equal = looks.look(Cell(shade: .halves(upper: 0.5, lower: 0.5)))
  #expect(equal.glyph == " " && equal.background == .indexed(244))
  let up = looks.look(Cell(shade: .halves(upper: 0, lower: 1)))
  #expect(up == Look(glyph: "▀", foreground: .indexed(232), background: .indexed(255)))
  let down = looks.look(Cell(shade: .halves(upper: 1, lower: 0)))
  #expect(down == Look(glyph: "▄", foreground: .indexed(232), background: .indexed(255)))
}

@Test func `what a query cannot see keeps the terminal's background`() {
  let looks = Looks(appearance: Appearance(depth: .palette256, charset: .half), ramp: .grey)
  let half = looks.look(Cell(shade: .halves(upper: .nan, lower: 1)))
  #expect(half == Look(glyph: "▄", foreground: .indexed(255)))
}

@Test(arguments: appearances) func `an undefined value is a dot`(appearance: Appearance) {
  let look = Looks(appearance: appearance, ramp: .standard).look(Cell(shade: .level(.nan)))
  #expect(look.glyph == (appearance.charset == .half ? "·" : "-"))
  #expect(look.background == .terminal)
}

@Test(arguments: Charset.allCases) func `without colours no cell has one`(charset: Charset) {
  let looks = Looks(appearance: Appearance(depth: .mono, charset: charset), ramp: .standard)
  for role in Role.allCases {
    for shade in [Shade.none, .level(0.4), .level(1), .halves(upper: 0, lower: 1), .level(.nan)] {
      for glyph in [" ", "x"] {
        let look = looks.look(Cell(glyph, role: role, shade: shade))
        #expect(look.foreground == .terminal && look.background == .terminal)
        #expect(charset == .half || look.glyph.allSatisfy(\.isASCII))
      }
    }
  }
}

@Test func `text without colours is bold from a third and reversed from two thirds`() {
  let looks = Looks(appearance: Appearance(depth: .mono, charset: .half), ramp: .standard)
  #expect(!looks.look(Cell("a", shade: .level(0.3))).bold)
  #expect(looks.look(Cell("a", shade: .level(0.4))).bold)
  #expect(looks.look(Cell("a", shade: .level(0.7))).reverse)
}

@Test func `chrome never names a colour`() {
  for appearance in appearances {
    for role in Role.allCases {
      let look = Looks(appearance: appearance, ramp: .standard).look(Cell("x", role: role))
      #expect(look.foreground == .terminal && look.background == .terminal)
    }
  }
}

@Test func `levels beyond the ends take the ends`() {
  #expect(Ramp.step(-1, of: 10) == 0)
  #expect(Ramp.step(.infinity, of: 10) == 9)
  #expect(Ramp.step(1, of: 10) == 9)
  #expect(Ramp.step(.nan, of: 10) == nil)
}
