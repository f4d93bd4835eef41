/// The stages of a tokenizer that comes without a tokenizer.json, spelled as such a file would.
struct StageList {
  /// The file that errors name.
  let file: String
  /// Whether a text will be cut; else what only that takes is left out.
  let cutsText: Bool
  private var members: [JSONTree.Member] = []
  private var added: [JSONTree] = []

  /// No stages yet.
  init(file: String, cutsText: Bool = true) { (self.file, self.cutsText) = (file, cutsText) }

  /// Sets a stage, given as JSON; nil for none.
  mutating func set(_ key: String, _ json: String?) throws(TokenizerError) {
    guard let json else { return }
    do {
      members.append(.init(key: key, value: try JSONParser.parse(Array(json.utf8))))
    } catch {
      throw .invalidJSON(file: file, line: error.line, found: error.found)
    }
  }

  /// Adds a token that is found in the text as it is written.
  mutating func add(
    _ content: String, id: Int, isSpecial: Bool = true, stripsLeft: Bool = false,
    stripsRight: Bool = false
  ) {
    added.append(
      .object([
        .init(key: "id", value: .number(Double(id))),
        .init(key: "content", value: .string(content)),
        .init(key: "special", value: .bool(isSpecial)),
        .init(key: "lstrip", value: .bool(stripsLeft)),
        .init(key: "rstrip", value: .bool(stripsRight)),
        .init(key: "normalized", value: .bool(false)),
      ]))
  }

  /// The tokenizer with these stages around `model`.
  func tokenizer(_ model: any TokenModel) throws(TokenizerError) -> Tokenizer {
    try Tokenizer(
      stages: Section(members + [.init(key: "added_tokens", value: .array(added))], file: file),
      model: model)
  }

  /// A text as JSON.
  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": result += "\\\(scalar)"
      case "\u{0}"..<" ":
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }

  /// A post-processor that puts tokens before and after each text; nil when there are none.
  ///
  /// - Parameter secondType: The type of a second text.
  static func template(
    before: [(String, Int)], after: [(String, Int)], doubled: Bool = false, secondType: Int = 0
  ) -> String? {
    guard !before.isEmpty || !after.isEmpty else { return nil }
    let tokens = { (list: [(String, Int)], type: Int) in
      list.map { #"{"SpecialToken":{"id":\#(quoted($0.0)),"type_id":\#(type)}}"# }
    }
    let single = tokens(before, 0) + [#"{"Sequence":{"id":"A","type_id":0}}"#] + tokens(after, 0)
    // RoBERTa's has the separator twice between the texts, others with one after each have it once.
    let between = doubled ? tokens(after, 0) : after.isEmpty ? tokens(before, secondType) : []
    let second =
      [#"{"Sequence":{"id":"B","type_id":\#(secondType)}}"#] + tokens(after, secondType)
    let pair = single + between + second
    let special = (before + after).map {
      "\(quoted($0.0)):{\"id\":\(quoted($0.0)),\"ids\":[\($0.1)],\"tokens\":[\(quoted($0.0))]}"
    }
    return #"{"type":"TemplateProcessing","single":[\#(single.joined(separator: ","))],"#
      + #""pair":[\#(pair.joined(separator: ","))],"#
      + #""special_tokens":{\#(special.joined(separator: ","))}}"#
  }

  /// The pre-tokenizer that cuts by a pattern and goes on with bytes.
  static func byteLevel(_ patterns: [String]) -> String {
    let steps = patterns.map {
      #"{"type":"Split","pattern":{"Regex":\#(quoted($0))},"behavior":"Isolated"}"#
    }
    let last = #"{"type":"ByteLevel","add_prefix_space":false,"use_regex":false}"#
    let all = (steps + [last]).joined(separator: ",")
    return #"{"type":"Sequence","pretokenizers":[\#(all)]}"#
  }

  /// Back from `▁` and bytes to text.
  static func metaspaceDecoder(strips: Bool) -> String {
    let strip = strips ? #",{"type":"Strip","content":" ","start":1,"stop":0}"# : ""
    return
      #"{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},"#
      + #"{"type":"ByteFallback"},{"type":"Fuse"}\#(strip)]}"#
  }
}
