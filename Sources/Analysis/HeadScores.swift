import Models
import Tensors

/// Every head score heed knows.
public enum HeadScores {
  /// Alphabetical; a test reads `Scores/` and names a file that is missing here.
  public static let all: [any HeadScore.Type] = [
    AblationAccuracyScore.self,
    AblationLogitScore.self,
    AblationLossScore.self,
    AblationMeanScore.self,
    AblationProbabilityScore.self,
    ActivationPatchingScore.self,
    AttributionPatchingScore.self,
    BertologyScore.self,
    ConceptInductionScore.self,
    ContextDependenceScore.self,
    CopyingFullScore.self,
    CopyingMLPScore.self,
    CopyingResidualScore.self,
    DiagonalScore.self,
    DirectAttributionScore.self,
    DistanceScore.self,
    DuoGateScore.self,
    DuoLearnedScore.self,
    DuoScore.self,
    DuplicateDifferenceScore.self,
    DuplicateTokenScore.self,
    EchoScore.self,
    EntropyScore.self,
    FeatureChangeScore.self,
    FirstTokenScore.self,
    GateGradientScore.self,
    HeadDistanceScore.self,
    HeadNormScore.self,
    InductionDifferenceScore.self,
    InductionScore.self,
    JensenShannonScore.self,
    KeepOnlyScore.self,
    KeyCompositionScore.self,
    LaterSinksScore.self,
    LearnedSinkScore.self,
    LoFiTScore.self,
    LocalScore.self,
    LowRankKeyScore.self,
    LowRankQueryScore.self,
    LowRankValueScore.self,
    MaximumScore.self,
    MichelScore.self,
    MoverAttentionScore.self,
    NeighbourhoodScore.self,
    NextTokenScore.self,
    NormWeightedScore.self,
    OperandScore.self,
    OperatorScore.self,
    PositionalScore.self,
    PrefixMatchingScore.self,
    PreviousDetectorScore.self,
    PreviousDifferenceScore.self,
    PreviousTokenScore.self,
    PunctuationScore.self,
    QRScore.self,
    QueryCompositionScore.self,
    ReceivedScore.self,
    RelativeEntropyScore.self,
    RetrievalScore.self,
    RoutingNormScore.self,
    SelfScore.self,
    SinkRateScore.self,
    SinkScore.self,
    SpanLastScore.self,
    SpanPairScore.self,
    SpanScore.self,
    SpanShareScore.self,
    SpanSlopeScore.self,
    SpecialScore.self,
    StreamingSinkScore.self,
    SuccessorScore.self,
    TaylorScore.self,
    TokenInductionScore.self,
    ValueCompositionScore.self,
    ValueFirstScore.self,
    ValueNormScore.self,
    VoitaScore.self,
  ]

  /// Those that one streaming pass over the maps gives: what the explorer shows at once.
  public static var ofMaps: [any MapScore.Type] { all.compactMap { $0 as? any MapScore.Type } }

  /// The score of that name; nil when there is none.
  public static func named(_ name: String) -> (any HeadScore.Type)? {
    all.first { $0.name == name }
  }

  /// One table for each of the given map scores, from one streaming pass.
  ///
  /// A head whose map holds NaN has no score.
  ///
  /// - Parameters:
  ///   - scores: Which.
  ///   - trace: A run.
  ///   - onProgress: See `MapStatistics.reduce`.
  public static func tables<Element: Scalar>(
    _ scores: [any MapScore.Type] = ofMaps, of trace: Trace<Element>,
    options: ScoreOptions = ScoreOptions(), onProgress: (Double) throws -> Void = { _ in }
  ) rethrows -> [HeadTable] {
    try pass(scores, trace, options, onProgress).tables
  }

  /// The given scores, those that need the maps from one streaming pass.
  ///
  /// - Returns: In the order of `scores`; with a reason where a score does not apply.
  /// - Throws: What the model throws, and what `input.onProgress` throws.
  public static func results<Element: Scalar>(
    _ scores: [any HeadScore.Type], of input: ScoreInput<Element>
  ) throws -> [ScoreResult] {
    let facts = input.facts
    let obstacles = scores.map { obstacle($0, facts) }
    func isRepeated(_ score: any HeadScore.Type) -> Bool {
      score is any RepeatScore.Type && isProbed(score, input.options.probe)
    }
    let applicable = zip(scores, obstacles).filter { $1 == nil }.map { $0.0 }
    let shared = applicable.compactMap { isRepeated($0) ? nil : $0 as? any MapScore.Type }
    let probed = applicable.compactMap { isRepeated($0) ? $0 as? any RepeatScore.Type : nil }
    var found: [String: HeadTable] = [:]
    for (copies, group) in Dictionary(grouping: probed, by: { $0.copies }) {
      let tables = try RepeatRun.tables(group, copies: copies, input)
      for (score, table) in zip(group, tables) { found[score.name] = table }
    }
    var passed: (tables: [HeadTable], broken: [HeadIndex: String]) = ([], [:])
    if !shared.isEmpty {
      passed = try pass(shared, input.trace(), input.options, input.onProgress)
    }
    for (score, table) in zip(shared, passed.tables) { found[score.name] = table }
    let mapped = Set(shared.map { $0.name })
    return try zip(scores, obstacles).flatMap { score, obstacle -> [ScoreResult] in
      if let obstacle {
        return [ScoreResult(score: score, table: input.undefined, reason: obstacle)]
      }
      if let table = found[score.name] {
        let broken = mapped.contains(score.name) ? passed.broken : [:]
        return [ScoreResult(score: score, table: table, undefined: broken)]
      }
      guard let spanScore = score as? any NamedSpanScore.Type else {
        return [ScoreResult(score: score, table: try score.table(input))]
      }
      return try spanScore.parts(input.spans).enumerated().compactMap { index, part in
        guard let part else { return nil }
        return ScoreResult(
          score: score, part: part, table: try spanScore.table(input, part: index))
      }
    }
  }

  /// Whether a score is read from prompts that heed makes.
  private static func isProbed(_ score: any HeadScore.Type, _ probe: RepeatProbe?) -> Bool {
    score.needs.contains(.probe) && (probe != nil || !(score is any MapScore.Type))
  }

  /// Why a score does not apply; a prompt that is missing comes first.
  private static func obstacle(_ score: any HeadScore.Type, _ facts: ScoreFacts) -> String? {
    let isForPrompt = !score.needs.isDisjoint(with: [
      .maps, .values, .residuals, .gradients, .ablations,
    ])
    let canUseProbe = score is any RepeatScore.Type
    if isForPrompt, facts.prompt == nil, !canUseProbe || facts.probe == nil {
      return "no prompt was given"
    }
    if isProbed(score, facts.probe), let obstacle = facts.probeObstacle { return obstacle }
    return score.obstacle(facts)
  }

  private static func pass<Element: Scalar>(
    _ scores: [any MapScore.Type], _ trace: Trace<Element>, _ options: ScoreOptions,
    _ onProgress: (Double) throws -> Void
  ) rethrows -> (tables: [HeadTable], broken: [HeadIndex: String]) {
    let heads = try MapStatistics.reduce(trace, onProgress: onProgress) { _, map in
      values(of: scores, map, options)
    }
    return unfolded(heads, queries: trace.queryCount)
  }

  /// What one head's map comes to, and how many of its rows hold NaN: then it has no score.
  static func values(
    of scores: [any MapScore.Type], _ map: MapStatistics, _ options: ScoreOptions
  ) -> (brokenRows: Int, values: [Double]) {
    let broken = map.brokenRows
    return (broken, scores.map { broken > 0 ? .nan : $0.value(map, options) })
  }

  /// What a pass found of every head, `[layer][head]`, as a table for each score, and why heads have none.
  static func unfolded(
    _ heads: [[(brokenRows: Int, values: [Double])]], queries: Int
  ) -> (tables: [HeadTable], broken: [HeadIndex: String]) {
    let count = heads.first?.first?.values.count ?? 0
    let tables = (0..<count).map { index in
      HeadTable(rows: heads.map { $0.map { $0.values[index] } })
    }
    var broken: [HeadIndex: String] = [:]
    for (layer, row) in heads.enumerated() {
      for (head, found) in row.enumerated() where found.brokenRows > 0 {
        broken[HeadIndex(layer: layer, head: head)] =
          "its map holds NaN in \(found.brokenRows) of \(queries) rows"
      }
    }
    return (tables, broken)
  }
}
