import CPCRE2

/// A regular expression, matched by PCRE2's just-in-time compiler.
///
/// Not Swift's `Regex`, which has no compiler and matches grapheme clusters unless
/// told otherwise; nor Oniguruma, which the `tokenizers` library uses and which has no compiler.
/// Where the two differ in what a class holds, `PatternText` spells the class out.
final class Pattern: @unchecked Sendable {
  // Safe to share: PCRE2 does not change a pattern after compiling it.
  private let code: OpaquePointer

  /// Compiles `text`; nil when it is no pattern.
  init?(_ text: String) {
    guard let text = PatternText.withoutIntersections(text) else { return nil }
    let bytes = Array(PatternText.spelledOut(text).utf8)
    var message = [CChar](repeating: 0, count: 128)
    let code = bytes.withUnsafeBufferPointer { buffer -> OpaquePointer? in
      // An empty array may have no address.
      var nothing: UInt8 = 0
      return heed_pattern_compile(
        buffer.baseAddress ?? withUnsafePointer(to: &nothing) { $0 }, buffer.count, &message,
        message.count)
    }
    guard let code else { return nil }
    self.code = code
  }

  deinit { heed_pattern_free(code) }

  /// Calls `body` with each match in `range`, in order and without overlaps; an empty one only where no
  /// other ends, as in Rust's regular expressions.
  ///
  /// What lies outside of `range` is not looked at, as if the text began and ended there.
  func forEachMatch(
    in bytes: [UInt8], _ range: Range<Int>, _ body: (Range<Int>) -> Void
  ) {
    guard !range.isEmpty, let search = heed_search_create(code) else { return }
    defer { heed_search_free(search) }
    forEachMatch(in: bytes, range, search, body)
  }

  /// Room for searches with this pattern, to be shared by many calls.
  func withSearch(_ body: (OpaquePointer) -> Void) {
    guard let search = heed_search_create(code) else { return }
    defer { heed_search_free(search) }
    body(search)
  }

  func forEachMatch(
    in bytes: [UInt8], _ range: Range<Int>, _ search: OpaquePointer, _ body: (Range<Int>) -> Void
  ) {
    bytes.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      let start = base + range.lowerBound
      var (position, last) = (0, -1)
      var (from, to) = (0, 0)
      while position <= range.count,
        heed_search_next(search, code, start, range.count, position, &from, &to) > 0
      {
        if to > from || to != last {
          body((range.lowerBound + from)..<(range.lowerBound + to))
          last = to
        }
        if to > from {
          position = to
        } else {
          position = to + 1
          while position < range.count, start[position] & 0xC0 == 0x80 { position += 1 }
        }
      }
    }
  }
}
