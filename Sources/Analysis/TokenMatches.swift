/// Where each token of a prompt occurred before, in O(seq) memory.
///
/// The positions of one token lie side by side; a position's earlier ones are those before it.
struct TokenMatches: Sendable {
  /// Positions, by token and then in order.
  private let order: [Int32]
  /// Where in `order` the positions of a position's token begin, and where it stands itself.
  private let starts, places: [Int]

  /// The matches of a prompt's ids.
  init(_ ids: [Int]) {
    let sorted = ids.indices.sorted { (ids[$0], $0) < (ids[$1], $1) }
    var starts = [Int](repeating: 0, count: ids.count)
    var places = starts
    var start = 0
    for (place, position) in sorted.enumerated() {
      if place > 0, ids[sorted[place - 1]] != ids[position] { start = place }
      starts[position] = start
      places[position] = place
    }
    order = sorted.map { Int32($0) }
    self.starts = starts
    self.places = places
  }

  /// The number of tokens.
  var seq: Int { order.count }

  /// The earlier positions of the token at `position`, ascending.
  func earlier(_ position: Int) -> ArraySlice<Int32> {
    order[starts[position]..<places[position]]
  }

  /// Those of them that lie in a range.
  func earlier(_ position: Int, within range: Range<Int>) -> ArraySlice<Int32> {
    let all = earlier(position)
    func firstPlace(from key: Int) -> Int {
      var (low, high) = (all.startIndex, all.endIndex)
      while low < high {
        let middle = (low + high) / 2
        if Int(all[middle]) < key { low = middle + 1 } else { high = middle }
      }
      return low
    }
    guard let first = all.first, let last = all.last, Int(first) < range.upperBound,
      Int(last) >= range.lowerBound
    else { return [] }
    return all[firstPlace(from: range.lowerBound)..<firstPlace(from: range.upperBound)]
  }

  /// Whether any token occurs twice.
  var hasRepeat: Bool { starts.indices.contains { starts[$0] < places[$0] } }
}
