/// What becomes of a scalar.
enum ScalarChange {
  case keep
  case drop
  case replace(UInt32)
  case expand([UInt8])
  /// It stays, with spaces around it.
  case space
}

extension Segments {
  /// Rewrites scalar by scalar.
  mutating func change(_ change: (UInt32) -> ScalarChange) {
    func isTouched(_ bytes: [UInt8], _ segment: Segment) -> Bool {
      var position = segment.start
      while position < segment.end {
        let (value, length) = ScalarScanner.scalar(in: bytes, at: position)
        guard case .keep = change(value) else { return true }
        position += length
      }
      return false
    }
    rewrite(where: isTouched) { segment, output in
      var position = segment.start
      // Runs that stay are copied whole.
      var kept = segment.start
      while position < segment.end {
        let (value, length) = ScalarScanner.scalar(in: output.source.bytes, at: position)
        let range = position..<(position + length)
        position += length
        let outcome = change(value)
        if case .keep = outcome { continue }
        output.copy(kept..<range.lowerBound)
        kept = position
        switch outcome {
        case .keep: break
        case .drop: output.drop(range)
        case .replace(let scalar): output.replace(range, by: scalar)
        case .expand(let bytes): output.replace(range, by: bytes)
        case .space:
          output.insert([0x20], at: range.lowerBound)
          output.copy(range)
          output.insert([0x20], at: range.upperBound)
        }
      }
      output.copy(kept..<segment.end)
    }
  }
}

/// Lower case, scalar by scalar.
struct LowercaseNormalizer: Normalizer {
  static let type = "Lowercase"

  init(_ section: Section) throws(TokenizerError) { try section.allow(["type"]) }

  func normalize(_ text: inout Segments) { text.change(Self.change) }

  static func change(_ value: UInt32) -> ScalarChange {
    if value < 0x80 {
      return value &- 0x41 < 26 ? .replace(value | 0x20) : .keep
    }
    guard let scalar = Unicode.Scalar(value), scalar.properties.changesWhenLowercased else {
      return .keep
    }
    let lower = scalar.properties.lowercaseMapping.unicodeScalars
    guard lower.count == 1, let first = lower.first else {
      return .expand(Array(scalar.properties.lowercaseMapping.utf8))
    }
    return first == scalar ? .keep : .replace(first.value)
  }
}

/// Without combining marks.
struct StripAccentsNormalizer: Normalizer {
  static let type = "StripAccents"

  init(_ section: Section) throws(TokenizerError) { try section.allow(["type"]) }

  func normalize(_ text: inout Segments) { text.change(Self.change) }

  static func change(_ value: UInt32) -> ScalarChange {
    guard value >= 0x300 else { return .keep }
    switch Unicode.Scalar(value)?.properties.generalCategory {
    case .nonspacingMark?, .spacingMark?, .enclosingMark?: return .drop
    default: return .keep
    }
  }
}

/// White space and control characters as sentencepiece's `nmt` rules have them.
struct NmtNormalizer: Normalizer {
  static let type = "Nmt"

  init(_ section: Section) throws(TokenizerError) { try section.allow(["type"]) }

  func normalize(_ text: inout Segments) { text.change(Self.change) }

  static func change(_ value: UInt32) -> ScalarChange {
    switch value {
    case 0x01...0x08, 0x0B, 0x0E...0x1F, 0x7F, 0x8F, 0x9F: .drop
    case 0x09, 0x0A, 0x0C, 0x0D, 0x1680, 0x200B...0x200F, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD:
      .replace(0x20)
    default: .keep
    }
  }
}
