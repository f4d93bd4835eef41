/// Every head score heed knows, by name.
public enum HeadScores {
  /// Alphabetical; a test reads `Scores/` and names a file that is missing here.
  public static let all: [any HeadScore.Type] = []
}
