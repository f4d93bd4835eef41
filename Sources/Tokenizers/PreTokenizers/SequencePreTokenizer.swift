/// Several, one after the other.
struct SequencePreTokenizer: PreTokenizer {
  static let type = "Sequence"

  let steps: [any PreTokenizer]

  init(_ section: Section) throws(TokenizerError) {
    try section.allow(["type", "pretokenizers"])
    var steps: [any PreTokenizer] = []
    for step in try section.sections("pretokenizers") { steps.append(try step.preTokenizer()) }
    self.steps = steps
  }

  func cut(_ text: inout Segments) {
    for step in steps {
      // It sees the stand-ins, not the text.
      text.spellOut()
      step.cut(&text)
    }
  }
}
