import Tensors
import Testing

/// Which numbers of a row are its largest.
@Suite struct RankingTests {
  private func bound(_ numbers: [Double], _ count: Int) -> Double {
    numbers.withUnsafeBufferPointer { Ranking.bound(of: $0, count: count) }
  }

  @Test func `so many numbers reach the bound, and more only where they are equal to it`() {
    let rows: [[Double]] = [
      [0.25], [3, 1, 2], [-1, -3, 0, -0.0, 2, -2], [5, 5, 5, 5], [0, 1, 0, 1, 0],
      [.infinity, -.infinity, 0, 1e-320, -1e300], (0..<500).map { Double($0 * 7919 % 500) / 512 },
    ]
    for numbers in rows {
      for count in 1...numbers.count {
        let found = bound(numbers, count)
        #expect(numbers.count { $0 > found } <= count, "\(numbers.prefix(6)), \(count)")
        #expect(numbers.count { $0 >= found } >= count, "\(numbers.prefix(6)), \(count)")
        // Nothing lies between the bound and the number of that rank.
        let ranked = numbers.sorted(by: >)[count - 1]
        #expect(!numbers.contains { $0 > min(found, ranked) && $0 < max(found, ranked) })
      }
    }
  }

  @Test func `a row that holds NaN has a bound, too`() {
    #expect(!bound([.nan, 1, 2], 3).isNaN)
    #expect([1.0, 2].contains { $0 >= bound([.nan, 1, 2], 3) })
  }

  @Test func `the largest are kept as a share of their sum, of equal ones the first`() {
    func kept(_ numbers: [Double], _ count: Int) -> [Double] {
      var numbers = numbers
      numbers.withUnsafeMutableBufferPointer { Ranking.keepLargest($0, count: count) }
      return numbers
    }
    #expect(kept([1, 3, 2, 0], 2) == [0, 0.6, 0.4, 0])
    #expect(kept([1, 2, 1, 1], 3) == [0.25, 0.5, 0.25, 0])
    #expect(kept([2, 2, 2, 2], 1) == [1, 0, 0, 0])
    #expect(kept([0, 0, 0], 2) == [0, 0, 0], "nothing to divide by")
    let many = (0..<500).map { Double($0 * 7919 % 250) / 512 }
    for count in [1, 2, 7, 249, 250, 251, 499] {
      // By rank, and of equal numbers by place.
      let order = many.indices.sorted { (many[$0], $1) > (many[$1], $0) }.prefix(count)
      let sum = order.reduce(0) { $0 + many[$1] }
      let found = kept(many, count)
      for i in many.indices {
        #expect(abs(found[i] - (order.contains(i) ? many[i] / sum : 0)) < 1e-12, "\(count), \(i)")
      }
    }
  }
}
