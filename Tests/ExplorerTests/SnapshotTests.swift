import Explorer
import Foundation
import Models
import Testing
import Tokenizers

#if canImport(FoundationXML)
  import FoundationXML
#endif

private let origin = Origin(address: "sample:novels", fingerprint: "0123456789abcdef")

private func state(_ tokens: [Token] = Subject.sentence.map { Token($0) }) -> ExplorerState {
  let subject = Subject.synthetic(tokens)
  var state = ExplorerState(
    Subject(
      model: subject.model, prompt: subject.prompt, tokens: tokens, patterns: subject.patterns,
      scores: subject.scores, origin: origin, hasAdded: true), view: "map")
  (state.head, state.query, state.key) = (HeadIndex(layer: 1, head: 2), 9, 3)
  return state
}

private func file(_ state: ExplorerState, _ format: any CanvasExport.Type) -> String {
  Snapshot.file(
    state, view: state.view, width: 60, height: 16, format: format,
    appearance: Appearance(depth: .palette256, charset: .half))
}

@Test(arguments: CanvasExports.all.map { $0.name })
func `a snapshot is written as it was before`(format: String) throws {
  let export = try #require(CanvasExports.named(format))
  let text = file(state(), export)
  #expect(text == file(state(), export))
  try expectGolden(text, "snapshot-\(format)")
}

@Test func `the header says what was seen and how to see it again`() {
  let header = SnapshotHeader(state(), view: "map", charset: .half)
  #expect(header.title == "heed \(Release.version): map of L1.H2, synthetic")
  let facts = Dictionary(uniqueKeysWithValues: header.lines.map { ($0.label, $0.text) })
  #expect(facts["model"] == "sample:novels")
  #expect(facts["hash"] == "0123456789abcdef")
  #expect(facts["query"] == "9 \" sat\"")
  #expect(facts["scale"] == "linear, inferno")
  #expect(
    facts["open"]
      == "heed sample:novels --text 'The cat sat on the mat. The cat sat on the hat, and the dog "
      + "looked at them.' --view map --layer 1 --head 2 --query 9 --key 3 --scale linear "
      + "--theme inferno --score entropy")
}

@Test func `a prompt that a shell would take apart is quoted, one with controls is given as ids`() {
  let quoted = state([Token("it's"), Token(" $HOME `x` \"y\"")])
  let line = Reopening.line(quoted, view: "map") ?? ""
  #expect(line.contains("--text 'it'\\''s $HOME `x` \"y\"'"))
  let escaped = state([Token("a\u{1B}[2J"), Token("b")])
  #expect(Reopening.line(escaped, view: "map")?.contains("--ids 0,0 ") == true)
}

@Test func `no token reaches a page as markup or as a control`() throws {
  let tokens = Subject.awkward + [Token("<script>alert('x')</script>"), Token("&amp;\"'")]
  for export in [SVGExport.self, HTMLExport.self] as [any CanvasExport.Type] {
    for view in ["map", "tokens", "atlas"] {
      var state = state(tokens)
      state.views = [view]
      let text = file(state, export)
      #expect(!text.contains("<script"))
      #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 && $0.value != 0x7F })
    }
  }
}

@Test func `svg is well-formed XML`() throws {
  for view in ExplorerViews.all {
    let text = file(ExplorerState(.synthetic(Subject.awkward), view: view.name), SVGExport.self)
    let parser = XMLParser(data: Data(text.utf8))
    #expect(parser.parse(), "\(view.name): \(String(describing: parser.parserError))")
  }
}

@Test func `a page is well-formed, and neither it nor a drawing needs anything from elsewhere`() {
  for view in ExplorerViews.all {
    let state = ExplorerState(.synthetic(Subject.awkward), view: view.name)
    let page = file(state, HTMLExport.self)
    // As XML, but for the one element that HTML does not close.
    let body = page.replacing("<!DOCTYPE html>\n", with: "")
      .replacing("<meta charset=\"utf-8\">", with: "<meta charset=\"utf-8\"/>")
    let parser = XMLParser(data: Data(body.utf8))
    #expect(parser.parse(), "\(view.name): \(String(describing: parser.parserError))")
    for text in [page, file(state, SVGExport.self)] {
      let foreign = text.replacing("http://www.w3.org/2000/svg", with: "")
      for sign in ["http", "src=", "href", "url(", "@import", "<script"] {
        #expect(!foreign.contains(sign), "\(view.name): \(sign)")
      }
    }
  }
}

@Test func `equal neighbours are one rectangle`() {
  var canvas = Canvas(width: 6, height: 1)
  for x in 0..<4 { canvas[x, 0] = Cell(shade: .halves(upper: 1, lower: 0)) }
  for x in 4..<6 { canvas[x, 0] = Cell(shade: .level(1)) }
  let text = SVGExport.export(
    canvas, appearance: Appearance(depth: .direct, charset: .half), ramp: .grey)
  let shapes = text.split(separator: "\n").filter { $0.hasPrefix("<rect x=") }
  #expect(
    shapes == [
      "<rect x=\"0\" y=\"0\" width=\"32\" height=\"8\" fill=\"#ffffff\"/>",
      "<rect x=\"0\" y=\"8\" width=\"32\" height=\"8\" fill=\"#080808\"/>",
      "<rect x=\"32\" y=\"0\" width=\"16\" height=\"16\" fill=\"#ffffff\"/>",
    ])
}
