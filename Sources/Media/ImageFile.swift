import CImages
import Foundation

/// Image files: PNG and JPEG through libpng and libjpeg, PPM and PGM.
public enum ImageFile {
  /// Reads the image in a file, whatever its name ends with.
  ///
  /// Orientation and colour profiles in a file are not applied, as Pillow does not.
  ///
  /// - Throws: `MediaError.unreadable`, `.notAnImage`, `.damagedImage`.
  public static func read(_ path: String) throws(MediaError) -> PixelImage {
    try decode(MediaFile.bytes(path), file: path)
  }

  /// Decodes the bytes of an image file.
  ///
  /// - Parameter file: Its name in errors.
  public static func decode(_ bytes: [UInt8], file: String) throws(MediaError) -> PixelImage {
    switch Kind(bytes) {
    case .png: return try decode(bytes, file, kind: "PNG", heed_png_decode)
    case .jpeg: return try decode(bytes, file, kind: "JPEG", heed_jpeg_decode)
    case .portableMap:
      guard let image = PortableMap.decode(bytes) else {
        throw .damagedImage(file: file, kind: "PPM", reason: "its header or its size")
      }
      return image
    case .other(let found): throw .notAnImage(file: file, found: found)
    }
  }

  /// What the first bytes say.
  private enum Kind {
    case png, jpeg, portableMap
    case other(String)

    init(_ bytes: [UInt8]) {
      func starts(_ signature: [UInt8]) -> Bool { bytes.starts(with: signature) }
      if starts([0x89, 0x50, 0x4E, 0x47]) {
        self = .png
      } else if starts([0xFF, 0xD8, 0xFF]) {
        self = .jpeg
      } else if ["P2", "P3", "P5", "P6"].contains(where: { starts(Array($0.utf8)) }) {
        self = .portableMap
      } else if bytes.isEmpty {
        self = .other("an empty file")
      } else if starts(Array("GIF8".utf8)) {
        self = .other("a GIF image")
      } else if starts(Array("RIFF".utf8)), bytes.dropFirst(8).starts(with: Array("WEBP".utf8)) {
        self = .other("a WebP image")
      } else if starts(Array("BM".utf8)) {
        self = .other("a BMP image")
      } else {
        self = .other("something else")
      }
    }
  }

  private typealias Decoder = (
    UnsafePointer<UInt8>?, Int, UnsafeMutablePointer<heed_image>?, UnsafeMutablePointer<CChar>?, Int
  ) -> Int32

  private static func decode(
    _ bytes: [UInt8], _ file: String, kind: String, _ decoder: Decoder
  ) throws(MediaError) -> PixelImage {
    var image = heed_image()
    var message = [CChar](repeating: 0, count: 256)
    guard decoder(bytes, bytes.count, &image, &message, message.count) == 0 else {
      let text = message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
      throw .damagedImage(file: file, kind: kind, reason: String(decoding: text, as: UTF8.self))
    }
    defer { heed_image_free(&image) }
    let pixels = Array(
      UnsafeBufferPointer(start: image.pixels, count: image.width * image.height * image.channels))
    return PixelImage(
      width: image.width, height: image.height, channels: image.channels, pixels: pixels)
  }
}

/// Files of pictures and sounds, read whole.
enum MediaFile {
  /// All bytes of a file.
  static func bytes(_ path: String) throws(MediaError) -> [UInt8] {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw .unreadable(file: path, reason: "no such file")
    }
    guard !isFolder.boolValue else { throw .unreadable(file: path, reason: "it is a folder") }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw .unreadable(file: path, reason: "no permission")
    }
    return Array(data)
  }
}
