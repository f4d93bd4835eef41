/// Where an image's patches stand in the sequence.
public struct PatchGrid: Sendable, Hashable {
  /// Patches from top to bottom and from left to right.
  public let rows, columns: Int
  /// The position of the first patch: how many tokens, such as CLS, stand before.
  public let first: Int

  /// `rows · columns` patches, row by row, from position `first` on.
  public init(rows: Int, columns: Int, first: Int) {
    self.rows = rows
    self.columns = columns
    self.first = first
  }

  /// The number of patches.
  public var count: Int { rows * columns }

  /// The positions that are patches.
  public var tokens: Range<Int> { first..<first + count }

  /// Which of `parts · parts` equal regions a position lies in, row by row; nil for a token that is no patch.
  func region(_ position: Int, parts: Int) -> Int? {
    guard position >= first, position < first + count else { return nil }
    let (row, column) = (position - first).quotientAndRemainder(dividingBy: columns)
    return row / (rows / parts) * parts + column / (columns / parts)
  }
}
