import Models
import Tensors
import Tokenizers

/// Tokens grouped into words: a new one begins with a blank, after one, and where letters meet signs.
struct Words: Sendable {
  /// The tokens of each word.
  let groups: [Range<Int>]
  /// One token for each word, its bytes those of its parts.
  let tokens: [Token]

  init(_ parts: [Token]) {
    var groups: [Range<Int>] = []
    for (position, part) in parts.enumerated() {
      guard position > 0, let last = groups.last, Self.joins(parts[position - 1], part) else {
        groups.append(position..<position + 1)
        continue
      }
      groups[groups.count - 1] = last.lowerBound..<position + 1
    }
    self.groups = groups
    tokens = groups.map { group in
      guard group.count > 1 else { return parts[group.lowerBound] }
      let members = parts[group]
      return Token(
        id: members.first?.id ?? 0, piece: members.map(\.piece).joined(),
        bytes: members.flatMap(\.bytes), start: members.first?.start ?? 0,
        end: members.last?.end ?? 0)
    }
  }

  /// Whether a token goes on with the word of the one before it.
  private static func joins(_ before: Token, _ next: Token) -> Bool {
    guard let end = before.bytes.last, let start = next.bytes.first else { return false }
    guard !before.isSpecial, !next.isSpecial else { return false }
    // Where the text's blanks are no part of tokens, they lie between two of them.
    guard next.end == 0 || before.end == next.start else { return false }
    return isPart(end) && isPart(start)
  }

  /// Letters, digits, and every byte of a character beyond ASCII: half of one is no word.
  private static func isPart(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x27, 0x80...0xFF: true
    default: false
    }
  }

  /// The word of a token.
  func word(of token: Int) -> Int {
    var (low, high) = (0, max(0, groups.count - 1))
    while low < high {
      let middle = (low + high) / 2
      if groups[middle].upperBound <= token { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

/// Maps between words: weights on the tokens of a word are added, rows of its tokens averaged.
///
/// Source: Clark et al. 2019, "What Does BERT Look At?", section 4.1.
struct WordPatterns: PatternSource {
  private let base: any PatternSource
  private let words: Words

  init(_ base: any PatternSource, _ words: Words) { (self.base, self.words) = (base, words) }

  var layers: Int { base.layers }
  var heads: Int { base.heads }
  var queryCount: Int { words.groups.count }
  var keyCount: Int { words.groups.count }
  var isCausal: Bool { base.isCausal }

  func pattern(_ head: HeadIndex, rows: Range<Int>, columns: Range<Int>) -> Tensor<Float> {
    guard !rows.isEmpty, !columns.isEmpty else {
      return Tensor([], shape: [rows.count, columns.count])
    }
    let queries =
      words.groups[rows.lowerBound].lowerBound..<words.groups[rows.upperBound - 1].upperBound
    let keys =
      words.groups[columns.lowerBound].lowerBound..<words.groups[columns.upperBound - 1].upperBound
    var result: [Float] = []
    result.reserveCapacity(rows.count * columns.count)
    base.pattern(head, rows: queries, columns: keys).withElements { weights in
      for row in rows {
        let members = words.groups[row]
        for column in columns {
          var sum: Float = 0
          for query in members {
            for key in words.groups[column] {
              sum += weights[(query - queries.lowerBound) * keys.count + key - keys.lowerBound]
            }
          }
          result.append(sum / Float(members.count))
        }
      }
    }
    return Tensor(result, shape: [rows.count, columns.count])
  }

  /// The tokens of one word.
  func tokens(of word: Int) -> Range<Int> { words.groups[word] }
}
