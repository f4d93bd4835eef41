import Foundation
import Testing

@testable import Tensors

@Suite struct TileKernelTests {
  typealias Plain = PlainKernels<Float>
  typealias Fast = OneDNNKernels

  /// Which of 40 keys a query sees: some none, some all, some a window that begins within a tile.
  private static let seen: [Range<Int>] = [0..<1, 0..<40, 13..<29, 16..<17, 40..<40, 5..<33]

  /// Pattern · values of six queries by tiles of 16 keys, and what was kept of every row.
  private func blockwise<K: Kernels>(
    _ scores: Tensor<Float>, _ values: Tensor<Float>, sink: Float?, _: K.Type
  ) -> (output: Tensor<Float>, maxima: Tensor<Float>, totals: Tensor<Float>)
  where K.Element == Float {
    var maxima = Tensor<Float>(repeating: sink ?? -.infinity, shape: [1, 6])
    var totals = Tensor<Float>(repeating: sink == nil ? 0 : 1, shape: [1, 6])
    var output = Tensor<Float>(repeating: 0, shape: [6, 5])
    let (m, t, z) = (maxima.mutableMatrix(), totals.mutableMatrix(), output.mutableMatrix())
    for start in stride(from: 0, to: 40, by: 16) {
      let keys = start..<min(40, start + 16)
      var tile = scores.matrix.columns(keys).copied
      K.addToSoftmax(
        tile.mutableMatrix(),
        visible: {
          let seen = Self.seen[$0].clamped(to: keys)
          return seen.lowerBound - start..<seen.upperBound - start
        }, maxima: m, totals: t, scaling: z)
      K.multiply(
        tile.matrix, values.matrix.rows(keys), transposed: false, scale: 1, adding: true, into: z)
    }
    K.divide(z, by: t.matrix)
    return (output, maxima, totals)
  }

  @Test(arguments: [nil, -3, 8] as [Float?])
  func `a softmax taken tile by tile is the softmax of the row`(sink: Float?) {
    let scores = random([6, 40], seed: 1, in: -30...30)
    let values = random([40, 5], seed: 2)
    let fast = blockwise(scores, values, sink: sink, Fast.self)
    let plain = blockwise(scores, values, sink: sink, Plain.self)
    #expect(difference(fast.output, plain.output) < 2e-6)
    for (row, seen) in Self.seen.enumerated() {
      // In double precision, from the definition.
      let terms = seen.map { exp(Double(scores[row, $0])) }
      let sum = terms.reduce(0, +) + (sink.map { exp(Double($0)) } ?? 0)
      for column in 0..<5 {
        let weighted = zip(seen, terms).reduce(0.0) { $0 + $1.1 * Double(values[$1.0, column]) }
        let expected = sum == 0 ? 0 : weighted / sum
        #expect(abs(Double(fast.output[row, column]) - expected) < 2e-6, "\(row), \(column)")
      }
    }
  }

  @Test func `any tile's scores become weights from what was kept of the rows`() {
    let scores = random([6, 40], seed: 3, in: -30...30)
    let values = random([40, 5], seed: 4)
    let kept = blockwise(scores, values, sink: nil, Fast.self)
    for keys in [0..<40, 7..<22, 39..<40] {
      var fast = scores.matrix.columns(keys).copied
      var plain = fast
      var entropies = [true, false].map { _ in Tensor<Float>(repeating: .nan, shape: [1, 6]) }
      func visible(_ row: Int) -> Range<Int> {
        let seen = Self.seen[row].clamped(to: keys)
        return seen.lowerBound - keys.lowerBound..<seen.upperBound - keys.lowerBound
      }
      Fast.weigh(
        fast.mutableMatrix(), visible: visible, maxima: kept.maxima.matrix,
        totals: kept.totals.matrix, entropies: entropies[0].mutableMatrix())
      Plain.weigh(
        plain.mutableMatrix(), visible: visible, maxima: kept.maxima.matrix,
        totals: kept.totals.matrix, entropies: entropies[1].mutableMatrix())
      #expect(difference(fast, plain) < 1e-6)
      for (row, seen) in Self.seen.enumerated() {
        let sum = seen.reduce(0.0) { $0 + exp(Double(scores[row, $1])) }
        for (column, key) in keys.enumerated() {
          let expected = seen.contains(key) ? exp(Double(scores[row, key])) / sum : 0
          #expect(abs(Double(fast[row, column]) - expected) < 1e-6, "\(row), \(key)")
        }
        let weights = keys.filter(seen.contains).map { exp(Double(scores[row, $0])) / sum }
        let entropy = weights.reduce(0) { $0 - $1 * log($1) }
        // Single-precision weights of up to 40 keys.
        for found in entropies {
          #expect(abs(Double(found[0, row]) - entropy) < 3e-6, "\(row), \(keys)")
        }
      }
    }
  }

  @Test func `scores of minus infinity weigh nothing, and NaN shows`() {
    var tile = Tensor<Float>([-.infinity, -.infinity, 1, -.infinity, .nan, 1], shape: [3, 2])
    var maxima = Tensor<Float>(repeating: -.infinity, shape: [1, 3])
    var totals = Tensor<Float>(repeating: 0, shape: [1, 3])
    var output = Tensor<Float>(repeating: 0, shape: [3, 1])
    Fast.addToSoftmax(
      tile.mutableMatrix(), visible: { _ in 0..<2 }, maxima: maxima.mutableMatrix(),
      totals: totals.mutableMatrix(), scaling: output.mutableMatrix())
    #expect(tile[0, 0] == 0 && tile[0, 1] == 0 && tile[1, 0] == 1 && tile[1, 1] == 0)
    #expect(totals[0, 0] == 0 && totals[0, 1] == 1 && totals[0, 2].isNaN)
  }

  @Test func `scores of minus infinity add nothing to an entropy`() {
    for kernels in [true, false] {
      var tile = Tensor<Float>([-.infinity, 0, 0, -.infinity], shape: [1, 4])
      var entropies = Tensor<Float>(repeating: .nan, shape: [1, 1])
      let maxima = Tensor<Float>([0], shape: [1, 1])
      let totals = Tensor<Float>([2], shape: [1, 1])
      let (target, found) = (tile.mutableMatrix(), entropies.mutableMatrix())
      if kernels {
        Fast.weigh(
          target, visible: { _ in 0..<4 }, maxima: maxima.matrix, totals: totals.matrix,
          entropies: found)
      } else {
        Plain.weigh(
          target, visible: { _ in 0..<4 }, maxima: maxima.matrix, totals: totals.matrix,
          entropies: found)
      }
      #expect(tile.elements == [0, 0.5, 0.5, 0] && abs(entropies[0, 0] - Float(log(2.0))) < 1e-6)
    }
  }

  @Test func `a row summarised in two parts is the row summarised at once`() {
    var weights = random([1, 90], seed: 5, in: -4...4)
    Plain.softmax(weights.mutableMatrix())
    let none = [Double](repeating: 0, count: 90)
    func summary<K: Kernels>(_ cuts: [Range<Int>], _: K.Type) -> (RowSummary, [Double], [Double])
    where K.Element == Float {
      var (byKey, byOffset, row) = (none, none + [0, 0, 0], RowSummary.empty)
      for keys in cuts {
        row = row.joined(
          K.summarise(
            weights.matrix.columns(keys), row: 0, query: 71, firstKey: keys.lowerBound,
            byKey: &byKey, byOffset: &byOffset, first: 3, entropy: nil))
      }
      return (row, byKey, byOffset)
    }
    let whole = summary([0..<90], Plain.self)
    for part in [summary([0..<33, 33..<90], Fast.self), summary([0..<33, 33..<90], Plain.self)] {
      #expect(part.1 == whole.1 && part.2 == whole.2)
      #expect(abs(part.0.entropy - whole.0.entropy) < 1e-6)
      #expect(abs(part.0.distance - whole.0.distance) < 1e-5)
      #expect(part.0.maximum == whole.0.maximum && part.0.strongest == whole.0.strongest)
    }
  }

  @Test func `pooling takes each weight into its block, whatever the cut`() {
    let weights = random([3, 23], seed: 6, in: 0...1)
    for offset in [0, 4, 6] {
      let blocks = (offset + 22) / 7 + 1
      var (maxima, sums) = (
        [Float](repeating: 0, count: blocks), [Float](repeating: 0, count: blocks)
      )
      var (plainMaxima, plainSums) = (maxima, sums)
      Fast.pool(weights.matrix, by: 7, offset: offset, maxima: &maxima, sums: &sums)
      Plain.pool(weights.matrix, by: 7, offset: offset, maxima: &plainMaxima, sums: &plainSums)
      #expect(maxima == plainMaxima)
      for (a, b) in zip(sums, plainSums) { #expect(abs(a - b) < 1e-5) }
      #expect(abs(sums.reduce(0, +) - weights.elements.reduce(0, +)) < 1e-4)
    }
  }

  @Test func `numbers that are kept rounded are multiplied as they are`() {
    let (a, b) = (random([9, 16], seed: 7), random([21, 16], seed: 8))
    guard case .rounded(let left) = BFloat16Kernels.kept(a),
      case .rounded(let right) = BFloat16Kernels.kept(b)
    else {
      Issue.record("these kernels keep rounded numbers")
      return
    }
    let expected = BFloat16Kernels.kept(a).tensor
    #expect(expected.elements == left.elements.map { Float($0) })
    var (fast, plain) = (
      Tensor<Float>(uninitialized: [9, 21]), Tensor<Float>(uninitialized: [9, 21])
    )
    Fast.multiply(
      .rounded(left.matrix), transposing: .rounded(right.matrix), scale: 0.3,
      into: fast.mutableMatrix())
    Plain.multiply(
      .rounded(left.matrix), transposing: .rounded(right.matrix), scale: 0.3,
      into: plain.mutableMatrix())
    // Sums of sixteen exact products, in another order.
    #expect(difference(fast, plain) < 1e-5)
    guard case .whole = OneDNNKernels.kept(a) else {
      Issue.record("single precision is kept as it is")
      return
    }
  }
}
