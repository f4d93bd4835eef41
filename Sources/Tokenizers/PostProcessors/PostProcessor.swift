/// Adds the special tokens that a model expects around a text.
protocol PostProcessor: Stage {
  /// What it puts around one text, and around two; nil when it adds nothing.
  var template: Template? { get }
}

/// Ids and places for texts.
struct Template: Sendable {
  /// One part.
  struct Part: Sendable, Hashable {
    /// What stands there.
    enum Content: Sendable, Hashable {
      /// The first text.
      case first
      /// The second text.
      case second
      /// A special token.
      case token(id: Int)
    }

    let content: Content
    /// The type of its tokens.
    let typeID: Int

    /// `content`, of a type.
    init(_ content: Content, _ typeID: Int = 0) {
      self.content = content
      self.typeID = typeID
    }
  }

  /// The parts around one text.
  let single: [Part]
  /// The parts around two texts.
  let pair: [Part]

  /// Nothing but the texts.
  static let plain = Template(single: [Part(.first)], pair: [Part(.first), Part(.second, 1)])
}

/// The post-processors that are implemented.
enum PostProcessors {
  /// Alphabetical.
  static let all: [any PostProcessor.Type] = [
    BertPostProcessor.self, ByteLevelPostProcessor.self, RobertaPostProcessor.self,
    SequencePostProcessor.self, TemplatePostProcessor.self,
  ]
}

/// BERT's: `[CLS] A [SEP]`, `[CLS] A [SEP] B [SEP]`.
struct BertPostProcessor: PostProcessor {
  static let type = "BertProcessing"

  let template: Template?

  init(_ section: Section) throws(TokenizerError) {
    try section.allow(["type", "sep", "cls"])
    let start = Template.Part(.token(id: try section.pieceAndID("cls")))
    let sep = try section.pieceAndID("sep")
    let single = [start, .init(.first), .init(.token(id: sep))]
    template = Template(
      single: single, pair: single + [.init(.second, 1), .init(.token(id: sep), 1)])
  }
}

/// RoBERTa's: `<s> A </s>`, `<s> A </s> </s> B </s>`, all of one type.
///
/// What it says about trimming offsets heed leaves alone, as for `ByteLevel`.
struct RobertaPostProcessor: PostProcessor {
  static let type = "RobertaProcessing"

  let template: Template?

  init(_ section: Section) throws(TokenizerError) {
    try section.allow(["type", "sep", "cls", "trim_offsets", "add_prefix_space"])
    let sep = Template.Part(.token(id: try section.pieceAndID("sep")))
    let single = [.init(.token(id: try section.pieceAndID("cls"))), .init(.first), sep]
    template = Template(single: single, pair: single + [sep, .init(.second), sep])
  }
}

extension Section {
  /// The id in the list of a piece and its id under `key`.
  fileprivate func pieceAndID(_ key: String) throws(TokenizerError) -> Int {
    let pair = try array(key)
    guard pair.count == 2, case .string = pair[0], let id = Section.id(pair[1]) else {
      throw wrong(key, expected: "a piece and its id")
    }
    return id
  }
}

/// Trims spaces from offsets, which heed leaves alone: a token's offsets are the bytes that it
/// covers.
struct ByteLevelPostProcessor: PostProcessor {
  static let type = "ByteLevel"

  var template: Template? { nil }

  init(_ section: Section) throws(TokenizerError) {
    try section.allow(["type", "add_prefix_space", "trim_offsets", "use_regex"])
  }
}

/// Several, one after the other; at most one of them adds tokens.
struct SequencePostProcessor: PostProcessor {
  static let type = "Sequence"

  let template: Template?

  init(_ section: Section) throws(TokenizerError) {
    try section.allow(["type", "processors"])
    var template: Template?
    for step in try section.sections("processors") {
      guard let next = try step.postProcessor().template else { continue }
      guard template == nil else {
        throw .unsupportedOption(
          file: step.file, place: step.place, value: "a second template in a Sequence")
      }
      template = next
    }
    self.template = template
  }
}
