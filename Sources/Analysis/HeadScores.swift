import Models
import Tensors

/// Every head score heed knows.
public enum HeadScores {
  /// Alphabetical; a test reads `Scores/` and names a file that is missing here.
  public static let all: [any HeadScore.Type] = [
    EntropyScore.self,
    FirstTokenScore.self,
    PreviousTokenScore.self,
  ]

  /// The score of that name; nil when there is none.
  public static func named(_ name: String) -> (any HeadScore.Type)? {
    all.first { $0.name == name }
  }

  /// One table for each of the given scores, from one streaming pass.
  ///
  /// - Parameters:
  ///   - scores: Which.
  ///   - trace: A run.
  ///   - onProgress: See `MapStatistics.all`.
  public static func tables<Element: Scalar>(
    _ scores: [any HeadScore.Type] = all, of trace: Trace<Element>,
    onProgress: (Double) throws -> Void = { _ in }
  ) rethrows -> [HeadTable] {
    let statistics = try MapStatistics.all(trace, onProgress: onProgress)
    return scores.map { score in
      HeadTable(
        layers: trace.layers, heads: trace.heads,
        values: statistics.flatMap { $0.map { score.value($0) } })
    }
  }
}
