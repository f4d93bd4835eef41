import Foundation
import Fuzzing
import Testing

/// Readers against damaged files: those that `make fuzz` kept, and some more.
@Suite struct FuzzTests {
  private static let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().path

  /// What is said of seeds that other tests keep to be refused, or that need what lies beside them.
  private static let refused = [
    "pytorch": ["argparse.Namespace"], "gguf": ["a part of 2"],
    "numpy": ["Fortran order", ">f4"], "chat-template": ["eos_token, which is not defined"],
  ]

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
  func `files to be damaged open, but for those that are made to be refused`(name: String) throws {
    let reader = try #require(FuzzReader.all.first { $0.name == name })
    try withFolder { folder in
      let refusals = try reader.seeds(tests: Self.tests).compactMap {
        try reader.refusal(of: $0, in: folder)
      }
      let reasons = Self.refused[name, default: []]
      #expect(refusals.count == reasons.count, "\(refusals)")
      for reason in reasons { #expect(refusals.contains { $0.contains(reason) }, "\(refusals)") }
    }
  }

  @Test(arguments: FuzzReader.all.map(\.name))
  func `damaged files are read or refused`(name: String) throws {
    let reader = try #require(FuzzReader.all.first { $0.name == name })
    let seeds = try reader.seeds(tests: Self.tests)
    var random = FuzzGenerator(seed: 21)
    try withFolder { folder in
      for _ in 0..<40 {
        let bytes = reader.damaged(
          try #require(seeds.randomElement(using: &random)), using: &random)
        _ = try reader.refusal(of: bytes, in: folder)
      }
    }
  }
}

/// JSON with other values is JSON still, so that it gets past the parser.
@Test func `damaged JSON stays JSON`() throws {
  var random = FuzzGenerator(seed: 3)
  let text = #"{"a":[1,{"b":"x, ]\"","c":null}],"d":{"e":-2.5e3,"f":[true,[]]}}"#
  var others: Set<[UInt8]> = []
  for _ in 0..<300 {
    let damaged = JSONMutator.damaged(Array(text.utf8), using: &random)
    _ = try JSONSerialization.jsonObject(with: Data(damaged), options: .fragmentsAllowed)
    others.insert(damaged)
  }
  #expect(others.count > 100)
}
