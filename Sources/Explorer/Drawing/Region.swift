/// A rectangle of a canvas; never of negative size.
public struct Region: Sendable, Equatable {
  /// The top left corner.
  public let x, y: Int
  /// Columns and rows.
  public let width, height: Int

  /// A rectangle.
  public init(x: Int, y: Int, width: Int, height: Int) {
    self.x = x
    self.y = y
    self.width = max(0, width)
    self.height = max(0, height)
  }

  /// The columns it covers.
  var columns: Range<Int> { x..<(x + width) }
  /// The rows it covers.
  var rows: Range<Int> { y..<(y + height) }

  /// The upper `count` rows and the rest.
  func top(_ count: Int) -> (top: Region, rest: Region) {
    let count = count.clamped(to: 0...height)
    return (
      Region(x: x, y: y, width: width, height: count),
      Region(x: x, y: y + count, width: width, height: height - count)
    )
  }

  /// The lower `count` rows and the rest above them.
  func bottom(_ count: Int) -> (bottom: Region, rest: Region) {
    let parts = top(height - count.clamped(to: 0...height))
    return (parts.rest, parts.top)
  }

  /// The left `count` columns and the rest.
  func left(_ count: Int) -> (left: Region, rest: Region) {
    let count = count.clamped(to: 0...width)
    return (
      Region(x: x, y: y, width: count, height: height),
      Region(x: x + count, y: y, width: width - count, height: height)
    )
  }

  /// The right `count` columns and the rest to the left.
  func right(_ count: Int) -> (right: Region, rest: Region) {
    let parts = left(width - count.clamped(to: 0...width))
    return (parts.rest, parts.left)
  }

  /// The row in the middle, the lower of two.
  var middle: Int { y + height / 2 }

  func contains(_ x: Int, _ y: Int) -> Bool { columns.contains(x) && rows.contains(y) }
}
