/// A line of text being typed.
public struct LineEditor: Sendable, Equatable {
  /// What has been typed.
  public private(set) var characters: [Character]
  /// Where the next character goes: 0 to `characters.count`.
  public private(set) var cursor: Int

  /// The text.
  public var text: String { String(characters) }

  init(_ text: String = "") {
    characters = Array(text)
    cursor = characters.count
  }

  mutating func insert(_ text: String) {
    let added = Array(text)
    characters.insert(contentsOf: added, at: cursor)
    // Joined anew: a combining mark typed alone belongs to the character before it.
    cursor += added.count
    let joined = Array(String(characters))
    if joined.count != characters.count {
      cursor = min(joined.count, max(0, cursor - (characters.count - joined.count)))
      characters = joined
    }
  }

  /// Handles an editing key; false when it is none.
  mutating func handle(_ key: Key) -> Bool {
    switch key {
    case .character(let character): insert(String(character))
    case .left, .control("b"): cursor = max(0, cursor - 1)
    case .right, .control("f"): cursor = min(characters.count, cursor + 1)
    case .home, .control("a"): cursor = 0
    case .end, .control("e"): cursor = characters.count
    case .backspace, .control("h"): remove(max(0, cursor - 1)..<cursor)
    case .delete, .control("d"): remove(cursor..<min(characters.count, cursor + 1))
    case .control("u"): remove(0..<cursor)
    case .control("k"): remove(cursor..<characters.count)
    case .control("w"): remove(wordStart..<cursor)
    default: return false
    }
    return true
  }

  private var wordStart: Int {
    var start = cursor
    while start > 0, characters[start - 1].isWhitespace { start -= 1 }
    while start > 0, !characters[start - 1].isWhitespace { start -= 1 }
    return start
  }

  private mutating func remove(_ range: Range<Int>) {
    characters.removeSubrange(range)
    cursor = range.lowerBound
  }
}
