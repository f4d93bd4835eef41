import Tokenizers

/// Which tokens of two texts stand for each other.
struct TokenAlignment: Sendable, Equatable {
  /// Positions in the first text and in the second, ascending; as many of both.
  let first, second: [Int]
  /// How many tokens the texts have.
  let counts: (first: Int, second: Int)
  /// Positions at which texts of one length hold other tokens.
  let differing: [Int]

  /// Texts longer than this are aligned by what they begin and end with alone.
  static let longest = 2048

  /// Aligns the most tokens that stand in both texts in one order.
  ///
  /// Tokens are the same when they spell the same, whatever number two vocabularies give them.
  ///
  /// - Complexity: O(n · d) for n tokens of which d differ: Myers 1986, "An O(ND) difference algorithm".
  init(_ a: [Token], _ b: [Token]) {
    let (x, y) = (a.map(\.bytes), b.map(\.bytes))
    counts = (x.count, y.count)
    differing = x.count == y.count ? x.indices.filter { x[$0] != y[$0] } : []
    guard max(x.count, y.count) <= Self.longest else {
      let shared = min(x.count, y.count)
      let start = (0..<shared).first { x[$0] != y[$0] } ?? shared
      let end =
        (0..<shared - start).first { x[x.count - 1 - $0] != y[y.count - 1 - $0] } ?? shared - start
      first = Array(0..<start) + Array(x.count - end..<x.count)
      second = Array(0..<start) + Array(y.count - end..<y.count)
      return
    }
    var (gone, new): (Set<Int>, Set<Int>) = ([], [])
    for change in y.difference(from: x) {
      switch change {
      case .remove(let offset, _, _): gone.insert(offset)
      case .insert(let offset, _, _): new.insert(offset)
      }
    }
    first = x.indices.filter { !gone.contains($0) }
    second = y.indices.filter { !new.contains($0) }
  }

  static func == (a: TokenAlignment, b: TokenAlignment) -> Bool {
    a.first == b.first && a.second == b.second && a.counts == b.counts
  }
}
