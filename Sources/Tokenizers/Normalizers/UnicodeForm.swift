import Foundation

/// One of the four normal forms of Unicode.
struct UnicodeForm: Sendable {
  static let nfc = UnicodeForm(composes: true, isCompatible: false)
  static let nfd = UnicodeForm(composes: false, isCompatible: false)
  static let nfkc = UnicodeForm(composes: true, isCompatible: true)
  static let nfkd = UnicodeForm(composes: false, isCompatible: true)

  private let composes: Bool
  private let isCompatible: Bool

  /// Rewrites the text segments of `text`: a character and the marks after it at a time, so that
  /// each traces back to its own original.
  func normalize(_ text: inout Segments) {
    // Below this byte nothing changes; Latin-1 is its own NFC unless a mark follows.
    let inert: UInt8 = composes && !isCompatible ? 0xCC : 0x80
    // Foundation takes a microsecond a call.
    var known: [UInt32: [UInt8]] = [:]
    let isTouched = { (bytes: [UInt8], segment: Segments.Segment) in
      bytes[segment.start..<segment.end].contains { $0 >= inert }
    }
    text.rewrite(where: isTouched) { segment, output in
      var kept = segment.start
      var position = segment.start
      while position < segment.end {
        let (chunk, single) = Self.chunk(in: output.source.bytes, position, limit: segment.end)
        position = chunk.upperBound
        if chunk.count == 1 { continue }
        let form: [UInt8]
        if let single, let cached = known[single] {
          form = cached
        } else {
          form = self.form(of: String(decoding: output.source.bytes[chunk], as: UTF8.self))
          if let single { known[single] = form }
        }
        if form.elementsEqual(output.source.bytes[chunk]) { continue }
        output.copy(kept..<chunk.lowerBound)
        output.replace(chunk, by: form)
        kept = chunk.upperBound
      }
      output.copy(kept..<segment.end)
    }
  }

  private func form(of text: String) -> [UInt8] {
    switch (composes, isCompatible) {
    case (true, false): Array(text.precomposedStringWithCanonicalMapping.utf8)
    case (false, false): Array(text.decomposedStringWithCanonicalMapping.utf8)
    case (true, true): Array(text.precomposedStringWithCompatibilityMapping.utf8)
    case (false, true): Array(text.decomposedStringWithCompatibilityMapping.utf8)
    }
  }

  /// A character with what may combine with it, and its scalar if it is one only.
  private static func chunk(
    in bytes: [UInt8], _ start: Int, limit: Int
  ) -> (range: Range<Int>, single: UInt32?) {
    let (value, length) = ScalarScanner.scalar(in: bytes, at: start)
    var end = start + length
    while end < limit, bytes[end] >= 0xCC {
      let (next, length) = ScalarScanner.scalar(in: bytes, at: end)
      guard combines(next) else { break }
      end += length
    }
    return (start..<end, end == start + length ? value : nil)
  }

  /// Whether a scalar may change what stands before it; too many do no harm.
  private static func combines(_ value: UInt32) -> Bool {
    // Vowels and finals of Hangul, half-width forms of those, and half-width voicing marks.
    switch value {
    case 0..<0x300: return false
    case 0x1160...0x11FF, 0xD7B0...0xD7FF, 0xFF9E...0xFFDC: return true
    default: break
    }
    guard let properties = Unicode.Scalar(value)?.properties else { return false }
    if properties.canonicalCombiningClass != .notReordered { return true }
    switch properties.generalCategory {
    case .spacingMark, .nonspacingMark: return true
    default: return false
    }
  }
}

/// Canonical composition.
struct NFCNormalizer: Normalizer {
  static let type = "NFC"
  init(_ section: Section) throws(TokenizerError) { try section.allow(["type"]) }
  func normalize(_ text: inout Segments) { UnicodeForm.nfc.normalize(&text) }
}

/// Canonical decomposition.
struct NFDNormalizer: Normalizer {
  static let type = "NFD"
  init(_ section: Section) throws(TokenizerError) { try section.allow(["type"]) }
  func normalize(_ text: inout Segments) { UnicodeForm.nfd.normalize(&text) }
}

/// Compatible composition.
struct NFKCNormalizer: Normalizer {
  static let type = "NFKC"
  init(_ section: Section) throws(TokenizerError) { try section.allow(["type"]) }
  func normalize(_ text: inout Segments) { UnicodeForm.nfkc.normalize(&text) }
}

/// Compatible decomposition.
struct NFKDNormalizer: Normalizer {
  static let type = "NFKD"
  init(_ section: Section) throws(TokenizerError) { try section.allow(["type"]) }
  func normalize(_ text: inout Segments) { UnicodeForm.nfkd.normalize(&text) }
}
