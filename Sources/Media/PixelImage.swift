/// An image in memory: 8 bits per channel, rows from the top, channels side by side.
public struct PixelImage: Sendable, Hashable {
  /// The size.
  public let width, height: Int
  /// 1 for grey, 3 for red, green and blue.
  public let channels: Int
  /// `[height, width, channels]`.
  public let pixels: [UInt8]

  /// An image of the given pixels.
  ///
  /// - Parameter pixels: `height · width · channels` of them.
  public init(width: Int, height: Int, channels: Int, pixels: [UInt8]) {
    precondition(pixels.count == width * height * channels)
    self.width = width
    self.height = height
    self.channels = channels
    self.pixels = pixels
  }

  /// The image with another number of channels.
  ///
  /// Grey from colours is `0.299 R + 0.587 G + 0.114 B` in 16-bit fixed point, as Pillow computes it
  /// (ITU-R BT.601).
  ///
  /// - Parameter channels: 1 or 3.
  public func converted(channels wanted: Int) -> PixelImage {
    guard wanted != channels else { return self }
    var result: [UInt8] = []
    result.reserveCapacity(width * height * wanted)
    if wanted == 3 {
      for value in pixels { result += [value, value, value] }
    } else {
      for i in stride(from: 0, to: pixels.count, by: 3) {
        let (red, green, blue) = (Int(pixels[i]), Int(pixels[i + 1]), Int(pixels[i + 2]))
        result.append(UInt8((red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16))
      }
    }
    return PixelImage(width: width, height: height, channels: wanted, pixels: result)
  }

  /// The middle of the image; black around it where the image is smaller.
  ///
  /// Odd margins put the extra pixel to the right and below, as Hugging Face's `center_crop` does; where the
  /// image has to grow, the extra pixel goes to the left and above.
  public func centerCropped(width newWidth: Int, height newHeight: Int) -> PixelImage {
    var result = [UInt8](repeating: 0, count: newWidth * newHeight * channels)
    let left = Self.margin(width, newWidth)
    let top = Self.margin(height, newHeight)
    for y in 0..<newHeight where (0..<height).contains(y + top) {
      for x in 0..<newWidth where (0..<width).contains(x + left) {
        for channel in 0..<channels {
          result[(y * newWidth + x) * channels + channel] =
            pixels[((y + top) * width + x + left) * channels + channel]
        }
      }
    }
    return PixelImage(width: newWidth, height: newHeight, channels: channels, pixels: result)
  }

  private static func margin(_ size: Int, _ wanted: Int) -> Int {
    size >= wanted ? (size - wanted) / 2 : -((wanted - size + 1) / 2)
  }
}
