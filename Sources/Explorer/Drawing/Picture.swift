import Models
import Tensors

/// An image as its user knows it, at the size at which the model takes it.
///
/// What a preprocessor did to the colours is undone; where that is not known, or leads to levels that no image
/// has, the numbers are spread from the smallest to the largest over 0 to 255.
struct Picture: Sendable {
  /// Pixels down and across.
  let height, width: Int
  /// Red, green and blue of every pixel, row by row.
  private let bytes: [UInt8]

  /// An image `[channel, height, width]` of one channel or three; nil for anything else.
  init?(_ image: Tensor<Float>, colors: ImageColors? = nil) {
    guard image.shape.count == 3, image.shape[0] == 1 || image.shape[0] == 3, image.count > 0 else {
      return nil
    }
    let (channels, height, width) = (image.shape[0], image.shape[1], image.shape[2])
    let values = image.elements
    guard
      let levels = colors.flatMap({ Self.levels(values, $0, height * width) })
        ?? Self.spread(values)
    else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(3 * height * width)
    for pixel in 0..<height * width {
      for channel in 0..<3 {
        bytes.append(levels[(channels == 1 ? 0 : channel) * height * width + pixel])
      }
    }
    (self.height, self.width, self.bytes) = (height, width, bytes)
  }

  /// The levels that the numbers were made from; nil where some were made from none: pixels that were prepared
  /// elsewhere, in another way.
  private static func levels(
    _ values: [Float], _ colors: ImageColors, _ size: Int
  ) -> [UInt8]? {
    var levels: [UInt8] = []
    levels.reserveCapacity(values.count)
    for (place, value) in values.enumerated() {
      let level = colors.level(value, channel: place / size)
      // A level is hit to the float's rounding; half of one is far more.
      guard (-0.5...255.5).contains(level) else { return nil }
      levels.append(UInt8(level.rounded().clamped(to: 0...255)))
    }
    return levels
  }

  /// The numbers from the smallest, black, to the largest, white; nil where there is none.
  private static func spread(_ values: [Float]) -> [UInt8]? {
    let finite = values.filter(\.isFinite)
    guard let low = finite.min(), let high = finite.max() else { return nil }
    let scale = high > low ? 255 / (high - low) : 0
    return values.map { $0.isFinite ? UInt8((($0 - low) * scale).clamped(to: 0...255)) : 0 }
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
