import Foundation
import Models
import Tensors
import Testing

@testable import Analysis

/// Map scores against the weight-free fixture.
@Suite struct ToyScoreTests {
  private func check<Element: Scalar>(_: Element.Type, within tolerance: Double) throws {
    let fixture = try ToyFixture()
    let maps = ToyFixture.forEachMap(Element.self) {
      MapStatistics(pattern: $0, ids: ToyFixture.ids)
    }
    func expect(_ key: String, _ value: (MapStatistics) -> Double) throws {
      let expected = try fixture.numbers(key)
      #expect(agree(maps.map(value), expected, within: tolerance), "\(key)")
    }
    try expect("entropy_nats") { EntropyScore.value($0) }
    try expect("confidence") { MaximumScore.value($0) }
    try expect("mean_distance") { DistanceScore.value($0) }
    try expect("prev") { PreviousTokenScore.value($0) }
    try expect("duplicate_off3") { DuplicateTokenScore.value($0, length: 3, prefix: 0) }
    try expect("induction_off2") { InductionScore.value($0, length: 3, prefix: 0) }

    let alphas = maps.flatMap { map in (0..<map.keys).map { map.alpha($0) } }
    #expect(agree(alphas, try fixture.numbers("alpha"), within: tolerance))
    for epsilon in ["0.2", "0.3"] {
      let rates = (0..<6).map { key in
        100 * Double(maps.count { $0.alpha(key) > Double(epsilon) ?? 0 }) / 6
      }
      #expect(
        agree(rates, try fixture.numbers("sink_rate_percent_by_k", epsilon), within: 1e-9))
    }
    for (name, layer, head, threshold) in [("act_L0H1", 0, 1, 0.1), ("act_L1H0", 1, 0, 0.2)] {
      let sinks = LaterSinks.keys(maps[layer * 2 + head], threshold: threshold)
      #expect(sinks.map(Double.init) == (try fixture.numbers(name, "S")))
    }
  }

  @Test func `map scores are the reference's in double precision`() throws {
    try check(Double.self, within: 1e-9)
  }

  @Test func `map scores are the reference's in single precision`() throws {
    try check(Float.self, within: 1e-5)
  }

  @Test func `the detector is the reference's under every exclusion`() throws {
    let fixture = try ToyFixture()
    for (name, pattern) in [
      ("prev", DetectedPattern.previous), ("dup", .duplicate), ("ind", .induction),
    ] {
      for (first, own) in [(false, false), (true, false), (false, true), (true, true)] {
        let ending = (first ? "_xbos" : "") + (own ? "_xcur" : "")
        let found = ToyFixture.forEachMap(Double.self) { map in
          Detection(
            MapStatistics(pattern: map, ids: ToyFixture.ids), pattern, excludesFirst: first,
            excludesSelf: own)
        }
        let products = try fixture.numbers("head_detector", "\(name)_mul\(ending)")
        #expect(agree(found.map(\.product), products, within: 1e-9), "\(name)_mul\(ending)")
        let differences = try fixture.numbers("head_detector", "\(name)_abs\(ending)")
        #expect(agree(found.map(\.difference), differences, within: 1e-9), "\(name)_abs\(ending)")
      }
    }
  }

  @Test func `the options' exclusions reach the detector's scores`() throws {
    var options = ScoreOptions()
    options.excludesFirst = true
    options.excludesSelf = true
    let fixture = try ToyFixture()
    let found = ToyFixture.forEachMap(Double.self) { map in
      InductionScore.value(MapStatistics(pattern: map, ids: ToyFixture.ids), options)
    }
    let expected = try fixture.numbers("head_detector", "ind_mul_xbos_xcur")
    #expect(agree(found, expected, within: 1e-9))
  }

  /// Uniform causal attention: A[i, j] = 1 / (i + 1).
  private func uniform(_ seq: Int) -> Tensor<Double> {
    Tensor(
      (0..<seq * seq).map { $0 % seq <= $0 / seq ? 1 / Double($0 / seq + 1) : 0 },
      shape: [seq, seq])
  }

  @Test(arguments: [2, 7, 40])
  func `the detector on uniform attention has a closed form`(seq: Int) {
    let found = Detection(MapStatistics(pattern: uniform(seq)), .previous).product
    let expected = (1..<seq).reduce(0) { $0 + 1 / Double($1 + 1) } / Double(seq)
    #expect(abs(found - expected) < 1e-12)
  }

  @Test func `α of uniform attention is the mean of what later queries give`() {
    let map = MapStatistics(pattern: uniform(9))
    for key in 0..<9 {
      let expected = (key..<9).reduce(0) { $0 + 1 / Double($1 + 1) } / Double(9 - key)
      #expect(abs(map.alpha(key) - expected) < 1e-12)
    }
  }
}
