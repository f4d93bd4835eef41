import Tensors
import Testing

@testable import Models

/// The parts of a plan that compute something.
@Suite struct PlanTests {
  @Test(arguments: [
    (MaskPlan.causal, [0..<1, 0..<2, 0..<3, 0..<4, 0..<5]),
    (.bidirectional, [0..<5, 0..<5, 0..<5, 0..<5, 0..<5]),
    (.sliding(2), [0..<1, 0..<2, 1..<3, 2..<4, 3..<5]),
    (.window(before: 1, after: 1), [0..<2, 0..<3, 1..<4, 2..<5, 3..<5]),
    (.chunk(3), [0..<1, 0..<2, 0..<3, 3..<4, 3..<5]),
  ])
  func `a mask says which keys each query can see`(mask: MaskPlan, keys: [Range<Int>]) {
    #expect((0..<5).map { mask.visible(query: $0, keyCount: 5) } == keys)
    #expect(mask.isCausal == keys.enumerated().allSatisfy { $1.upperBound <= $0 + 1 })
  }

  @Test func `slopes fall geometrically, and other numbers of heads take every second one more`() {
    #expect(
      zip(AlibiPlan.slopes(heads: 4), [0.25, 0.0625, 0.015625, 0.00390625])
        .allSatisfy { abs($0 - $1) < 1e-12 })
    let six = AlibiPlan.slopes(heads: 6)
    #expect(six.count == 6)
    #expect(abs(six[4] - 0.5) < 1e-12 && abs(six[5] - 0.125) < 1e-12)
  }

  @Test func `a bias falls with the distance, and with the key where it is rounded`() {
    let head = HeadIndex(layer: 3, head: 1)
    let bias = ScoreBias<Double>(AlibiPlan(slopes: [1, 0.5], factor: 2), seq: 4)
    let row = bias.row(head, query: 2, keys: 4)
    #expect((0..<4).map { row[0, $0] } == [-2, -1, 0, 1])
    let rounded = ScoreBias<Double>(
      AlibiPlan(slopes: [1, 1 / 3], factor: 1, isRounded: true), seq: 4)
    let byKey = rounded.row(head, query: 2, keys: 4)
    // A third is 0.333984375 in bfloat16, and three of them round to 1.
    #expect((0..<4).map { byKey[0, $0] } == [0, 0.333984375, 0.66796875, 1])
  }

  @Test func `frequencies stretch beyond the length that a model was trained for`() {
    let usual = RotaryPlan.frequencies(theta: 10000, dimensions: 4)
    #expect(usual == [1, 0.01] || abs(usual[1] - 0.01) < 1e-15)
    let long = RotaryPlan(
      frequencies: usual, stretch: .long(frequencies: [0.5, 0.005], context: 8))
    #expect(long.frequencies(seq: 8) == usual && long.frequencies(seq: 9) == [0.5, 0.005])
    let dynamic = RotaryPlan(
      frequencies: usual, stretch: .dynamic(theta: 10000, factor: 2, context: 8))
    #expect(dynamic.frequencies(seq: 8) == usual)
    // Twice the length: the base grows by (2 · 2 − 1)^(4/2).
    #expect(abs(dynamic.frequencies(seq: 16)[1] - 0.01 / 3) < 1e-12)
  }

  @Test(arguments: [RotaryPlan.Pairing.halves, .neighbours])
  func `what is turned and turned back is what it was`(pairing: RotaryPlan.Pairing) {
    let plan = RotaryPlan(
      frequencies: [1, 0.1], first: 2, pairing: pairing, magnitude: 1.3)
    let before = Tensor<Double>((0..<36).map { Double($0 * 7 % 11) }, shape: [3, 12])
    var heads = before
    Rotation<Double>(plan, seq: 3).turn(
      heads.mutableMatrix(), rows: 0..<3, dHead: 6, PlainKernels<Double>.self)
    for row in 0..<3 {
      for start in [0, 6] {
        #expect(heads[row, start] == before[row, start])
        let (after, length) = (2..<6).reduce((0.0, 0.0)) { sums, i in
          (
            sums.0 + heads[row, start + i] * heads[row, start + i],
            sums.1 + before[row, start + i] * before[row, start + i]
          )
        }
        #expect(abs(after - 1.69 * length) < 1e-9)
      }
    }
    Rotation<Double>(plan, seq: 3, .back).turn(
      heads.mutableMatrix(), rows: 0..<3, dHead: 6, PlainKernels<Double>.self)
    #expect(heads.maxDifference(to: before) < 1e-12)
  }

  @Test func `a trace gives queries and keys as they were before their position entered`() throws {
    let reference = try Reference("llama-grouped")
    let trace = try reference.model.run(try reference.prompt("p17"), as: Double.self)
    let head = HeadIndex(layer: 1, head: 3)
    let (turned, back) = (trace.queries(head), trace.unturnedQueries(head))
    // The first token is not turned, the others are.
    #expect(abs(turned[0, 3] - back[0, 3]) < 1e-12)
    #expect(abs(turned[9, 3] - back[9, 3]) > 1e-3)
    #expect(trace.unturnedKeys(head).shape == [17, 12])
  }

  @Test func `a router picks the best, and its weights are shares of all or of the chosen`() {
    let logits = [0.0, 2, 1, -1]
    let terms = logits.map { Double.exp($0) }
    let all = terms.reduce(0, +)
    let plain = RoutingPlan(count: 2, isNormalised: false, scale: 3).choice(logits, correction: nil)
    #expect(plain.map(\.expert) == [1, 2])
    #expect(abs(plain[0].weight - 3 * terms[1] / all) < 1e-12)
    let shares = RoutingPlan(count: 2, isNormalised: true).choice(logits, correction: nil)
    #expect(abs(shares.reduce(0) { $0 + $1.weight } - 1) < 1e-12)
  }

  @Test func `a correction changes the choice and not the weight, and groups are chosen first`() {
    let sigmoid = RoutingPlan(scoring: .sigmoid, count: 1, isNormalised: false)
    let corrected = sigmoid.choice([3, 0], correction: [0, 1])
    #expect(corrected.map(\.expert) == [1])
    #expect(corrected[0].weight == 0.5)
    let grouped = RoutingPlan(
      scoring: .sigmoid, count: 2, isNormalised: false,
      groups: RoutingPlan.Groups(count: 2, kept: 1, best: 2))
    // The best expert stands in the weaker group.
    #expect(grouped.choice([5, -9, 2, 3], correction: nil).map(\.expert) == [3, 2])
  }

  @Test func `outputs that lie in stretches are those rows or columns of the matrix`() {
    let outputs = Outputs(first: 1, width: 2, distance: 3, stretches: 2)
    #expect(outputs.count == 4)
    #expect(outputs.ranges == [1..<3, 4..<6])
    let tensor = Tensor<Float>((0..<12).map(Float.init), shape: [6, 2])
    #expect(tensor.matrix.rows(outputs.ranges).copied.elements == [2, 3, 4, 5, 8, 9, 10, 11])
    let wide = Tensor<Float>((0..<12).map(Float.init), shape: [2, 6])
    #expect(wide.matrix.columns(outputs.ranges).copied.elements == [1, 2, 4, 5, 7, 8, 10, 11])
  }
}
