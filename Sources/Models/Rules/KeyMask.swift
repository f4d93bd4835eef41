/// Which keys each query keeps, as ranges: a mask never is a matrix.
struct KeyMask: Sendable {
  /// A query's keys, ascending and apart, before they are cut to what the query can see.
  let ranges: @Sendable (Int) -> [Range<Int>]

  init(_ ranges: @escaping @Sendable (Int) -> [Range<Int>]) { self.ranges = ranges }

  /// The keys of one query among those that it can see.
  func keys(_ query: Int, visible: Range<Int>) -> [Range<Int>] {
    Self.merged(
      ranges(query).compactMap { range in
        let seen = range.clamped(to: visible)
        return seen.isEmpty ? nil : seen
      })
  }

  /// Ascending ranges that cover the same keys, those that lie less than `gap` apart joined.
  static func merged(_ ranges: [Range<Int>], gap: Int = 1) -> [Range<Int>] {
    var result: [Range<Int>] = []
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) where !range.isEmpty {
      if let last = result.last, range.lowerBound < last.upperBound + gap {
        result[result.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
      } else {
        result.append(range)
      }
    }
    return result
  }
}
