/// BERT's: control characters out, ideographs apart, accents and case gone where asked for.
///
/// Source: `tokenizers/src/normalizers/bert.rs`.
struct BertNormalizer: Normalizer {
  static let type = "BertNormalizer"

  private let cleans, parts, strips, lowers: Bool

  init(_ section: Section) throws(TokenizerError) {
    try section.allow([
      "type", "clean_text", "handle_chinese_chars", "strip_accents", "lowercase",
    ])
    lowers = try section.bool("lowercase", default: true)
    cleans = try section.bool("clean_text", default: true)
    parts = try section.bool("handle_chinese_chars", default: true)
    // Where the file leaves it open, as the case goes.
    strips = try section.bool("strip_accents", default: lowers)
  }

  func normalize(_ text: inout Segments) {
    if cleans { text.change(Self.clean) }
    if parts { text.change(Self.part) }
    if strips {
      UnicodeForm.nfd.normalize(&text)
      text.change(Self.strip)
    }
    if lowers { text.change(LowercaseNormalizer.change) }
  }

  /// Control characters out, white space to spaces.
  private static func clean(_ value: UInt32) -> ScalarChange {
    switch value {
    case 0x20...0x7E: return .keep
    case 0x09, 0x0A, 0x0D: return .replace(0x20)
    case 0, 0xFFFD, 0x7F: return .drop
    default: break
    }
    guard let properties = Unicode.Scalar(value)?.properties else { return .keep }
    switch properties.generalCategory {
    case .control, .format, .surrogate, .privateUse: return .drop
    default: return properties.isWhitespace ? .replace(0x20) : .keep
    }
  }

  /// Spaces around ideographs.
  private static func part(_ value: UInt32) -> ScalarChange {
    switch value {
    case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F, 0x2B740...0x2B81F,
      0x2B920...0x2CEAF, 0xF900...0xFAFF, 0x2F800...0x2FA1F:
      .space
    default: .keep
    }
  }

  /// Non-spacing marks out.
  private static func strip(_ value: UInt32) -> ScalarChange {
    guard value >= 0x300 else { return .keep }
    return Unicode.Scalar(value)?.properties.generalCategory == .nonspacingMark ? .drop : .keep
  }
}
