import Tensors

/// An image as the model takes it, its numbers spread from the smallest to the largest over 0 to 255.
///
/// What a preprocessor did to the colours is not undone: a dark picture may look brighter here.
struct Picture: Sendable {
  /// Pixels down and across.
  let height, width: Int
  /// Red, green and blue of every pixel, row by row.
  private let bytes: [UInt8]

  /// An image `[channel, height, width]` of one channel or three; nil for anything else.
  init?(_ image: Tensor<Float>) {
    guard image.shape.count == 3, image.shape[0] == 1 || image.shape[0] == 3, image.count > 0 else {
      return nil
    }
    let values = image.elements
    let finite = values.filter(\.isFinite)
    guard let low = finite.min(), let high = finite.max() else { return nil }
    let scale = high > low ? 255 / (high - low) : 0
    let (channels, height, width) = (image.shape[0], image.shape[1], image.shape[2])
    var bytes: [UInt8] = []
    bytes.reserveCapacity(3 * height * width)
    for pixel in 0..<height * width {
      for channel in 0..<3 {
        let value = values[(channels == 1 ? 0 : channel) * height * width + pixel]
        bytes.append(value.isFinite ? UInt8(((value - low) * scale).clamped(to: 0...255)) : 0)
      }
    }
    (self.height, self.width, self.bytes) = (height, width, bytes)
  }

  /// The mean colour of a part, each bound a share of the picture's height or width.
  func dot(rows: ClosedRange<Double>, columns: ClosedRange<Double>) -> Dot {
    /// At least one pixel: the one under the middle of a part that is smaller.
    func pixels(_ part: ClosedRange<Double>, _ count: Int) -> Range<Int> {
      let start = Int((part.lowerBound * Double(count)).rounded()).clamped(to: 0...count - 1)
      let end = Int((part.upperBound * Double(count)).rounded()).clamped(to: 0...count)
      guard end <= start else { return start..<end }
      let middle = Int((part.lowerBound + part.upperBound) / 2 * Double(count))
        .clamped(to: 0...count - 1)
      return middle..<middle + 1
    }
    let (rows, columns) = (pixels(rows, height), pixels(columns, width))
    var sums = (0, 0, 0)
    for row in rows {
      for column in columns {
        let place = 3 * (row * width + column)
        sums.0 += Int(bytes[place])
        sums.1 += Int(bytes[place + 1])
        sums.2 += Int(bytes[place + 2])
      }
    }
    let count = rows.count * columns.count
    return Dot(
      red: UInt8(sums.0 / count), green: UInt8(sums.1 / count), blue: UInt8(sums.2 / count))
  }
}
