import Models

extension HeadScores {
  /// Map scores of maps that come from anywhere, such as a file, from one streaming pass.
  ///
  /// - Parameters:
  ///   - scores: Which.
  ///   - maps: Where the maps come from.
  ///   - ids: What tells tokens apart, where queries and keys are the same ones; none otherwise.
  ///   - onProgress: Called after each layer with a share from 0 to 1; what it throws ends the pass.
  /// - Returns: In the order of `scores`; with a reason where a score does not apply.
  public static func results(
    _ scores: [any MapScore.Type] = ofMaps, ofMaps maps: any PatternSource, ids: [Int],
    onProgress: (Double) throws -> Void = { _ in }
  ) rethrows -> [ScoreResult] {
    let options = ScoreOptions()
    let heads = try MapStatistics.reduce(maps: maps, ids: ids, onProgress: onProgress) { _, map in
      values(of: scores, map, options)
    }
    let (tables, broken) = unfolded(heads, queries: maps.queryCount)
    let hasRepeat = TokenMatches(ids).hasRepeat
    return zip(scores, tables).map { score, table in
      var reason: String?
      if score is LearnedSinkScore.Type {
        reason = "maps of a file do not say where the rest of a row went"
      } else if score is any RepeatScore.Type, !hasRepeat {
        reason = "no token of the maps occurs twice, or queries and keys are not the same tokens"
      } else if table.values.allSatisfy(\.isNaN) {
        reason = "it is undefined for every map of the file"
      }
      return ScoreResult(score: score, table: table, reason: reason, undefined: broken)
    }
  }
}
