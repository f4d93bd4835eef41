import Foundation
import Models
import Tensors
import Testing

@testable import Analysis

/// Scores of maps whose answer is known.
@Suite struct ScoreTests {
  /// A map whose rows are given by a function of query and key.
  private func map(_ seq: Int, _ weight: (_ query: Int, _ key: Int) -> Double) -> Tensor<Double> {
    Tensor((0..<seq * seq).map { weight($0 / seq, $0 % seq) }, shape: [seq, seq])
  }

  /// Every query looks at one key.
  private func pointing(_ seq: Int, _ key: @escaping (Int) -> Int) -> Tensor<Double> {
    map(seq) { $1 == key($0) ? 1 : 0 }
  }

  private func uniform(_ seq: Int) -> Tensor<Double> {
    map(seq) { $1 <= $0 ? 1 / Double($0 + 1) : 0 }
  }

  private func value(_ score: any MapScore.Type, _ map: Tensor<Double>) -> Double {
    score.value(MapStatistics(pattern: map))
  }

  @Test func `a perfect previous-token head scores one`() {
    let map = pointing(9) { max(0, $0 - 1) }
    #expect(value(PreviousTokenScore.self, map) == 1)
    #expect(value(EntropyScore.self, map) == 0)
    // Query 0 and query 1 look at key 0.
    #expect(abs(value(FirstTokenScore.self, map) - 2.0 / 9) < 1e-15)
  }

  @Test func `a perfect sink scores one`() {
    let map = pointing(9) { _ in 0 }
    #expect(value(FirstTokenScore.self, map) == 1)
    // Query 1's previous token is the sink.
    #expect(value(PreviousTokenScore.self, map) == 1.0 / 8)
    #expect(value(EntropyScore.self, map) == 0)
  }

  @Test func `a head that looks at itself has neither`() {
    let map = pointing(5) { $0 }
    #expect(value(PreviousTokenScore.self, map) == 0)
    #expect(value(FirstTokenScore.self, map) == 1.0 / 5)
    #expect(value(EntropyScore.self, map) == 0)
  }

  @Test(arguments: [2, 3, 16, 100])
  func `uniform attention has the entropy of what can be seen`(seq: Int) {
    let map = uniform(seq)
    let entropy = (0..<seq).map { log(Double($0 + 1)) }.reduce(0, +) / Double(seq)
    #expect(abs(value(EntropyScore.self, map) - entropy) < 1e-12)
    #expect(entropy < EntropyScore.highest(seq: seq) ?? 0)
    let first = (0..<seq).map { 1 / Double($0 + 1) }.reduce(0, +)
    #expect(abs(value(FirstTokenScore.self, map) - first / Double(seq)) < 1e-12)
    #expect(
      abs(value(PreviousTokenScore.self, map) - (first - 1) / Double(seq - 1)) < 1e-12)
  }

  @Test func `single precision agrees with double`() {
    let map = uniform(64)
    let single = MapStatistics(pattern: map.converted(to: Float.self))
    let double = MapStatistics(pattern: map)
    for score in HeadScores.ofMaps {
      let (a, b) = (score.value(single), score.value(double))
      // Rows are rounded to 2⁻²⁴ of their weights; a distance is up to 63 times that.
      #expect(a.isNaN == b.isNaN && !(abs(a - b) >= 1e-5), "\(score.name)")
    }
  }

  @Test func `what every pass keeps adds up`() {
    let statistics = MapStatistics(pattern: uniform(20))
    #expect(statistics.queries == 20)
    #expect(abs(statistics.received.reduce(0, +) - 20) < 1e-12)
    #expect(abs((0..<20).reduce(0) { $0 + statistics.mass(at: $1) } - 20) < 1e-12)
    #expect(statistics.rows[0].entropy == 0 && statistics.mass(at: -1) == 0)
  }

  @Test func `a prompt of one token has no previous token`() {
    let map = pointing(1) { _ in 0 }
    #expect(value(PreviousTokenScore.self, map).isNaN)
    #expect(value(FirstTokenScore.self, map) == 1)
    #expect(value(EntropyScore.self, map) == 0)
  }

  @Test func `a map without queries has no scores`() {
    let statistics = MapStatistics(pattern: Tensor<Double>([], shape: [0, 0]))
    for score in HeadScores.ofMaps { #expect(score.value(statistics).isNaN, "\(score.name)") }
  }

  @Test func `every score lies within its range`() {
    for map in [uniform(30), pointing(30) { $0 / 2 }, pointing(30) { _ in 0 }] {
      for score in HeadScores.ofMaps {
        let value = value(score, map)
        guard !value.isNaN else { continue }
        #expect(value >= score.lowest ?? -.infinity, "\(score.name)")
        #expect(value <= score.highest(seq: 30) ?? .infinity, "\(score.name)")
      }
    }
  }

  @Test func `bounds leave out what is undefined`() {
    let table = HeadTable(layers: 2, heads: 2, values: [.nan, 3, -1, 2])
    #expect(table.bounds == -1...3)
    #expect(table[HeadIndex(layer: 1, head: 0)] == -1)
    #expect(table.rows[1] == [-1, 2])
    #expect(HeadTable(layers: 1, heads: 1, values: [.nan]).bounds == nil)
  }

  @Test func `a map that holds NaN has no score, and is named`() throws {
    var maps = MapsAtHand.toy.maps
    var numbers = maps[1][0].elements
    numbers[3 * 6 + 1] = .nan
    maps[1][0] = Tensor(numbers, shape: [6, 6])
    let results = try HeadScores.results(ofMaps: MapsAtHand(maps: maps), ids: ToyFixture.ids)
    let broken = HeadIndex(layer: 1, head: 0)
    for result in results where result.reason == nil {
      #expect(result.undefined == [broken: "its map holds NaN in 1 of 6 rows"])
      #expect(result.table[broken].isNaN)
      #expect(!result.table[HeadIndex(layer: 1, head: 1)].isNaN, "\(result.name)")
    }
    #expect(results.contains { $0.reason == nil })
  }
}
