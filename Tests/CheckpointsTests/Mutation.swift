import Foundation
import Testing

@testable import Checkpoints

/// Where the committed files lie.
let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  .appendingPathComponent("Fixtures").path

/// The bytes of a committed file.
func fixture(_ name: String) throws -> [UInt8] {
  [UInt8](try Data(contentsOf: URL(fileURLWithPath: fixtures + "/" + name)))
}

/// A generator whose numbers are the same on every run (splitmix64).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// Damages a file in many ways and opens each.
///
/// It must open, or be refused in a sentence that names it. Whatever opens must also be widened,
/// which reads every byte that it points at.
///
/// - Parameter limit: Only bytes before this place are damaged: the data behind may be anything.
/// - Returns: How many were refused.
func mutate(
  _ whole: [UInt8], named name: String, times: Int, seed: UInt64, limit: Int? = nil,
  open: (String) throws -> Void
) throws -> Int {
  let folder = try TemporaryFolder()
  var generator = SeededGenerator(seed: seed)
  let limit = min(limit ?? whole.count, whole.count)
  var refused = 0
  for _ in 0..<times {
    var bytes = whole
    switch Int.random(in: 0..<6, using: &generator) {
    case 0:
      let bit = UInt8(1) << UInt8.random(in: 0..<8, using: &generator)
      bytes[Int.random(in: 0..<limit, using: &generator)] ^= bit
    case 1:
      // A number that is too large, wherever it stands.
      let start = Int.random(in: 0..<limit, using: &generator)
      let length = [1, 2, 4, 8].randomElement(using: &generator) ?? 1
      for i in start..<min(limit, start + length) { bytes[i] = 0xFF }
    case 2: bytes.removeSubrange(Int.random(in: 0..<limit, using: &generator)...)
    case 3:
      let start = Int.random(in: 0..<limit, using: &generator)
      bytes.removeSubrange(
        start..<min(bytes.count, start + Int.random(in: 1...9, using: &generator)))
    case 4:
      let start = Int.random(in: 0..<limit, using: &generator)
      let part = bytes[start..<min(limit, start + Int.random(in: 1...40, using: &generator))]
      bytes.insert(contentsOf: part, at: Int.random(in: 0..<limit, using: &generator))
    default:
      for _ in 0..<Int.random(in: 1...6, using: &generator) {
        bytes[Int.random(in: 0..<limit, using: &generator)] = .random(
          in: 0...255, using: &generator)
      }
    }
    let path = try folder.write(name, bytes)
    do {
      try open(path)
    } catch let error as CheckpointError {
      #expect(error.description.hasPrefix(path + ": "))
      #expect(!error.description.contains("\n"))
      refused += 1
    }
  }
  return refused
}
