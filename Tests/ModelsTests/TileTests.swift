import Checkpoints
import Foundation
import Tensors
import Testing

@testable import Models

/// Maps from tiles against maps at once.
@Suite struct TileTests {
  /// Every kind of mask, position, cap and sink that attention knows.
  private static let names = [
    "gpt2-standard", "llama-multiquery", "families/bloom", "families/falcon-alibi",
    "families/gemma2",
    "families/gpt_oss", "families/mistral-window", "families/deepseek_v2", "encoders/deberta-v2",
    "encoders/modernbert", "encoders/bert",
  ]

  @Test(arguments: names)
  func `tiles make up the map, whatever mask, position and sink`(name: String) throws {
    do {
      let model = try Model(Checkpoint.open(Reference.folder.appendingPathComponent(name).path))
      let trace: Trace<Double> = try model.run(Prompt(ids: (0..<17).map { $0 * 5 % 31 + 1 }))
      for head in [HeadIndex(layer: 0, head: 1), HeadIndex(layer: 1, head: 0)] {
        let attention = trace.attention(head)
        #expect(attention.sums != nil, "\(name)")
        var whole = AttentionWeights<PlainKernels<Double>>.scores(
          attention, rows: 0..<trace.seq, keyCount: trace.keyCount)
        let target = whole.mutableMatrix()
        PlainKernels<Double>.hide(target) { attention.visible(query: $0) }
        AttentionWeights<PlainKernels<Double>>.softmax(target, of: attention)
        #expect(
          trace.exactPattern(head, rows: 0..<trace.seq, columns: 0..<trace.keyCount)
            .maxDifference(to: whole) < 1e-13, "\(name) \(head)")
        for (rows, columns) in [(3..<9, 2..<5), (16..<17, 0..<17), (0..<1, 0..<1)] {
          let tile = trace.exactPattern(head, rows: rows, columns: columns)
          let expected = whole.matrix.window(rows: rows, columns: columns).copied
          #expect(tile.maxDifference(to: expected) < 1e-13, "\(name) \(head)")
        }
        var seen = Tensor<Double>(repeating: 0, shape: [trace.seq, trace.keyCount])
        let written = seen.mutableMatrix()
        trace.forEachTile(head, rows: 0..<trace.seq) { tile, rows, keys, _ in
          written.window(rows: rows, columns: keys).copy(from: tile)
        }
        #expect(seen.maxDifference(to: whole) < 1e-13, "\(name) \(head)")
      }
    }
  }

  @Test func `a long prompt crosses the edges of tiles of queries and of keys`() throws {
    let prompt = Prompt(ids: (0..<1100).map { ($0 * 7 + $0 / 13) % 60 })
    let model = try Reference.longModel()
    let trace: Trace<Float> = try model.run(prompt)
    let head = HeadIndex(layer: 1, head: 1)
    let map = trace.pattern(head)
    #expect(map.shape == [trace.seq, trace.seq])
    for query in [0, 127, 128, 511, 512, trace.seq - 1] where query < trace.seq {
      let row = map.matrix.withRow(query) { Array($0) }
      #expect(abs(row.reduce(0, +) - 1) < 1e-5, "query \(query)")
      #expect(row.dropFirst(query + 1).allSatisfy { $0 == 0 }, "query \(query)")
    }
    // Weighted values are what the map says.
    var expected = Tensor<Float>(uninitialized: [trace.seq, trace.values(head).columns])
    OneDNNKernels.multiply(
      map.matrix, trace.values(head), transposed: false, scale: 1, adding: false,
      into: expected.mutableMatrix())
    #expect(trace.weightedValues(head).copied.maxDifference(to: expected) < 1e-5)
  }

  @Test func `a pooled map holds the largest and the mean of each block`() throws {
    let trace: Trace<Float> = try Reference("llama-grouped").model.run(
      Reference("llama-grouped").prompt("p17"))
    let head = HeadIndex(layer: 1, head: 2)
    let (rows, columns) = (2..<17, 1..<16)
    let pooled = trace.pooledPattern(head, rows: rows, columns: columns, pool: 4, taking: 4)
    #expect(pooled.rows == 4 && pooled.columns == 4)
    let map = trace.pattern(head)
    for row in 0..<4 {
      for column in 0..<4 {
        let queries = (2 + 4 * row..<6 + 4 * row).clamped(to: rows)
        let keys = (1 + 4 * column..<5 + 4 * column).clamped(to: columns)
        let block = queries.flatMap { query in keys.map { map[query, $0] } }
        let place = row * 4 + column
        #expect(abs(pooled.maxima[place] - (block.max() ?? 0)) < 1e-6)
        #expect(abs(pooled.means[place] - block.reduce(0, +) / Float(block.count)) < 1e-6)
      }
    }
    let first = trace.pooledPattern(head, rows: rows, columns: columns, pool: 4, taking: 1)
    #expect(abs(first.maxima[0] - (1..<5).map { map[2, $0] }.reduce(0, max)) < 1e-6)
    // What any other source of maps gives.
    let other = OtherMaps(base: trace).pooledPattern(
      head, rows: rows, columns: columns, pool: 4, taking: 4)
    for (a, b) in zip(pooled.maxima, other.maxima) { #expect(abs(a - b) < 1e-6) }
    for (a, b) in zip(pooled.means, other.means) { #expect(abs(a - b) < 1e-6) }
  }

  @Test func `a run in bfloat16 keeps half the bytes, and its maps are its own`() throws {
    let reference = try Reference("llama-grouped")
    var model = reference.model
    let prompt = try reference.prompt("p17")
    let single: Trace<Float> = try model.run(prompt)
    model.multipliesBFloat16 = true
    let rounded: Trace<Float> = try model.run(prompt)
    for (a, b) in zip(single.attention, rounded.attention) {
      #expect(b.byteCount * 2 == a.byteCount)
    }
    for head in [HeadIndex(layer: 0, head: 0), HeadIndex(layer: 1, head: 3)] {
      let map = rounded.pattern(head)
      for query in 0..<17 {
        // The sums were taken of the scores that the map is made of.
        #expect(abs((0..<17).map { map[query, $0] }.reduce(0, +) - 1) < 1e-5)
      }
    }
  }
}

/// Maps that are not a run's.
private struct OtherMaps: PatternSource {
  let base: Trace<Float>
  var layers: Int { base.layers }
  var heads: Int { base.heads }
  var queryCount: Int { base.queryCount }
  var keyCount: Int { base.keyCount }
  var isCausal: Bool { base.isCausal }

  func pattern(_ head: HeadIndex, rows: Range<Int>, columns: Range<Int>) -> Tensor<Float> {
    base.pattern(head, rows: rows, columns: columns)
  }
}
