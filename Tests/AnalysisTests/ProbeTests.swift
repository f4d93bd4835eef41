import Checkpoints
import Foundation
import Models
import Tensors
import Testing

@testable import Analysis

/// Prompts of repeated random tokens, and the generator they come from.
@Suite struct ProbeTests {
  /// The ids that PyTorch's generator gives for `manual_seed(0)`, as TransformerLens' notebook drew them.
  private func published() throws -> [[Int]] {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Fixtures/tl_seed0_tokens.json")
    let json = try JSON.read(path.path)
    return try #require(json["tokens"]?.array).map { ($0.array ?? []).compactMap(\.int) }
  }

  @Test func `the probe draws the tokens that PyTorch draws`() throws {
    let prompts = try #require(RepeatProbe("repeat:100,0,2")).prompts(
      prefix: [], vocabularySize: 50257)
    #expect(prompts[0].prefix(5) == [1044, 3539, 10733, 15360, 18263])
    #expect(prompts[1].prefix(3) == [3005, 5346, 5456])
    #expect(prompts == (try published()))
  }

  @Test func `the generator is MT19937`() {
    var generator = MersenneTwister(seed: 5489)
    for _ in 1..<10_000 { _ = generator.next32() }
    // The C++ standard's check value.
    #expect(generator.next32() == 4_123_659_995)
  }

  @Test func `a small vocabulary is not left, and the prefix stands first once`() {
    for size in [3, 64, 200, 4096] {
      for prompt in RepeatProbe(length: 30).prompts(prefix: [1], vocabularySize: size, copies: 4) {
        #expect(prompt.count == 121 && prompt[0] == 1)
        #expect(prompt.dropFirst().allSatisfy { (0..<size).contains($0) })
        #expect(prompt[1...30] == prompt[91...120])
      }
    }
  }

  @Test(arguments: [
    "", "repeat", "repeat:", "repeat:0", "repeat:-1", "repeat:5,x", "repeat:5,1,0",
    "echo:5", "repeat:5,1,2,3",
  ])
  func `what is no probe is refused`(text: String) { #expect(RepeatProbe(text) == nil) }

  @Test func `a probe is cut to the context`() {
    #expect(RepeatProbe(length: 500).fitting(1024, prefix: 1, copies: 4).length == 255)
    #expect(RepeatProbe(length: 50).fitting(1024, prefix: 1, copies: 2).length == 50)
  }

  /// A map in which every query looks at one key.
  private func pointing(_ seq: Int, _ key: (Int) -> Int) -> Tensor<Double> {
    Tensor((0..<seq * seq).map { $0 % seq == key($0 / seq) ? 1 : 0 }, shape: [seq, seq])
  }

  @Test func `perfect induction, duplicate and echo heads score as their definitions say`() {
    // BOS and four tokens, twice and four times.
    for copies in [2, 4] {
      let seq = 1 + 4 * copies
      let labels = [-1] + (0..<4 * copies).map { $0 % 4 }
      func map(_ key: @escaping (Int) -> Int) -> MapStatistics {
        MapStatistics(pattern: pointing(seq, key), ids: labels)
      }
      let induction = map { $0 > 4 ? $0 - 3 : 0 }
      let duplicate = map { $0 > 4 ? $0 - 4 : 0 }
      if copies == 2 {
        // Six entries lie on the diagonal; the head's first pair is at query 5, its first row at 0.
        #expect(InductionScore.value(induction, length: 4, prefix: 1) == 5.0 / 6)
        #expect(DuplicateTokenScore.value(duplicate, length: 4, prefix: 1) == 1)
      }
      #expect(EchoScore.value(duplicate, length: 4, prefix: 1) == 1)
      #expect(PrefixMatchingScore.value(induction, length: 4, prefix: 1) == 1)
      #expect(EchoScore.value(induction, length: 4, prefix: 1) == 0)
    }
  }

  @Test func `a query that asks nothing is subtracted before outliers are left out`() {
    #expect(QueryRetrieval.score([0.5, 0.25], less: [0.125, 0.125]) == 0.5)
    #expect(QueryRetrieval.score([0.5, 0.25]) == 0.75)
    #expect(QueryRetrieval.score([]).isNaN)
  }

  @Test func `rings hold the patches at one Chebyshev distance`() {
    let rings = NeighbourhoodScore.rings(PatchGrid(rows: 3, columns: 3, first: 1), hops: 1)
    #expect(rings[4] == [1, 2, 3, 4, 6, 7, 8, 9])
    #expect(rings[0] == [2, 4, 5])
  }

  @Test func `a triangular factor has the norms of what it was made of`() {
    // Rank two: the third column is the sum of the others.
    let a = Tensor<Double>([1, 2, 3, 0, 1, 1, 4, -1, 3, 2, 2, 4], shape: [4, 3])
    let gram = SmallProducts.gram(a)
    let factor = SmallProducts.factor(gram)
    let again = SmallProducts.gram(factor)
    #expect(zip(again.elements, gram.elements).allSatisfy { abs($0 - $1) < 1e-12 })
    #expect(factor.elements[6...].allSatisfy { $0 == 0 })
  }
}
