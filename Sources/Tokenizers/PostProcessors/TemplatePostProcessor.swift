/// Special tokens and texts in the order that the file spells out.
struct TemplatePostProcessor: PostProcessor {
  static let type = "TemplateProcessing"

  let template: Template?

  init(_ section: Section) throws(TokenizerError) {
    try section.allow(["type", "single", "pair", "special_tokens"])
    var ids: [String: [Int]] = [:]
    if let special = try section.section("special_tokens") {
      for member in special.all {
        let entry = try Section(
          member.value, file: section.file, place: special.place(of: member.key))
        try entry.allow(["id", "ids", "tokens"])
        ids[try entry.string("id")] = try entry.array("ids").map { (value) throws(TokenizerError) in
          guard let id = Section.id(value) else {
            throw entry.wrong("ids", expected: "a list of ids")
          }
          return id
        }
      }
    }
    template = Template(
      single: try Self.parts(section, "single", ids), pair: try Self.parts(section, "pair", ids))
  }

  private static func parts(
    _ section: Section, _ key: String, _ ids: [String: [Int]]
  ) throws(TokenizerError) -> [Template.Part] {
    var parts: [Template.Part] = []
    for part in try section.sections(key) {
      try part.allow(["Sequence", "SpecialToken"])
      if let text = try part.section("Sequence") {
        let type = try text.count("type_id", default: 0)
        switch try text.string("id") {
        case "A": parts.append(.init(.first, type))
        case "B": parts.append(.init(.second, type))
        default: throw text.wrong("id", expected: "A or B")
        }
      } else if let special = try part.section("SpecialToken") {
        guard let found = ids[try special.string("id")] else {
          throw special.wrong("id", expected: "one of special_tokens")
        }
        let type = try special.count("type_id", default: 0)
        parts.append(contentsOf: found.map { .init(.token(id: $0), type) })
      } else {
        throw .invalid(
          file: part.file, place: part.place, found: "neither", expected: "Sequence or SpecialToken"
        )
      }
    }
    return parts
  }
}
