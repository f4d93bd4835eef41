import Foundation
import Fuzzing
import Testing

/// Readers against damaged files: those that `make fuzz` kept, and some more.
@Suite struct FuzzTests {
  private static let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().path

  private func withFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("heed-fuzz-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder.path)
  }

  @Test(arguments: FuzzReader.all.map(\.name))
  func `every kept input is refused in one line that names it`(
    name: String
  ) throws {
    let reader = try #require(FuzzReader.all.first { $0.name == name })
    let corpus = Self.tests + "/FuzzTests/Corpus/" + name
    let kept = try FileManager.default.contentsOfDirectory(atPath: corpus)
    #expect(!kept.isEmpty)
    try withFolder { folder in
      for file in kept {
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: corpus + "/" + file)))
        #expect(try reader.refusal(of: bytes, in: folder) != nil, "\(file)")
      }
    }
  }

  @Test(arguments: FuzzReader.all.map(\.name))
  func `damaged files are read or refused`(name: String) throws {
    let reader = try #require(FuzzReader.all.first { $0.name == name })
    let seeds = try reader.seeds(tests: Self.tests)
    var random = FuzzGenerator(seed: 21)
    try withFolder { folder in
      for _ in 0..<40 {
        let bytes = Mutator.damaged(
          try #require(seeds.randomElement(using: &random)), using: &random)
        _ = try reader.refusal(of: bytes, in: folder)
      }
    }
  }
}
