import Foundation
import Tensors

/// FlowFormer's incoming and outgoing flow of queries and keys, with σ as the map that makes them positive.
///
/// `I_i = φ(q_i) · Σ φ(k)`, `O_j = φ(k_j) · Σ φ(q)`; conserved, each side's flow is divided by the other's:
/// `Î_i = φ(q_i) · Σ φ(k_j) / O_j`, `Ô_j = φ(k_j) · Σ φ(q_i) / I_i`. Then Σ Î is the number of keys and Σ Ô the
/// number of queries.
///
/// Source: Wu et al. 2022, "Flowformer", `Flow_Attention.py`; without its clamping and its causal form.
public struct FlowConservation: Sendable, Hashable {
  /// One number for each query and for each key.
  public let incoming, outgoing, conservedIncoming, conservedOutgoing: [Double]

  /// The flows of one head.
  ///
  /// - Parameters:
  ///   - queries: `[queries, dHead]`, before the sigmoid.
  ///   - keys: `[keys, dHead]`, before the sigmoid.
  public init(queries: Matrix<Double>, keys: Matrix<Double>) {
    self.init(positiveQueries: Self.positive(queries), positiveKeys: Self.positive(keys))
  }

  /// The flows of queries and keys that are positive already, one row each.
  public init(positiveQueries queries: [[Double]], positiveKeys keys: [[Double]]) {
    let incoming = Self.flow(queries, Self.sum(keys))
    let outgoing = Self.flow(keys, Self.sum(queries))
    self.incoming = incoming
    self.outgoing = outgoing
    conservedIncoming = Self.flow(queries, Self.sum(keys, dividedBy: outgoing))
    conservedOutgoing = Self.flow(keys, Self.sum(queries, dividedBy: incoming))
  }

  private static func positive(_ matrix: Matrix<Double>) -> [[Double]] {
    (0..<matrix.rows).map { row in matrix.withRow(row) { $0.map { 1 / (1 + exp(-$0)) } } }
  }

  private static func sum(_ rows: [[Double]], dividedBy flow: [Double]? = nil) -> [Double] {
    var sum = [Double](repeating: 0, count: rows.first?.count ?? 0)
    for (index, row) in rows.enumerated() {
      for column in row.indices { sum[column] += row[column] / (flow?[index] ?? 1) }
    }
    return sum
  }

  private static func flow(_ rows: [[Double]], _ sum: [Double]) -> [Double] {
    rows.map { row in zip(row, sum).reduce(0) { $0 + $1.0 * $1.1 } }
  }
}
