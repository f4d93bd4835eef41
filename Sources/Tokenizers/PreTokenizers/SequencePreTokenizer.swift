/// Several, one after the other.
struct SequencePreTokenizer: PreTokenizer {
  static let type = "Sequence"

  let steps: [any PreTokenizer]
  var isByteLevel: Bool { steps.contains { $0.isByteLevel } }

  init(_ section: Section) throws(TokenizerError) {
    try section.allow(["type", "pretokenizers"])
    var steps: [any PreTokenizer] = []
    for step in try section.sections("pretokenizers") {
      // It would see the stand-ins, not the text.
      guard steps.last?.isByteLevel != true else {
        throw .unsupportedOption(
          file: step.file, place: step.place, value: "\(try step.string("type")) after ByteLevel")
      }
      steps.append(try step.preTokenizer())
    }
    self.steps = steps
  }

  func cut(_ text: inout Segments) {
    for step in steps { step.cut(&text) }
  }
}
