import Checkpoints
import Foundation
import Tensors
import Testing

/// The pictures, the sound and what the reference makes of them.
enum Fixture {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Fixtures")

  static func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

  static func bytes(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: folder.appendingPathComponent(name)))
  }

  /// An expected tensor of floating-point numbers.
  static func expected(_ name: String) throws -> Tensor<Float> {
    let stored = try #require(try tensor(name))
    return try #require(stored.widened(to: Float.self))
  }

  /// An expected tensor of bytes.
  static func expectedBytes(_ name: String) throws -> [UInt8] {
    let stored = try #require(try tensor(name))
    return stored.integers().map { UInt8($0) }
  }

  private static func tensor(_ name: String) throws -> StoredTensor? {
    try SafetensorsFile(path: path("expected.safetensors")).tensors.first { $0.name == name }
  }
}

extension Tensor<Float> {
  /// The largest difference between two tensors of one shape; infinite for others.
  func maxDifference(to other: Tensor<Float>) -> Float {
    guard shape == other.shape else { return .infinity }
    return zip(elements, other.elements).map { abs($0 - $1) }.max() ?? 0
  }
}
