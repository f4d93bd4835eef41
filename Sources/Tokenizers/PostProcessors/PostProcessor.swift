/// Adds the special tokens that a model expects around a text.
protocol PostProcessor: Stage {
  /// What it puts around one text, and around two; nil when it adds nothing.
  var template: Template? { get }
}

/// Ids and places for texts.
struct Template: Sendable {
  /// One part.
  enum Part: Sendable, Hashable {
    /// The first text.
    case first
    /// The second text.
    case second
    /// A special token.
    case token(id: Int)
  }

  /// The parts around one text.
  let single: [Part]
  /// The parts around two texts.
  let pair: [Part]

  /// Nothing but the texts.
  static let plain = Template(single: [.first], pair: [.first, .second])
}

/// The post-processors that are implemented.
enum PostProcessors {
  /// Alphabetical.
  static let all: [any PostProcessor.Type] = [
    ByteLevelPostProcessor.self, SequencePostProcessor.self, TemplatePostProcessor.self,
  ]
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
