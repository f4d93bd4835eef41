/// Merges that are not listed: of two pieces side by side those merge whose text together is a
/// piece, the one with the best rank first.
enum ScoredPieces {
  /// The merges of a vocabulary; `ranks` by id, smaller first, equal ones from the left; nil for a
  /// piece that merges do not make.
  ///
  /// - Complexity: O(bytes of all pieces).
  static func merges(_ vocabulary: Vocabulary, ranks: [Int?]) -> PairTable {
    merges(spellings: vocabulary.pieces.map { $0.map { Array($0.utf8) } }, ranks: ranks) {
      vocabulary.table.find($0)
    }
  }

  /// The merges of pieces that are spelled in bytes.
  static func merges(
    spellings: [[UInt8]?], ranks: [Int?], find: (ArraySlice<UInt8>) -> Int32?
  ) -> PairTable {
    var table = PairTable(capacity: spellings.count * 3)
    for (id, spelling) in spellings.enumerated() {
      guard let spelling, let rank = ranks[id], spelling.count > 1 else { continue }
      // A piece as long as a page is no piece, and would be cut in each of its places.
      guard spelling.count <= 512 else { continue }
      for cut in 1..<spelling.count {
        guard let left = find(spelling[..<cut]), let right = find(spelling[cut...]) else {
          continue
        }
        table.insert(left, right, rank: rank, merged: Int32(id))
      }
    }
    return table
  }

  /// Ranks by descending score, equal scores the same.
  static func ranks(_ scores: [Float], where isMade: (Int) -> Bool) -> [Int?] {
    var ranks = [Int?](repeating: nil, count: scores.count)
    let order = scores.indices.filter(isMade).sorted { scores[$0] > scores[$1] }
    var rank = 0
    for (place, id) in order.enumerated() {
      if place > 0, scores[order[place - 1]] != scores[id] { rank += 1 }
      ranks[id] = rank
    }
    return ranks
  }
}
