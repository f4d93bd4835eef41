import Checkpoints
import Foundation
import Tensors
import Testing

@testable import Models

/// A fixture: a checkpoint, and what the reference computes on it.
struct Reference {
  let model: Model
  private let expected: [String: StoredTensor]

  /// The tiny checkpoints, by folder.
  static let tiny = [
    "gpt2-inverse", "gpt2-standard", "llama-full", "llama-grouped", "llama-multiquery",
  ]

  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Fixtures")
  static let novels = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("samples/novels")

  init(_ name: String) throws {
    let folder = Self.folder.appendingPathComponent(name)
    model = try Model(
      Checkpoint.open(name == "novels" ? Self.novels.path : folder.path))
    let file = try SafetensorsFile(path: folder.appendingPathComponent("expected.safetensors").path)
    expected = Dictionary(uniqueKeysWithValues: file.tensors.map { ($0.name, $0) })
  }

  /// A tiny model for prompts longer than a tile of attention: rotary positions need no weights.
  static func longModel() throws -> Model {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("heed-\(UUID().uuidString)")
    try FileManager.default.copyItem(
      at: Self.folder.appendingPathComponent("llama-grouped"), to: folder)
    // The weights stay mapped.
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("config.json")
    let config = String(decoding: try Data(contentsOf: file), as: UTF8.self)
    let key = "\"max_position_embeddings\": "
    try #require(config.contains(key + "64"))
    try Data(config.replacingOccurrences(of: key + "64", with: key + "2048").utf8).write(to: file)
    return try Model(Checkpoint.open(folder.path))
  }

  /// An expected tensor.
  func expected(_ name: String) throws -> Tensor<Double> {
    let stored = try #require(expected[name], "no \(name)")
    return try #require(stored.widened(to: Double.self))
  }

  /// A prompt of the fixture, such as `p17`.
  func prompt(_ name: String) throws -> Prompt {
    let stored = try #require(expected["\(name).ids"])
    return Prompt(ids: stored.integers())
  }
}

extension Tensor where Element: Scalar {
  /// The largest difference to another tensor of the same shape; infinite when shapes differ.
  func maxDifference<Other: Scalar>(to other: Tensor<Other>) -> Double {
    guard shape == other.shape else { return .infinity }
    return zip(elements, other.elements).map { abs(Double($0) - Double($1)) }.max() ?? 0
  }

  /// The largest magnitude.
  var largest: Double { elements.map { abs(Double($0)) }.max() ?? 0 }
}
