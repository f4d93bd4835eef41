/// How pixels are weighed when an image changes its size.
///
/// Numbers are Pillow's, which `preprocessor_config.json` holds as `resample`.
public enum Resampling: Int, Sendable, CaseIterable {
  case nearest = 0
  case lanczos = 1
  case bilinear = 2
  case bicubic = 3
  case box = 4
  case hamming = 5

  /// How far the filter reaches, in pixels of the smaller scale.
  private var support: Double {
    switch self {
    case .nearest, .box: 0.5
    case .bilinear, .hamming: 1
    case .bicubic: 2
    case .lanczos: 3
    }
  }

  /// The filter, a function of the distance.
  private func weight(_ x: Double) -> Double {
    let distance = abs(x)
    guard distance < support || (self == .box && x == 0.5) else { return 0 }
    func sinc(_ x: Double) -> Double { x == 0 ? 1 : Double.sin(.pi * x) / (.pi * x) }
    switch self {
    case .nearest, .box: return 1
    case .bilinear: return 1 - distance
    case .hamming: return sinc(x) * (0.54 + 0.46 * Double.cos(.pi * x))
    // Keys 1981, with a = −0.5.
    case .bicubic:
      return distance < 1
        ? (1.5 * distance - 2.5) * distance * distance + 1
        : -0.5 * (((distance - 5) * distance + 8) * distance - 4)
    case .lanczos: return sinc(x) * sinc(x / 3)
    }
  }

  /// Which input pixels make up an output pixel, and by what share.
  private struct Taps {
    let first: Int
    /// In fixed point.
    let weights: [Int]
  }

  /// Bits after the point: products of 8-bit pixels and of a few weights fit 32 bits.
  private static let precision = 22

  /// One entry for each output pixel along one side.
  ///
  /// A filter grows with the scale when the image shrinks, which is what Pillow calls antialiasing.
  private func taps(from input: Int, to output: Int) -> [Taps] {
    let scale = Double(input) / Double(output)
    let stretch = max(1, scale)
    let reach = support * stretch
    return (0..<output).map { place in
      let center = (Double(place) + 0.5) * scale
      if self == .nearest {
        return Taps(first: min(input - 1, Int(center)), weights: [1 << Self.precision])
      }
      let first = max(0, Int(center - reach + 0.5))
      let last = min(input, Int(center + reach + 0.5))
      let weights = (first..<last).map { weight((Double($0) - center + 0.5) / stretch) }
      let sum = weights.reduce(0, +)
      return Taps(
        first: first,
        weights: weights.map { weight in
          let share = weight / (sum == 0 ? 1 : sum) * Double(1 << Self.precision)
          return Int(share < 0 ? share - 0.5 : share + 0.5)
        })
    }
  }

  /// The image in another size: across first, then down, rounded to 8 bits in between, as Pillow does.
  ///
  /// Source: Pillow's `src/libImaging/Resample.c` for the order and the precision.
  public func resized(_ image: PixelImage, width: Int, height: Int) -> PixelImage {
    var current = image
    if width != current.width {
      current = Self.across(current, taps(from: current.width, to: width))
    }
    if height != current.height {
      current = Self.down(current, taps(from: current.height, to: height))
    }
    return current
  }

  private static func across(_ image: PixelImage, _ taps: [Taps]) -> PixelImage {
    let channels = image.channels
    var result: [UInt8] = []
    result.reserveCapacity(taps.count * image.height * channels)
    image.pixels.withUnsafeBufferPointer { pixels in
      for y in 0..<image.height {
        for tap in taps {
          for channel in 0..<channels {
            var at = (y * image.width + tap.first) * channels + channel
            var sum = 1 << (precision - 1)
            for weight in tap.weights {
              sum += weight * Int(pixels[at])
              at += channels
            }
            result.append(UInt8(clamping: sum >> precision))
          }
        }
      }
    }
    return PixelImage(
      width: taps.count, height: image.height, channels: channels, pixels: result)
  }

  private static func down(_ image: PixelImage, _ taps: [Taps]) -> PixelImage {
    let row = image.width * image.channels
    var result: [UInt8] = []
    result.reserveCapacity(taps.count * row)
    image.pixels.withUnsafeBufferPointer { pixels in
      for tap in taps {
        for column in 0..<row {
          var at = tap.first * row + column
          var sum = 1 << (precision - 1)
          for weight in tap.weights {
            sum += weight * Int(pixels[at])
            at += row
          }
          result.append(UInt8(clamping: sum >> precision))
        }
      }
    }
    return PixelImage(
      width: image.width, height: taps.count, channels: image.channels, pixels: result)
  }
}
