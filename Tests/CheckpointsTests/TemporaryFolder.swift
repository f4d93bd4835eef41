import Foundation

/// A folder that goes away with its owner.
final class TemporaryFolder {
  let path: String

  init() throws {
    path =
      FileManager.default.temporaryDirectory
      .appendingPathComponent("heed-\(UUID().uuidString)").resolvingSymlinksInPath().path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a file, and the folders above it; returns its path.
  @discardableResult
  func write(_ name: String, _ bytes: [UInt8]) throws -> String {
    let file = URL(fileURLWithPath: path + "/" + name)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: file)
    return file.path
  }

  @discardableResult
  func write(_ name: String, _ text: String) throws -> String { try write(name, Array(text.utf8)) }
}

/// A safetensors file with `header`, and `count` bytes of data 0, 1, 2, ….
func safetensors(_ header: String, data count: Int = 0) -> [UInt8] {
  var bytes = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { [UInt8]($0) }
  bytes += Array(header.utf8)
  bytes += (0..<count).map { UInt8(truncatingIfNeeded: $0) }
  return bytes
}

/// A header's entry of one float32 tensor of `size` numbers.
func entry(_ name: String, _ size: Int, at begin: Int = 0) -> String {
  #""\#(name)":{"dtype":"F32","shape":[\#(size)],"data_offsets":[\#(begin),\#(begin + 4 * size)]}"#
}
