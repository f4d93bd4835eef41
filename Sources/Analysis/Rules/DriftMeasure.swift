import Models

/// One number of a `RuleDrift`, to show in a table or to colour an atlas by.
public enum DriftMeasure: String, Sendable, CaseIterable {
  /// Σ A where M gives weight.
  case keptMass = "kept-mass"
  /// ½ Σ |A − M|.
  case totalVariation = "tv"
  /// Σ |A − M|.
  case l1
  /// Σ M.
  case rowSum = "row-sum"
  /// Jensen–Shannon divergence, base 2.
  case jensenShannon = "js"
  /// ‖(M − A)V‖ / ‖AV‖.
  case outputError = "output-error"
  /// cos(MV, AV).
  case outputCosine = "output-cosine"
  /// Weights that are not zero.
  case density
  /// exp of the entropy of σ² / Σσ².
  case effectiveRank = "effective-rank"
  /// Keys and values that decoding keeps.
  case kvFraction = "kv-fraction"
  /// Weight on key 0.
  case sinkShare = "sink-share"

  /// What it is, in one line.
  public var formula: String {
    switch self {
    case .keptMass: "Σ A over keys with M ≠ 0"
    case .totalVariation: "½ Σ |A − M|"
    case .l1: "Σ |A − M|"
    case .rowSum: "Σ M"
    case .jensenShannon: "Jensen–Shannon divergence of A and M, base 2"
    case .outputError: "‖(M − A)V‖ / ‖AV‖"
    case .outputCosine: "cos(MV, AV)"
    case .density: "weights that are not zero / visible ones"
    case .effectiveRank: "exp of the entropy of σ² / Σσ² of M"
    case .kvFraction: "keys and values that decoding keeps"
    case .sinkShare: "weight on key 0 under the rule"
    }
  }

  /// The measure of one head; `.nan` where it is undefined.
  public func value(_ drift: RuleDrift) -> Double {
    switch self {
    case .keptMass: drift.keptMass
    case .totalVariation: drift.totalVariation
    case .l1: drift.l1
    case .rowSum: drift.rowSum
    case .jensenShannon: drift.jensenShannon
    case .outputError: drift.outputError
    case .outputCosine: drift.outputCosine
    case .density: drift.density
    case .effectiveRank: drift.effectiveRank
    case .kvFraction: drift.kvFraction
    case .sinkShare: drift.sinkShare
    }
  }

  /// Why the measure is undefined for a rule; nil where it is defined.
  public func reason(_ drift: RuleDrift, _ card: RuleCard) -> String? {
    guard value(drift).isNaN else { return nil }
    switch self {
    case .totalVariation, .jensenShannon:
      if card.rows == .signed { return "weights are signed" }
      return "rows do not all sum to one; see l1 and row-sum"
    case .effectiveRank: return "computed for prompts of up to 512 tokens"
    case .kvFraction:
      return drift.isCausal
        ? "a state in place of keys: \(card.kvFraction ?? "see heed rules")"
        : "attention that sees both ways keeps no cache"
    default: return "the head's own output or map is zero"
    }
  }

  /// The measure of some heads as a table of the model; heads that are not among them are `.nan`.
  public func table(_ drifts: [RuleDrift], _ plan: ModelPlan) -> HeadTable {
    var table = HeadTable(repeating: .nan, layers: plan.layers, heads: plan.heads)
    for drift in drifts { table[drift.head] = value(drift) }
    return table
  }

  /// The mean over heads; `.nan` when it is undefined for one of them, for it would speak of the others only.
  public func mean(_ drifts: [RuleDrift]) -> Double {
    drifts.isEmpty ? .nan : drifts.reduce(0) { $0 + value($1) } / Double(drifts.count)
  }
}
