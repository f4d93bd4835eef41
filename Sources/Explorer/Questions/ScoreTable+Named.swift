import Analysis
import Models

extension ScoreTable {
  /// A head score of a run.
  ///
  /// - Parameters:
  ///   - trace: A run of all parts.
  ///   - stream: The part whose heads are scored.
  /// - Returns: One table; of a score of spans one for each span.
  /// - Throws: `ExplorerError.refused` with the reason when the score does not apply; what it throws itself.
  static func named(
    _ name: String, _ open: OpenModel, _ trace: Trace<Float>, stream: StreamName = .decoder,
    onProgress: @escaping @Sendable (Double) throws -> Void
  ) throws -> [ScoreTable] {
    guard let score = HeadScores.named(name) else {
      throw ExplorerError.badArgument(
        command: "score", found: name, expected: "a score of heed scores --list")
    }
    let input = ScoreInput(
      open.model, trace, stream: stream, options: try open.scoreOptions(score),
      prefix: open.prefix, onProgress: onProgress)
    let results = try HeadScores.results([score], of: input)
    if let reason = results.first?.reason {
      throw ExplorerError.refused(command: "score \(name)", why: reason)
    }
    return results.enumerated().map { index, result in
      // The first answers to the score's own name, whatever span it is of.
      ScoreTable(
        name: index == 0 ? name : result.name,
        title: result.name == name ? score.title : "\(score.title), \(result.name)",
        unit: score.unit, lowest: score.lowest, highest: score.highest(seq: trace.seq),
        table: result.table)
    }
  }
}
