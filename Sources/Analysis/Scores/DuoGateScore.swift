import Tensors

/// A published gate of DuoAttention: near 1, the head needs all keys; near 0, a sink and a window do.
///
/// Read from a `full_attention_heads.tsv`, a row for each layer and a column for each key/value head.
///
/// Source: Xiao et al. 2024, "DuoAttention", `attn_patterns`.
enum DuoGateScore: HeadScore {
  static let name = "duo-gate"
  static let title = "DuoAttention gate"
  static let formula = "the published gate of the head's KV head"
  static let unit = "1"
  static let lowest: Double? = 0
  static func highest(seq: Int) -> Double? { 1 }
  static let source = "Xiao et al. 2024"
  static let evidence = Evidence.verified
  static let needs: Set<ScoreNeed> = [.weights]

  static func obstacle(_ facts: ScoreFacts) -> String? {
    guard let gates = facts.gates else { return "give a published file with --gates FILE" }
    let (layers, kvHeads) = (facts.plan.layers, facts.plan.kvHeads)
    return gates.count == layers && gates.allSatisfy { $0.count == kvHeads }
      ? nil
      : "the file has \(gates.count) rows of \(gates.first?.count ?? 0) gates, the model"
        + " \(layers) layers of \(kvHeads) KV heads"
  }

  static func table<Element: Scalar>(_ input: ScoreInput<Element>) throws -> HeadTable {
    let plan = input.plan
    return HeadTable(
      rows: (input.options.gates ?? []).map { row in
        (0..<plan.heads).map { row[$0 * row.count / plan.heads] }
      })
  }
}
