/// Words of this text and where their tokens lie among those already made; nothing is copied.
struct WordCache {
  private struct Entry {
    var hash: UInt64
    var wordStart, tokenStart: Int
    var wordCount, tokenCount: Int32
  }

  /// Where a word is, or would go.
  struct Slot {
    fileprivate let index: Int
    fileprivate let hash: UInt64
    fileprivate let isFound: Bool
  }

  /// Most different words that are kept.
  private static let limit = 1 << 16
  /// Longest word that is kept, in bytes: long ones rarely come again.
  private static let longest = 64

  private var slots = [Int32](repeating: -1, count: 1 << 10)
  private var entries: [Entry] = []

  /// The slot of `word`; nil for a word that is not kept.
  mutating func slot(of word: Range<Int>, in bytes: [UInt8]) -> Slot? {
    guard word.count <= Self.longest else { return nil }
    let hash = ByteTable.hash(bytes[word])
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] >= 0 {
      let entry = entries[Int(slots[slot])]
      if entry.hash == hash, Int(entry.wordCount) == word.count,
        Self.equal(bytes, entry.wordStart, word)
      {
        return Slot(index: slot, hash: hash, isFound: true)
      }
      slot = (slot + 1) & mask
    }
    return Slot(index: slot, hash: hash, isFound: false)
  }

  @inline(__always)
  private static func equal(_ bytes: [UInt8], _ start: Int, _ word: Range<Int>) -> Bool {
    for step in 0..<word.count where bytes[start &+ step] != bytes[word.lowerBound &+ step] {
      return false
    }
    return true
  }

  /// The tokens of the word at `slot`, and where that word starts; nil when it is new.
  func tokens(at slot: Slot?) -> (tokens: Range<Int>, start: Int)? {
    guard let slot, slot.isFound else { return nil }
    let entry = entries[Int(slots[slot.index])]
    let start = entry.tokenStart
    return (start..<(start + Int(entry.tokenCount)), entry.wordStart)
  }

  /// Keeps a new word's tokens.
  mutating func store(_ tokens: Range<Int>, word: Range<Int>, at slot: Slot?) {
    guard let slot, entries.count < Self.limit else { return }
    slots[slot.index] = Int32(entries.count)
    entries.append(
      Entry(
        hash: slot.hash, wordStart: word.lowerBound, tokenStart: tokens.lowerBound,
        wordCount: Int32(word.count), tokenCount: Int32(tokens.count)))
    guard entries.count * 2 > slots.count else { return }
    slots = [Int32](repeating: -1, count: slots.count * 2)
    let mask = slots.count - 1
    for (index, entry) in entries.enumerated() {
      var slot = Int(truncatingIfNeeded: entry.hash) & mask
      while slots[slot] >= 0 { slot = (slot + 1) & mask }
      slots[slot] = Int32(index)
    }
  }
}
