import Foundation
import Testing

@testable import Tensors

/// A small generator, so that a failure can be repeated.
struct Generator: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state ^ (state >> 29)
  }
}

func random(_ shape: [Int], seed: UInt64, in range: ClosedRange<Float> = -2...2) -> Tensor<Float> {
  var generator = Generator(state: seed)
  return Tensor(
    (0..<shape.reduce(1, *)).map { _ in Float.random(in: range, using: &generator) }, shape: shape)
}

func difference(_ a: Tensor<Float>, _ b: Tensor<Float>) -> Float {
  zip(a.elements, b.elements).map { abs($0 - $1) }.max() ?? 0
}

@Suite struct KernelTests {
  typealias Plain = PlainKernels<Float>
  typealias Fast = OneDNNKernels

  @Test func `a product of small matrices is what one computes by hand`() {
    let a = Tensor<Float>([1, 2, 3, 4, 5, 6], shape: [2, 3])
    let b = Tensor<Float>([1, 0, 2, 1, 0, 3], shape: [3, 2])
    let bT = Tensor<Float>([1, 2, 0, 0, 1, 3], shape: [2, 3])
    for (other, transposed) in [(b, false), (bT, true)] {
      var c = Tensor<Float>(repeating: 100, shape: [2, 2])
      Fast.multiply(
        a.matrix, other.matrix, transposed: transposed, scale: 2, adding: true,
        into: c.mutableMatrix())
      #expect(c.elements == [110, 122, 128, 146])
      Plain.multiply(
        a.matrix, other.matrix, transposed: transposed, scale: 1, adding: false,
        into: c.mutableMatrix())
      #expect(c.elements == [5, 11, 14, 23])
    }
  }

  @Test func `products of windows agree with the plain kernel`() {
    let a = random([70, 50], seed: 1)
    let b = random([90, 60], seed: 2)
    for transposed in [false, true] {
      let left = a.matrix.window(rows: 3..<61, columns: 4..<44)
      let right =
        transposed
        ? b.matrix.window(rows: 1..<31, columns: 5..<45)
        : b.matrix.window(rows: 2..<42, columns: 5..<35)
      var fast = Tensor<Float>(repeating: 1, shape: [60, 40])
      var plain = fast
      Fast.multiply(
        left, right, transposed: transposed, scale: 0.5, adding: true,
        into: fast.mutableMatrix().window(rows: 1..<59, columns: 2..<32))
      Plain.multiply(
        left, right, transposed: transposed, scale: 0.5, adding: true,
        into: plain.mutableMatrix().window(rows: 1..<59, columns: 2..<32))
      // Forty products of numbers up to 4.
      #expect(difference(fast, plain) < 4e-5)
      #expect(fast[0, 0] == 1 && fast[59, 39] == 1)
    }
  }

  @Test func `softmax gives rows that sum to one and nothing to minus infinity`() {
    var m = random([7, 33], seed: 3, in: -9...9)
    for row in 0..<7 { m[row, 2 * row] = -.infinity }
    var plain = m
    Fast.softmax(m.mutableMatrix())
    Plain.softmax(plain.mutableMatrix())
    #expect(difference(m, plain) < 1e-6)
    for row in 0..<7 {
      #expect(m[row, 2 * row] == 0)
      #expect(abs((0..<33).map { m[row, $0] }.reduce(0, +) - 1) < 1e-6)
    }
  }

  @Test func `softmax of a window with gaps leaves the gaps alone`() {
    var m = random([5, 20], seed: 4)
    let before = m
    Fast.softmax(m.mutableMatrix().columns(0..<10))
    #expect(m[4, 10] == before[4, 10])
    #expect(abs((0..<10).map { m[2, $0] }.reduce(0, +) - 1) < 1e-6)
  }

  @Test func `norms agree with the plain kernels`() {
    let x = random([9, 48], seed: 5, in: -30...30)
    let (gain, bias) = (random([48], seed: 6), random([48], seed: 7))
    var fast = Tensor<Float>(uninitialized: x.shape)
    var plain = fast
    Fast.layerNorm(x.matrix, gain: gain, bias: bias, epsilon: 1e-5, into: fast.mutableMatrix())
    Plain.layerNorm(x.matrix, gain: gain, bias: bias, epsilon: 1e-5, into: plain.mutableMatrix())
    #expect(difference(fast, plain) < 2e-6)
    Fast.rmsNorm(x.matrix, gain: gain, epsilon: 1e-6, into: fast.mutableMatrix())
    Plain.rmsNorm(x.matrix, gain: gain, epsilon: 1e-6, into: plain.mutableMatrix())
    #expect(difference(fast, plain) < 2e-6)
  }

  @Test func `a layer norm of a known row is what one computes by hand`() {
    let x = Tensor<Float>([1, 2, 3, 6], shape: [1, 4])  // mean 3, variance 3.5
    let gain = Tensor<Float>([1, 1, 1, 2], shape: [4])
    let bias = Tensor<Float>([0, 0, 0, 1], shape: [4])
    var y = Tensor<Float>(uninitialized: [1, 4])
    Fast.layerNorm(x.matrix, gain: gain, bias: bias, epsilon: 0.5, into: y.mutableMatrix())
    #expect(difference(y, Tensor([-1, -0.5, 0, 4], shape: [1, 4])) < 1e-6)
  }

  /// The fast GELU's error function strays by up to 1.5e-7, which its argument multiplies.
  @Test(arguments: Activation.allCases)
  func `activations agree with the plain kernels`(activation: Activation) {
    var fast = random([11, 31], seed: 8, in: -8...8)
    var plain = fast
    Fast.finish(fast.mutableMatrix(), bias: nil, activation)
    Plain.activate(plain.mutableMatrix(), activation)
    #expect(difference(fast, plain) < 2e-6)
  }

  @Test(arguments: Activation.allCases)
  func `activations of huge and tiny numbers are what their limits say`(activation: Activation) {
    var y = Tensor<Float>([-1e30, -100, 0, 100, 1e30], shape: [1, 5])
    Fast.finish(y.mutableMatrix(), bias: nil, activation)
    #expect(abs(y[0, 0]) < 1e-6 && abs(y[0, 1]) < 1e-6)
    #expect(y[0, 2] == 0 && y[0, 3] == 100 && y[0, 4] == 1e30)
  }

  @Test func `activations have their known values`() {
    #expect(abs(PlainKernels<Double>.value(.quickGELU, 1) - 0.8457957659328212) < 1e-12)
    #expect(abs(PlainKernels<Double>.value(.gelu, 1) - 0.8413447460685429) < 1e-12)
    #expect(abs(PlainKernels<Double>.value(.geluTanh, 1) - 0.8411919906082768) < 1e-12)
    #expect(abs(PlainKernels<Double>.value(.silu, 1) - 0.7310585786300049) < 1e-12)
    #expect(PlainKernels<Double>.value(.relu, -3) == 0)
  }

  @Test(arguments: [false, true], [false, true])
  func `a linear layer with bias agrees with the plain kernel`(transposed: Bool, adding: Bool) {
    let x = random([33, 24], seed: 9)
    let w = random(transposed ? [40, 24] : [24, 40], seed: 10)
    let bias = random([1, 40], seed: 11)
    var fast = random([33, 40], seed: 12)
    var plain = fast
    let activation: Activation? = adding ? nil : .geluTanh
    Fast.linear(
      x.matrix, w.matrix, transposed: transposed, bias: bias.matrix, activation: activation,
      adding: adding, into: fast.mutableMatrix())
    Plain.linear(
      x.matrix, w.matrix, transposed: transposed, bias: bias.matrix, activation: activation,
      adding: adding, into: plain.mutableMatrix())
    #expect(difference(fast, plain) < 3e-5)
  }

  @Test func `rotation by a right angle swaps the halves of a pair`() {
    var m = Tensor<Float>([1, 2, 3, 4, 5], shape: [1, 5])
    let (cosines, sines) = (
      Tensor<Float>([0, 1], shape: [1, 2]), Tensor<Float>([1, 0], shape: [1, 2])
    )
    Fast.rotate(m.mutableMatrix(), cosines: cosines.matrix, sines: sines.matrix)
    #expect(m.elements == [-3, 2, 1, 4, 5])
    var plain = Tensor<Float>([1, 2, 3, 4, 5], shape: [1, 5])
    Plain.rotate(plain.mutableMatrix(), cosines: cosines.matrix, sines: sines.matrix)
    #expect(plain == m)
  }

  /// A row's summary on both kernels, with the sums it was added to.
  private func summaries(
    _ weights: Tensor<Float>, row: Int = 0, query: Int
  ) -> [(RowSummary, byKey: [Double], byOffset: [Double])] {
    let none = [Double](repeating: 0, count: weights.shape[1])
    return [true, false].map { fast in
      var (byKey, byOffset) = (none, none + [0, 0])
      let summary =
        fast
        ? Fast.summarise(
          weights.matrix, row: row, query: query, firstKey: 0, byKey: &byKey, byOffset: &byOffset,
          first: 2, entropy: nil)
        : Plain.summarise(
          weights.matrix, row: row, query: query, firstKey: 0, byKey: &byKey, byOffset: &byOffset,
          first: 2, entropy: nil)
      return (summary, byKey, byOffset)
    }
  }

  @Test func `a row's summary takes each weight once`() {
    for (row, byKey, byOffset) in summaries(
      Tensor([0.5, 0.125, 0.375, 0], shape: [1, 4]), query: 2)
    {
      #expect(abs(row.entropy - (0.5 * log(2) + 0.375 * log(2) + 0.375 * log(8.0 / 3))) < 1e-7)
      #expect(row.total == 1 && row.maximum == 0.5 && row.strongest == 0)
      #expect(row.distance == 1.125)
      #expect(byKey == [0.5, 0.125, 0.375, 0])
      #expect(byOffset == [0, 0, 0.5, 0.125, 0.375, 0])
    }
  }

  @Test func `entropy of equal weights is the logarithm of their number`() {
    for (row, _, _) in summaries(Tensor(repeating: 1 / 700, shape: [1, 700]), query: 699) {
      #expect(abs(row.entropy - log(700)) < 1e-5)
    }
    for (row, _, _) in summaries(Tensor([0, 0, 1], shape: [1, 3]), query: 2) {
      #expect(row.entropy == 0 && row.distance == 0 && row.strongest == 2)
    }
  }

  @Test func `summaries of long rows agree with the plain kernel`() {
    var rows = random([3, 300], seed: 13, in: -20...20)
    Plain.softmax(rows.mutableMatrix())
    for row in 0..<3 {
      let found = summaries(rows, row: row, query: 150)
      let (fast, plain) = (found[0], found[1])
      #expect(abs(fast.0.entropy - plain.0.entropy) < 1e-6)
      #expect(abs(fast.0.total - plain.0.total) < 1e-6)
      // Distances are up to 150 tokens, summed in single precision by blocks of 64.
      #expect(abs(fast.0.distance - plain.0.distance) < 1e-4)
      #expect(fast.0.maximum == plain.0.maximum && fast.0.strongest == plain.0.strongest)
      #expect(fast.byKey == plain.byKey && fast.byOffset == plain.byOffset)
    }
  }

  @Test func `an entropy that is known is taken as it is`() {
    let weights = Tensor<Float>([0.5, 0.5], shape: [1, 2])
    var (byKey, byOffset) = ([0.0, 0], [0.0, 0, 0, 0])
    let fast = Fast.summarise(
      weights.matrix, row: 0, query: 1, firstKey: 0, byKey: &byKey, byOffset: &byOffset, first: 2,
      entropy: 0.25)
    let plain = Plain.summarise(
      weights.matrix, row: 0, query: 1, firstKey: 0, byKey: &byKey, byOffset: &byOffset, first: 2,
      entropy: 0.25)
    #expect(fast == plain && fast.entropy == 0.25 && byKey == [1, 1])
  }

  @Test func `a row with NaN has no total`() {
    for (row, _, _) in summaries(Tensor([0.5, .nan, 0.5], shape: [1, 3]), query: 2) {
      #expect(row.total.isNaN && row.maximum == 0.5)
    }
  }

  @Test func `the divergence of rows agrees with the plain kernel`() {
    var rows = random([2, 300], seed: 21, in: -8...8)
    Plain.softmax(rows.mutableMatrix())
    let (a, b) = (rows.matrix.rows(0..<1), rows.matrix.rows(1..<2))
    #expect(abs(Fast.divergence(a, b, row: 0) - Plain.divergence(a, b, row: 0)) < 1e-6)
    #expect(Fast.divergence(a, a, row: 0) == 0 && Plain.divergence(a, a, row: 0) == 0)
    // Rows that share no key are as far apart as can be.
    let apart = Tensor<Float>([1, 0, 0, 1], shape: [2, 2])
    for found in [
      Fast.divergence(apart.matrix.rows(0..<1), apart.matrix.rows(1..<2), row: 0),
      Plain.divergence(apart.matrix.rows(0..<1), apart.matrix.rows(1..<2), row: 0),
    ] { #expect(abs(found - log(2)) < 1e-7) }
  }

  @Test func `weights on some keys are summed, keys outside the row left out`() {
    let weights = Tensor<Float>([0.5, 0.25, 0.125, 0.125], shape: [1, 4])
    let keys: ArraySlice<Int32> = [0, 2, 3]
    #expect(Fast.sum(weights.matrix, row: 0, keys: keys, shift: 0) == 0.75)
    #expect(Plain.sum(weights.matrix, row: 0, keys: keys, shift: 1) == 0.375)
    #expect(Plain.sum(weights.matrix, row: 0, keys: keys, shift: -1) == 0.375)
  }

  @Test func `infinities and NaN are found wherever they stand`() {
    for bad: Float in [.infinity, -.infinity, .nan] {
      var m = random([3, 40], seed: 14)
      #expect(Fast.allFinite(m.matrix) && Plain.allFinite(m.matrix))
      m[2, 39] = bad
      #expect(!Fast.allFinite(m.matrix) && !Plain.allFinite(m.matrix))
      #expect(Fast.allFinite(m.matrix.columns(0..<39)))
    }
  }
}

extension KernelTests {
  @Test func `later keys are hidden from every query of a tile`() {
    var scores = random([3, 6], seed: 15)
    Fast.hide(scores.mutableMatrix()) { 0..<$0 + 3 }
    for row in 0..<3 {
      for column in 0..<6 {
        #expect((scores[row, column] == -.infinity) == (column > row + 2))
      }
    }
  }

  @Test func `keys outside of a window are hidden, wherever it lies`() {
    let windows = [2..<4, -5..<1, 4..<90, 0..<6]
    var scores = random([4, 6], seed: 16)
    Fast.hide(scores.mutableMatrix()) { windows[$0] }
    for row in 0..<4 {
      for column in 0..<6 {
        #expect((scores[row, column] == -.infinity) == !windows[row].contains(column))
      }
    }
  }

  @Test func `a sink takes its share of every row`() {
    var rows = random([5, 37], seed: 17, in: -9...9)
    for column in 20..<37 { rows[3, column] = -.infinity }
    var withSink = Tensor<Float>(uninitialized: [5, 38])
    withSink.mutableMatrix().columns(0..<37).copy(from: rows.matrix)
    for row in 0..<5 { withSink[row, 37] = 1.5 }
    Plain.softmax(withSink.mutableMatrix())
    var plain = rows
    Fast.softmax(rows.mutableMatrix(), sink: 1.5)
    Plain.softmax(plain.mutableMatrix(), sink: 1.5)
    #expect(difference(rows, withSink.matrix.columns(0..<37).copied) < 1e-6)
    #expect(difference(plain, withSink.matrix.columns(0..<37).copied) < 1e-6)
    #expect(rows[3, 20] == 0)
    var hidden = Tensor<Float>([-.infinity, -90], shape: [1, 2])
    Fast.softmax(hidden.mutableMatrix(), sink: 50)
    #expect(hidden.elements == [0, 0])
  }

  @Test func `a cap leaves small scores and holds large ones`() {
    var fast = random([6, 41], seed: 18, in: -200...200)
    fast[0, 0] = 1e-6
    fast[0, 1] = 31.25
    fast[0, 2] = -1e9
    var plain = fast
    Fast.cap(fast.mutableMatrix(), at: 50)
    Plain.cap(plain.mutableMatrix(), at: 50)
    // Fifty times the error of tanh.
    #expect(difference(fast, plain) < 1e-5)
    #expect(abs(fast[0, 0] - 1e-6) < 1e-12)
    #expect(abs(fast[0, 1] - 50 * Float.tanh(0.625)) < 1e-5)
    #expect(fast[0, 2] == -50)
  }

  @Test func `numbers are clipped, then shifted`() {
    var m = Tensor<Float>([-9, -1, 0, 8], shape: [2, 2])
    Fast.clip(m.mutableMatrix(), to: -7...7, adding: 1)
    #expect(m.elements == [-6, 0, 1, 8])
  }

  @Test func `neighbours turn as halves do`() {
    let halves = random([3, 10], seed: 19)
    let (cosines, sines) = (random([3, 4], seed: 20), random([3, 4], seed: 21))
    var turned = halves
    Plain.rotate(turned.mutableMatrix(), cosines: cosines.matrix, sines: sines.matrix)
    var pairs = halves
    for row in 0..<3 {
      for i in 0..<4 {
        pairs[row, 2 * i] = halves[row, i]
        pairs[row, 2 * i + 1] = halves[row, 4 + i]
      }
    }
    var plain = pairs
    Fast.rotatePairs(pairs.mutableMatrix(), cosines: cosines.matrix, sines: sines.matrix)
    Plain.rotatePairs(plain.mutableMatrix(), cosines: cosines.matrix, sines: sines.matrix)
    #expect(difference(pairs, plain) < 1e-6)
    for row in 0..<3 {
      for i in 0..<4 {
        #expect(abs(pairs[row, 2 * i] - turned[row, i]) < 1e-6)
        #expect(abs(pairs[row, 2 * i + 1] - turned[row, 4 + i]) < 1e-6)
      }
      #expect(pairs[row, 8] == halves[row, 8] && pairs[row, 9] == halves[row, 9])
    }
  }

  @Test func `norms may be written where they were read`() {
    let x = random([4, 48], seed: 22)
    let (gain, bias) = (random([48], seed: 23), random([48], seed: 24))
    var (apart, inPlace) = (x, x)
    Fast.layerNorm(x.matrix, gain: gain, bias: bias, epsilon: 1e-5, into: apart.mutableMatrix())
    let target = inPlace.mutableMatrix()
    Fast.layerNorm(target.matrix, gain: gain, bias: bias, epsilon: 1e-5, into: target)
    #expect(apart == inPlace)
    inPlace = x
    let window = inPlace.mutableMatrix().columns(8..<24)
    let part = random([16], seed: 25)
    Fast.rmsNorm(window.matrix, gain: part, epsilon: 1e-5, into: window)
    var expected = Tensor<Float>(uninitialized: [4, 16])
    Fast.rmsNorm(
      x.matrix.columns(8..<24), gain: part, epsilon: 1e-5, into: expected.mutableMatrix())
    #expect(difference(window.matrix.copied, expected) < 1e-6)
  }

  @Test func `matrices are added number by number`() {
    var a = Tensor<Float>([1, 2, 3, 4], shape: [2, 2])
    Fast.add(Tensor<Float>([10, 20, 30, 40], shape: [2, 2]).matrix, to: a.mutableMatrix())
    #expect(a.elements == [11, 22, 33, 44])
  }

  @Test func `scaling takes a window and leaves what lies beside it`() {
    var (fast, plain) = (random([3, 40], seed: 40), random([3, 40], seed: 40))
    Fast.scale(fast.mutableMatrix().columns(3..<22), by: -0.5)
    PlainKernels<Float>.scale(plain.mutableMatrix().columns(3..<22), by: -0.5)
    #expect(fast == plain)
    let before = random([3, 40], seed: 40)
    #expect(fast[1, 2] == before[1, 2] && fast[1, 3] == -0.5 * before[1, 3])
  }

  @Test func `logarithms of sums agree with the plain kernel, in one part or several`() {
    let m = random([5, 1000], seed: 50, in: -40...40)
    var (fast, plain, parts) = ([Double](repeating: -.infinity, count: 5), [Double](), [Double]())
    (plain, parts) = (fast, fast)
    Fast.addLogSums(of: m.matrix, to: &fast)
    Plain.addLogSums(of: m.matrix, to: &plain)
    for columns in [0..<1, 1..<513, 513..<1000] {
      Fast.addLogSums(of: m.matrix.columns(columns), to: &parts)
    }
    for i in 0..<5 {
      #expect(abs(fast[i] - plain[i]) < 1e-6 && abs(parts[i] - plain[i]) < 1e-6)
    }
    var known = [-Double.infinity]
    Fast.addLogSums(of: Tensor<Float>([0, 0, 0, 0], shape: [1, 4]).matrix, to: &known)
    #expect(abs(known[0] - Double.log(4)) < 1e-12)
    for bad in [Float.nan, .infinity] {
      var sums = [-Double.infinity]
      let row = Tensor<Float>([1] + Array(repeating: 2, count: 20) + [bad], shape: [1, 22])
      Fast.addLogSums(of: row.matrix, to: &sums)
      #expect(!sums[0].isFinite)
    }
  }

  @Test func `sums of differences agree with the plain kernel`() {
    let (a, b) = (random([7, 700], seed: 51), random([7, 700], seed: 52))
    let (x, y) = (a.matrix.columns(3..<699), b.matrix.columns(3..<699))
    let (fast, plain) = (Fast.sumOfDifferences(x, y), Plain.sumOfDifferences(x, y))
    #expect(abs(fast - plain) < 1e-5 * plain && plain > 1000)
    #expect(Fast.sumOfDifferences(x, x) == 0)
  }
}
