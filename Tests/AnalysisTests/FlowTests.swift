import Foundation
import Models
import Tensors
import Testing

@testable import Analysis

/// Rollout, flows and relevance against the weight-free fixture.
@Suite struct FlowTests {
  /// The mean map of every layer, in double precision.
  private var means: [Tensor<Double>] {
    (0..<ToyFixture.layers).map { layer in
      let maps = (0..<ToyFixture.heads).map { ToyFixture.map(layer, $0) as Tensor<Double> }
      let numbers = maps[0].elements.indices.map {
        (maps[0].elements[$0] + maps[1].elements[$0]) / 2
      }
      return Tensor(numbers, shape: [6, 6])
    }
  }

  @Test func `rollout is the reference's`() throws {
    let found = try #require(AttentionFlow.rollout(means).last)
    #expect(agree(found.elements, try ToyFixture().numbers("rollout_top"), within: 1e-9))
    let single = try AttentionFlow.rollout(AttentionFlow.meanMaps(MapsAtHand.toy)).last
    #expect(
      agree(single?.elements ?? [], try ToyFixture().numbers("rollout_top"), within: 1e-5))
  }

  @Test func `rollout of uniform attention halves what is left of each token, layer by layer`() {
    let uniform = Tensor<Double>(repeating: 0.2, shape: [5, 5])
    for (layer, matrix) in AttentionFlow.rollout([uniform, uniform, uniform]).enumerated() {
      let own = pow(2, -Double(layer + 1))
      for row in 0..<5 {
        for column in 0..<5 {
          let expected = (row == column ? own : 0) + (1 - own) / 5
          #expect(abs(matrix[row, column] - expected) < 1e-12)
        }
      }
    }
  }

  @Test func `maximum flow is the reference's`() throws {
    let found = try MaximumFlow.table(means)
    #expect(agree(found.elements, try ToyFixture().numbers("attention_flow_top"), within: 1e-9))
  }

  @Test func `regularised flow is the reference's`() throws {
    let fixture = try ToyFixture()
    for (key, isRegularised) in [("vlsam_flow", false), ("vlsam_flow_regularised", true)] {
      var flow: Tensor<Double>?
      for layer in 0..<ToyFixture.layers {
        var weighted = [Double](repeating: 0, count: 36)
        for head in 0..<ToyFixture.heads {
          let map: Tensor<Double> = ToyFixture.map(layer, head)
          let confidence = MaximumScore.value(MapStatistics(pattern: map))
          for (index, weight) in map.elements.enumerated() {
            weighted[index] += weight * confidence / Double(ToyFixture.heads)
          }
        }
        flow = AttentionFlow.next(
          flow, Tensor(weighted, shape: [6, 6]), isCausal: true, isRegularised: isRegularised)
      }
      #expect(agree(flow?.elements ?? [], try fixture.numbers(key), within: 1e-9), "\(key)")
      let single = AttentionFlow.regularised(MapsAtHand.toy, isRegularised: isRegularised)
      // Sums of three layers' products are up to 6.
      #expect(agree(single.elements, try fixture.numbers(key), within: 1e-5), "\(key)")
    }
  }

  /// ((2·query + 3·key + 5·layer + 7·head) mod 11 − 5) / 10.
  private func gradient(_ layer: Int, _ head: Int) -> Tensor<Double> {
    var numbers: [Double] = []
    for query in 0..<6 {
      for key in 0..<6 {
        let number: Int = (2 * query + 3 * key + 5 * layer + 7 * head) % 11 - 5
        numbers.append(Double(number) / 10)
      }
    }
    return Tensor(numbers, shape: [6, 6])
  }

  /// Four rows of two numbers: ((a·row + b·column) mod modulus − shift) / 2.
  private func vectors(_ a: Int, _ b: Int, _ modulus: Int, _ shift: Int) -> Tensor<Double> {
    var numbers: [Double] = []
    for row in 0..<4 {
      for column in 0..<2 {
        let number: Int = (a * row + b * column) % modulus - shift
        numbers.append(Double(number) / 2)
      }
    }
    return Tensor(numbers, shape: [4, 2])
  }

  @Test func `relevance is the reference's`() throws {
    var relevance = ChefersRelevance(seq: 6)
    for layer in 0..<ToyFixture.layers {
      let gradients = (0..<ToyFixture.heads).map { gradient(layer, $0) }
      relevance.add(
        maps: (0..<ToyFixture.heads).map { ToyFixture.map(layer, $0) }, gradients: gradients)
    }
    #expect(
      agree(relevance.matrix.elements, try ToyFixture().numbers("chefer2021b_R"), within: 1e-9))
  }

  @Test func `conserved flows are the reference's and add up to queries and keys`() throws {
    let fixture = try ToyFixture()
    let found = FlowConservation(
      queries: vectors(3, 5, 7, 3).matrix, keys: vectors(5, 2, 9, 4).matrix)
    for (key, values) in [
      ("incoming", found.incoming), ("outgoing", found.outgoing),
      ("conserved_in", found.conservedIncoming), ("conserved_out", found.conservedOutgoing),
    ] { #expect(agree(values, try fixture.numbers("flowformer", key), within: 1e-9), "\(key)") }
    #expect(abs(found.conservedIncoming.reduce(0, +) - 4) < 1e-12)
    #expect(abs(found.conservedOutgoing.reduce(0, +) - 4) < 1e-12)
    let uneven = FlowConservation(
      positiveQueries: [[0.5, 0.1], [0.2, 0.9], [0.3, 0.3]],
      positiveKeys: [[0.4, 0.4], [0.1, 0.7]])
    #expect(abs(uneven.conservedIncoming.reduce(0, +) - 2) < 1e-12)
    #expect(abs(uneven.conservedOutgoing.reduce(0, +) - 3) < 1e-12)
  }

  @Test func `value-weighted rows are normalised, norm-weighted ones are not`() {
    let tile = Tensor<Double>([0.5, 0.5, 0, 0.25, 0.25, 0.5], shape: [2, 3])
    let value = WeightedMap.value.weighted(tile, norms: [1, 3, 2])
    #expect(value.elements == [0.25, 0.75, 0, 0.125, 0.375, 0.5])
    #expect(
      WeightedMap.norm.weighted(tile, norms: [1, 3, 2]).elements == [0.5, 1.5, 0, 0.25, 0.75, 1])
  }
}
