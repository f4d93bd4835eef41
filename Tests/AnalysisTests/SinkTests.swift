import Checkpoints
import Foundation
import Models
import Tensors
import Testing

@testable import Analysis

/// Sinks, outliers and what a run can be trusted for.
@Suite struct SinkTests {
  private static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  private func sample(_ ids: [Int]) throws -> (Model, Trace<Float>) {
    let model = try Model(Checkpoint.open(Self.repository + "/samples/novels"))
    return (model, try model.run(Prompt(ids: ids), as: Float.self))
  }

  @Test func `outliers are the reference's`() throws {
    let fixture = try ToyFixture()
    let x = try fixture.numbers("outlier", "x")
    let found = Outliers(Tensor(x, shape: [2, 4]))
    let kurtosis = try #require(try fixture.numbers("outlier", "kurtosis").first)
    #expect(found.infNorm == 40 && abs(found.kurtosis - kurtosis) < 1e-9)
    #expect(found.strongest[0] == Outliers.Activation(token: 1, dimension: 0, value: 40))
    #expect(found.strongest.map(\.value) == [40, 3, -2])
    #expect(found.median == 1.5)
    let single = Outliers(Tensor(x.map(Float.init), shape: [2, 4]))
    #expect(abs(single.kurtosis - kurtosis) < 1e-5)
    let phi = try fixture.numbers("outlier", "phi")
    for (dimension, expected) in phi.enumerated() {
      #expect(abs(SinkDimensions.phi(x, dimensions: [dimension]) - expected) < 1e-9)
    }
  }

  @Test func `the kurtosis of a Gaussian is three, of one number undefined`() {
    var generator = MersenneTwister(seed: 1)
    let numbers = (0..<100_000).map { _ -> Double in
      let (a, b) = (
        Double.random(in: .leastNormalMagnitude..<1, using: &generator),
        Double.random(in: 0..<1, using: &generator)
      )
      return (-2 * log(a)).squareRoot() * cos(2 * .pi * b)
    }
    // The deviation of the estimate is √(24 / n) = 0.015.
    #expect(abs(Outliers.kurtosis(numbers) - 3) < 0.08)
    #expect(Outliers.kurtosis([1]).isNaN)
  }

  @Test func `medians of odd and even counts, and of equal numbers, are right`() {
    #expect(Statistics.median([3, 1, 2]) == 2)
    #expect(Statistics.median([4, 1, 3, 2]) == 2.5)
    #expect(Statistics.median([5, 5, 5, 5]) == 5)
    #expect(Statistics.median([]).isNaN)
    var generator = MersenneTwister(seed: 2)
    for count in 1..<60 {
      let numbers = (0..<count).map { _ in Double(generator.next(in: 0..<20)) }
      let sorted = numbers.sorted()
      let expected = (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
      #expect(Statistics.median(numbers) == expected)
    }
  }

  /// `samples/README.md` names the heads and the massive activation.
  @Test func `the sample's sink is its first token, fed by the known heads`() throws {
    let (model, trace) = try sample([0] + (1..<80).map { $0 * 7919 % 4095 + 1 })
    let report = try SinkReport(model, trace)
    #expect(report.positions.count == 80)
    let best = try #require(report.positions.max { $0.received < $1.received })
    #expect(best.index == 0)
    #expect(report.feeders.first?.share ?? 0 > 0.95)
    let feeding = Set(report.feeders.filter { $0.key == 0 && $0.share > 0.85 }.map(\.head))
    for name in ["L4.H4", "L4.H2"] { #expect(feeding.contains(try #require(HeadIndex(name)))) }
    let strongest = try #require(report.massive.first { $0.layer == 4 }).activation
    #expect(strongest.token == 0 && abs(strongest.value - 247.5) < 1)
    #expect(report.dimensions.dimensions.contains(strongest.dimension))
    #expect(report.dimensions.phi[5][0] > report.dimensions.threshold)
    #expect(report.sinkRate == report.positions[0].rate && report.sinkRate > 10)
  }

  @Test func `what attention and MLP add makes up the residual stream`() throws {
    let (model, trace) = try sample([0, 5, 9, 77])
    let report = try SinkReport(model, trace)
    #expect(report.layers.count == 6 && report.layers.allSatisfy { $0.mlp != nil })
    #expect(report.maxInfNorm == report.layers.map(\.residual.infNorm).max())
    #expect(report.meanKurtosis > 0)
  }

  @Test func `a sound run leaks nothing and its rows sum to one`() throws {
    let (_, trace) = try sample([0] + (1..<50).map { $0 * 31 })
    let facts = try TrustFacts(trace)
    #expect(facts.rowSumError < 1e-5 && facts.causalLeak == 0)
    #expect(facts.brokenRows == 0 && facts.brokenHeads.isEmpty && facts.precision == "float32")
    #expect(facts.added.isEmpty)
  }

  @Test func `a map with NaN is named, and its head alone has no score`() throws {
    var maps = MapsAtHand.toy.maps
    maps[1][0][3, 1] = .nan
    let heads = try MapStatistics.reduce(maps: MapsAtHand(maps: maps), ids: ToyFixture.ids) {
      _, map in
      map.brokenRows
    }
    #expect(heads == [[0, 0], [1, 0], [0, 0]])
  }
}
