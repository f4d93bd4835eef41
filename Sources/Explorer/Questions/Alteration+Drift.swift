import Analysis
import Models

extension Alteration {
  /// How far the rules in force move their heads, the model's own inputs frozen.
  ///
  /// - Parameters:
  ///   - head: One head, with the ranks of its maps where those are computed at all; nil for every head that has
  ///     a rule, with ranks where they cost little.
  ///   - stream: The part that they belong to.
  ///   - base: That part's run without rules.
  /// - Returns: Nothing for a head without a rule.
  func drift(
    of head: HeadIndex?, in stream: StreamName, _ model: Model, _ base: Trace<Float>,
    onProgress: (Double) throws -> Void
  ) throws -> [RuleDrift] {
    let rules = self[rulesOf: stream]
    let heads = head.map { [$0] } ?? rules.heads.keys.sorted()
    let ruled = base.freezing(try model.interventions(rules, on: base))
    // Ranks are O(seq³) for a head: all of them wait for less than a second or are left out.
    let seq = Double(base.seq)
    let cost = Double(heads.count) * seq * seq * seq
    let ranks = base.seq <= 512 && (head != nil || cost <= 2e8)
    return try RuleDrift.measure(
      heads.filter { rules[$0] != nil }, plain: base, ruled: ruled, ranks: ranks,
      onProgress: onProgress)
  }
}

extension DriftMeasure {
  /// What a score of this measure is called: `drift-tv`.
  var scoreName: String { "\(Self.scorePrefix)\(rawValue)" }

  /// With what names of drifts begin.
  static let scorePrefix = "drift-"

  /// The measure of some heads as a score; the others have none.
  func score(_ drifts: [RuleDrift], layers: Int, heads: Int) -> ScoreTable {
    var table = HeadTable(repeating: .nan, layers: layers, heads: heads)
    for drift in drifts { table[drift.head] = value(drift) }
    let (lowest, highest): (Double?, Double?) =
      switch self {
      case .keptMass, .totalVariation, .jensenShannon, .density, .kvFraction, .sinkShare: (0, 1)
      case .outputCosine: (-1, 1)
      case .l1, .outputError, .effectiveRank: (0, nil)
      case .rowSum: (nil, nil)
      }
    return ScoreTable(
      name: scoreName, title: "Drift: \(rawValue)", unit: unit, lowest: lowest, highest: highest,
      table: table)
  }

  /// The unit of the measure.
  var unit: String {
    switch self {
    case .effectiveRank: "dimensions"
    case .jensenShannon: "bits"
    case .outputCosine: "cosine"
    case .outputError: "relative"
    default: "share"
    }
  }
}
