import Explorer

/// Keys by the sequences and names that terminals agree on.
enum KeySequence {
  /// What follows `\e[`: `A`, `1;2A`, `5~`, `3;5~`.
  static func control(_ text: String) -> Key? {
    guard let final = text.last else { return nil }
    let numbers = text.dropLast().split(separator: ";", omittingEmptySubsequences: false)
    let modified = numbers.count > 1
    if final == "~" {
      return numbers.first.flatMap { Int($0) }.flatMap { numbered[$0] }
    }
    // Another first number is an answer about the cursor, not a key.
    guard let key = lettered[final], [nil, "", "1"].contains(numbers.first) else { return nil }
    return modified ? larger(key) : key
  }

  /// What follows `\eO`.
  static func single(_ byte: UInt8) -> Key? {
    let letter = Character(Unicode.Scalar(byte))
    return letter == "M" ? .enter : lettered[letter]
  }

  /// The key by curses' name for its code.
  ///
  /// Modified keys have no fixed codes, only names: `kRIT5`.
  static func named(_ name: String) -> Key? {
    if let key = names[name] { return name.hasPrefix("k") ? larger(key) : key }
    if name.hasPrefix("KEY_F("), let number = Int(name.dropFirst(6).dropLast()) {
      return .function(number)
    }
    return names[String(name.prefix { !$0.isNumber })].map(larger)
  }

  /// An arrow with Shift, Control or Alt moves further; which of them does not matter.
  private static func larger(_ key: Key) -> Key {
    switch key {
    case .up: .shiftUp
    case .down: .shiftDown
    case .left: .shiftLeft
    case .right: .shiftRight
    default: key
    }
  }

  private static let lettered: [Character: Key] = [
    "A": .up, "B": .down, "C": .right, "D": .left, "H": .home, "F": .end, "Z": .backTab,
    "P": .function(1), "Q": .function(2), "R": .function(3), "S": .function(4),
  ]

  private static let numbered: [Int: Key] = [
    1: .home, 2: .insert, 3: .delete, 4: .end, 5: .pageUp, 6: .pageDown, 7: .home, 8: .end,
    11: .function(1), 12: .function(2), 13: .function(3), 14: .function(4), 15: .function(5),
    17: .function(6), 18: .function(7), 19: .function(8), 20: .function(9), 21: .function(10),
    23: .function(11), 24: .function(12),
  ]

  private static let names: [String: Key] = [
    "KEY_UP": .up, "KEY_DOWN": .down, "KEY_LEFT": .left, "KEY_RIGHT": .right,
    "KEY_SR": .shiftUp, "KEY_SF": .shiftDown, "KEY_SLEFT": .shiftLeft, "KEY_SRIGHT": .shiftRight,
    "KEY_PPAGE": .pageUp, "KEY_NPAGE": .pageDown, "KEY_SPREVIOUS": .pageUp, "KEY_SNEXT": .pageDown,
    "KEY_HOME": .home, "KEY_END": .end, "KEY_SHOME": .home, "KEY_SEND": .end,
    "KEY_FIND": .home, "KEY_SELECT": .end, "KEY_A1": .home, "KEY_C1": .end,
    "KEY_A3": .pageUp, "KEY_C3": .pageDown,
    "KEY_ENTER": .enter, "KEY_BACKSPACE": .backspace, "KEY_BTAB": .backTab,
    "KEY_DC": .delete, "KEY_SDC": .delete, "KEY_IC": .insert, "KEY_SIC": .insert,
    // Extended names, of keys with modifiers.
    "kUP": .up, "kDN": .down, "kLFT": .left, "kRIT": .right, "kPRV": .pageUp, "kNXT": .pageDown,
    "kHOM": .home, "kEND": .end, "kDC": .delete, "kIC": .insert,
  ]
}
