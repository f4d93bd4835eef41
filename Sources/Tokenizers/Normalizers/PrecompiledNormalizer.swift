import Foundation

/// The rules of a SentencePiece model: a trie of texts and what they become.
///
/// As the `tokenizers` library reads them, which is not quite as SentencePiece does: whole grapheme
/// clusters first, and of several texts in the trie the shortest.
///
/// Source: the `spm_precompiled` crate, `src/lib.rs`; google/sentencepiece, `src/normalizer.cc`.
struct PrecompiledNormalizer: Normalizer {
  static let type = "Precompiled"

  private let map: CharactersMap?

  init(_ section: Section) throws(TokenizerError) {
    try section.allow(["type", "precompiled_charsmap"])
    guard let text = try section.optionalString("precompiled_charsmap"), !text.isEmpty else {
      map = nil
      return
    }
    guard let bytes = Base64.bytes(Array(text.utf8)), let map = CharactersMap(bytes) else {
      throw .invalid(
        file: section.file, place: section.place(of: "precompiled_charsmap"),
        found: "\(text.utf8.count) bytes", expected: "a trie and its texts in base64")
    }
    self.map = map
  }

  func normalize(_ text: inout Segments) {
    guard let map else { return }
    text.rewrite { segment, output in
      var kept = segment.start
      var position = segment.start
      func put(_ new: ArraySlice<UInt8>, for range: Range<Int>, _ output: inout Rewriting) {
        guard !new.elementsEqual(output.source.bytes[range]) else { return }
        output.copy(kept..<range.lowerBound)
        output.replace(range, by: new)
        kept = range.upperBound
      }
      while position < segment.end {
        let cluster = Clusters.next(in: output.source.bytes, position, limit: segment.end)
        position = cluster.upperBound
        // As the library has it: longer clusters are never looked up whole.
        if cluster.count < 6, let new = map.find(output.source.bytes[cluster]) {
          put(new, for: cluster, &output)
          continue
        }
        var place = cluster.lowerBound
        while place < cluster.upperBound {
          let length = ScalarScanner.scalar(in: output.source.bytes, at: place).length
          let range = place..<(place + length)
          place += length
          if let new = map.find(output.source.bytes[range]) { put(new, for: range, &output) }
        }
      }
      output.copy(kept..<segment.end)
    }
  }
}

/// Grapheme clusters of UTF-8.
enum Clusters {
  /// The cluster at `start`.
  static func next(in bytes: [UInt8], _ start: Int, limit: Int) -> Range<Int> {
    let (_, length) = ScalarScanner.scalar(in: bytes, at: start)
    let end = start + length
    guard end < limit else { return start..<limit }
    // Between ASCII characters there is always a boundary but in CR LF.
    if length == 1, bytes[end] < 0x80 {
      return start..<(bytes[start] == 0x0D && bytes[end] == 0x0A ? end + 1 : end)
    }
    // A cluster reaches into no further character after one that Swift's strings find whole.
    var window = min(limit, start + 32)
    while true {
      while window < limit, bytes[window] & 0xC0 == 0x80 { window += 1 }
      let text = String(decoding: bytes[start..<window], as: UTF8.self)
      let count = text.first.map { $0.utf8.count } ?? length
      if start + count < window || window == limit { return start..<(start + count) }
      window = min(limit, start + (window - start) * 4)
    }
  }
}

/// A double-array trie of byte strings and the texts that its values point to.
struct CharactersMap: Sendable {
  private let units: [UInt32]
  private let texts: [UInt8]

  /// The blob: the trie's size in bytes, the trie, and texts that end in NUL; nil when it is none.
  init?(_ blob: [UInt8]) {
    let word = { (place: Int) in
      (0..<4).reduce(UInt32(0)) { $0 | UInt32(blob[place + $1]) << UInt32(8 * $1) }
    }
    guard blob.count >= 4 else { return nil }
    let size = Int(word(0))
    guard size % 4 == 0, size > 0, size <= blob.count - 4 else { return nil }
    units = (0..<(size / 4)).map { word(4 + 4 * $0) }
    texts = Array(blob[(4 + size)...])
  }

  /// What the shortest beginning of `key` in the trie becomes; nil when there is none.
  ///
  /// Source: Darts-clone, `include/darts.h`, `commonPrefixSearch`.
  func find(_ key: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    var place = 0
    var unit = units[0]
    place ^= Self.offset(unit)
    for byte in key {
      // Offsets in a file that lies point anywhere.
      place ^= Int(byte)
      guard byte != 0, place < units.count else { return nil }
      unit = units[place]
      guard unit & (1 << 31 | 0xFF) == UInt32(byte) else { return nil }
      place ^= Self.offset(unit)
      if unit >> 8 & 1 == 1 {
        guard place < units.count else { return nil }
        let start = Int(units[place] & ~(1 << 31))
        guard start < texts.count else { return [] }
        let end = texts[start...].firstIndex(of: 0) ?? texts.count
        return texts[start..<end]
      }
    }
    return nil
  }

  private static func offset(_ unit: UInt32) -> Int {
    Int((unit >> 10) << ((unit & (1 << 9)) >> 6))
  }
}
