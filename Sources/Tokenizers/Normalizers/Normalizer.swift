/// Rewrites text before it is cut, such as Unicode normal forms or lower case.
protocol Normalizer: Stage {
  /// Rewrites the text segments of `text` in place.
  func normalize(_ text: inout Segments)
}

/// The normalizers that are implemented.
enum Normalizers {
  /// Alphabetical.
  static let all: [any Normalizer.Type] = [
    BertNormalizer.self, ByteLevelNormalizer.self, LowercaseNormalizer.self, NFCNormalizer.self,
    NFDNormalizer.self, NFKCNormalizer.self, NFKDNormalizer.self, NmtNormalizer.self,
    PrecompiledNormalizer.self, PrependNormalizer.self, ReplaceNormalizer.self,
    SequenceNormalizer.self, StripAccentsNormalizer.self, StripNormalizer.self,
  ]
}

/// Several, one after the other.
struct SequenceNormalizer: Normalizer {
  static let type = "Sequence"

  private let steps: [any Normalizer]

  init(_ section: Section) throws(TokenizerError) {
    try section.allow(["type", "normalizers"])
    var steps: [any Normalizer] = []
    for step in try section.sections("normalizers") { steps.append(try step.normalizer()) }
    self.steps = steps
  }

  func normalize(_ text: inout Segments) {
    for step in steps { step.normalize(&text) }
  }
}

/// Bytes to their stand-ins.
struct ByteLevelNormalizer: Normalizer {
  static let type = "ByteLevel"

  init(_ section: Section) throws(TokenizerError) { try section.allow(["type"]) }

  func normalize(_ text: inout Segments) {
    text.isByteLevel = true
    text.spellOut()
  }
}
