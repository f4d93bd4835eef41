import Checkpoints
import Foundation
import Tensors

@testable import Models

/// One layer made of closed-form queries, keys and values, as `Fixtures/rules/rules_ref.py` makes them.
struct RuleFixture {
  let layer: RuleLayer<PlainKernels<Double>>

  /// Q[i][c] = 1.5 sin(1 + 1.7i + 2.3c), K[i][c] = 1.5 cos(0.5 + 2.1i − 1.1c), V[i][c] = sin(0.3 + 0.9i(c + 1)).
  init(
    n: Int = 8, width: Int = 4, heads: Int = 1, kvHeads: Int = 1, mask: MaskPlan = .causal,
    position: PositionPlan = .none, spans: [PromptSpan] = [], grid: PatchGrid? = nil
  ) {
    func matrix(_ columns: Int, _ number: (Double, Double) -> Double) -> Matrix<Double> {
      let numbers = (0..<n).flatMap { i in
        (0..<columns).map { c in number(Double(i), Double(c)) }
      }
      return Tensor(numbers, shape: [n, columns]).matrix
    }
    self.init(
      queries: matrix(width * heads) { 1.5 * sin(1 + 1.7 * $0 + 2.3 * $1) },
      keys: matrix(width * kvHeads) { 1.5 * cos(0.5 + 2.1 * $0 - 1.1 * $1) },
      values: matrix(width * kvHeads) { sin(0.3 + 0.9 * $0 * ($1 + 1)) }, heads: heads,
      kvHeads: kvHeads, mask: mask, position: position, spans: spans, grid: grid)
  }

  init(
    queries: Matrix<Double>, keys: Matrix<Double>, values: Matrix<Double>, heads: Int = 1,
    kvHeads: Int = 1, mask: MaskPlan = .causal, position: PositionPlan = .none,
    spans: [PromptSpan] = [], grid: PatchGrid? = nil
  ) {
    let dHead = queries.columns / heads
    let plan = AttentionPlan(
      heads: heads, kvHeads: kvHeads, dHead: dHead, scale: 1 / Double(dHead).squareRoot(),
      query: Self.linear, key: Self.linear, value: Self.linear, output: Self.linear,
      position: position, mask: mask)
    layer = RuleLayer(
      heads: (0..<heads).map { head in
        HeadAttention(
          plan, HeadIndex(layer: 0, head: head), queries: .whole(queries), keys: .whole(keys),
          values: .whole(values), extras: ScoreExtras(bias: nil, sinks: nil))
      },
      layer: 0, layers: 2, residual: values, spans: spans, grid: grid)
  }

  /// A head that reads nothing from a checkpoint.
  private static let linear = LinearPlan("none", inputs: 1, stored: 1, bias: false)

  /// A head's whole map under a rule, `[query][key]`.
  func map(_ rule: String, head: Int = 0) throws -> [[Double]] {
    try map(RuleSpec(parsing: rule).rule(), head: head)
  }

  func map(_ rule: any AttentionRule, head: Int = 0) -> [[Double]] {
    let ruled = RuledHead(RuleHead(layer: layer, head: head), rule)
    return rows(ruled.tile(0..<layer.heads[head].queries.rows).dense)
  }

  /// Its map without a rule.
  func plain(head: Int = 0) -> [[Double]] {
    rows(RuleHead(layer: layer, head: head).weights(0..<layer.heads[head].queries.rows))
  }

  /// The rows of a tensor.
  func rows(_ tensor: Tensor<Double>) -> [[Double]] {
    (0..<tensor.shape[0]).map { Rows.doubles(tensor.matrix, $0) }
  }
}

/// What the reference computes on it.
struct RuleGolden {
  private let all: JSON

  init() throws {
    let file = Reference.folder.appendingPathComponent("rules/golden.json")
    all = try JSONDecoder().decode(JSON.self, from: Data(contentsOf: file))
  }

  /// A map by its entry's name.
  func map(_ name: String) -> [[Double]] { matrix(all[name]?["map"] ?? all[name]) }

  /// A list beside a map.
  func list(_ name: String, _ key: String) -> [Double] {
    (all[name]?[key]?.array ?? []).map { $0.double ?? .nan }
  }

  private func matrix(_ json: JSON?) -> [[Double]] {
    (json?.array ?? []).map { ($0.array ?? []).map { $0.double ?? .nan } }
  }
}

/// The largest difference of two maps; infinite when their sizes differ.
func largestDifference(_ a: [[Double]], _ b: [[Double]]) -> Double {
  guard a.count == b.count, zip(a, b).allSatisfy({ $0.count == $1.count }), !a.isEmpty else {
    return .infinity
  }
  return zip(a, b).flatMap { zip($0, $1).map { abs($0 - $1) } }.max() ?? .infinity
}
