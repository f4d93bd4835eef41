import Checkpoints
import Foundation
import Models
import Tensors
import Testing

@testable import Analysis

/// Scores of the sample, whose heads are known from its training.
@Suite struct SampleTests {
  private static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  private func model() throws -> Model {
    try Model(Checkpoint.open(Self.repository + "/samples/novels"))
  }

  /// BOS, 31 random tokens, and the same again.
  private func repeated() throws -> Prompt {
    let file = try SafetensorsFile(
      path: Self.repository + "/Tests/ModelsTests/Fixtures/novels/expected.safetensors")
    let stored = try #require(file.tensors.first { $0.name == "repeat.ids" })
    return Prompt(ids: stored.integers())
  }

  private func head(_ name: String) throws -> HeadIndex { try #require(HeadIndex(name)) }

  /// `samples/README.md` has these shares from PyTorch, on 50 random tokens repeated.
  @Test func `the heads that look back by one token, and at the first, are the known ones`() throws
  {
    let trace = try model().run(repeated(), as: Float.self)
    let tables = try HeadScores.tables([PreviousTokenScore.self, FirstTokenScore.self], of: trace)
    for name in ["L2.H6", "L2.H7", "L4.H3", "L4.H5"] {
      #expect(tables[0][try head(name)] > 0.98, "\(name)")
    }
    #expect(tables[0][try head("L3.H7")] > 0.9)
    #expect(tables[0].values.filter { $0 > 0.9 }.count == 5)
    for (name, share) in [("L4.H4", 1.00), ("L4.H2", 0.99), ("L2.H2", 0.90)] {
      #expect(tables[1][try head(name)] > share - 0.02, "\(name)")
    }
  }

  @Test func `one streaming pass gives what whole maps give`() throws {
    // Longer than the pass's tiles.
    let ids = [0] + (1..<300).map { $0 * 7919 % 4095 + 1 }
    let trace = try model().run(Prompt(ids: ids), as: Float.self)
    let streamed = try MapStatistics.all(trace)
    #expect(streamed.count == 6 && streamed.allSatisfy { $0.count == 8 })
    for index in [HeadIndex(layer: 0, head: 0), HeadIndex(layer: 5, head: 3)] {
      let whole = MapStatistics(pattern: trace.pattern(index))
      let part = streamed[index.layer][index.head]
      for (a, b) in [
        (part.rows.map(\.entropy), whole.rows.map(\.entropy)), (part.received, whole.received),
        (part.rows.map(\.distance), whole.rows.map(\.distance)), (part.first, whole.first),
        (part.own, whole.own),
        ((0..<300).map { part.mass(at: $0) }, (0..<300).map { whole.mass(at: $0) }),
      ] {
        #expect(zip(a, b).allSatisfy { abs($0 - $1) < 1e-3 }, "\(index)")
      }
    }
  }

  @Test func `tables of single and double precision agree`() throws {
    // Plain kernels are slow without optimisation: a tiny model.
    let model = try Model(
      Checkpoint.open(Self.repository + "/Tests/ModelsTests/Fixtures/llama-grouped"))
    let prompt = Prompt(ids: (0..<40).map { $0 * 37 % 64 })
    let single = try HeadScores.tables(of: try model.run(prompt, as: Float.self))
    let double = try HeadScores.tables(of: try model.run(prompt, as: Double.self))
    for (a, b) in zip(single, double) {
      // Maps differ by up to 1e-5; an entropy by a little more, a distance by 40 times that. The detector
      // rounds to three digits.
      #expect(
        zip(a.values, b.values).allSatisfy { $0.isNaN == $1.isNaN && !(abs($0 - $1) >= 2e-3) })
    }
  }

  @Test func `progress counts layers, and what it throws ends the pass`() throws {
    struct Stop: Error {}
    let trace = try model().run(Prompt(ids: [0, 5, 9]), as: Float.self)
    var shares: [Double] = []
    _ = HeadScores.tables(of: trace) { shares.append($0) }
    #expect(shares.count == 6 && shares.last == 1 && shares == shares.sorted())
    #expect(throws: Stop.self) {
      try HeadScores.tables(of: trace) { if $0 > 0.4 { throw Stop() } }
    }
  }

  @Test func `previous-token share of one token is undefined in every head`() throws {
    let trace = try model().run(Prompt(ids: [0]), as: Float.self)
    let table = try HeadScores.tables([PreviousTokenScore.self], of: trace)[0]
    #expect(table.values.allSatisfy { $0.isNaN })
    #expect(table.bounds == nil)
  }
}
