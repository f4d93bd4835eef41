import Testing

@testable import Tensors

/// Derivatives: against differences in double precision, and the fast ones against the plain ones.
@Suite struct GradientKernelTests {
  typealias Fast = OneDNNKernels
  typealias Exact = PlainKernels<Double>

  /// Σ weights · f(x), differentiated by x number by number; the error of a central difference with
  /// this step is about 1e-9.
  private func differences(
    _ x: Tensor<Double>, _ weights: Tensor<Double>, _ f: (Tensor<Double>) -> Tensor<Double>
  ) -> Tensor<Double> {
    let step = 1e-5
    return Tensor(
      x.elements.indices.map { index in
        func value(_ by: Double) -> Double {
          var elements = x.elements
          elements[index] += by
          return zip(f(Tensor(elements, shape: x.shape)).elements, weights.elements)
            .map { $0 * $1 }.reduce(0, +)
        }
        return (value(step) - value(-step)) / (2 * step)
      }, shape: x.shape)
  }

  private func doubles(_ shape: [Int], seed: UInt64) -> Tensor<Double> {
    random(shape, seed: seed).converted(to: Double.self)
  }

  private func floats(_ tensor: Tensor<Double>) -> Tensor<Float> {
    tensor.converted(to: Float.self)
  }

  /// - Parameter tolerance: Of the fast result; the exact one is held to 1e-8.
  private func check(
    exact: Tensor<Double>, fast: Tensor<Float>, wanted: Tensor<Double>, tolerance: Double = 1e-5
  ) {
    let largest = wanted.elements.map(abs).max() ?? 0
    #expect(largest > 0.1)
    for (a, b) in zip(exact.elements, wanted.elements) { #expect(abs(a - b) < 1e-8) }
    for (a, b) in zip(fast.elements, wanted.elements) {
      #expect(abs(Double(a) - b) < tolerance * max(1, largest))
    }
  }

  @Test(arguments: [true, false])
  func `gradients of norms are their differences`(isCentred: Bool) {
    let (x, gain) = (doubles([3, 37], seed: 1), doubles([37], seed: 2))
    let gradient = doubles([3, 37], seed: 3)
    let wanted = differences(x, gradient) { x in
      var y = x
      let zero = Tensor<Double>(repeating: 0, shape: [37])
      if isCentred {
        Exact.layerNorm(
          x.matrix, gain: gain, bias: zero, epsilon: 0.1, into: y.mutableMatrix())
      } else {
        Exact.rmsNorm(x.matrix, gain: gain, epsilon: 0.1, into: y.mutableMatrix())
      }
      return y
    }
    var exact = Tensor<Double>(repeating: 0, shape: [3, 37])
    var fast = Tensor<Float>(repeating: 0, shape: [3, 37])
    if isCentred {
      Exact.addLayerNormGradient(
        x.matrix, gain: gain, epsilon: 0.1, gradient: gradient.matrix, to: exact.mutableMatrix())
      Fast.addLayerNormGradient(
        floats(x).matrix, gain: floats(gain), epsilon: 0.1, gradient: floats(gradient).matrix,
        to: fast.mutableMatrix())
    } else {
      Exact.addRMSNormGradient(
        x.matrix, gain: gain, epsilon: 0.1, gradient: gradient.matrix, to: exact.mutableMatrix())
      Fast.addRMSNormGradient(
        floats(x).matrix, gain: floats(gain), epsilon: 0.1, gradient: floats(gradient).matrix,
        to: fast.mutableMatrix())
    }
    check(exact: exact, fast: fast, wanted: wanted)
  }

  @Test(arguments: Activation.allCases)
  func `gradients of activations are their differences`(activation: Activation) {
    // Not at zero, where relu has a corner.
    let x = Tensor((0..<64).map { (Double($0) - 31.4) / 8 }, shape: [2, 32])
    let gradient = doubles([2, 32], seed: 4)
    let wanted = differences(x, gradient) {
      Tensor($0.elements.map { Exact.value(activation, $0) }, shape: [2, 32])
    }
    var (exact, fast) = (gradient, floats(gradient))
    Exact.differentiate(activation, at: x.matrix, gradient: exact.mutableMatrix())
    Fast.differentiate(activation, at: floats(x).matrix, gradient: fast.mutableMatrix())
    check(exact: exact, fast: fast, wanted: wanted)
  }

  @Test func `the gradient of softmax is its difference`() {
    let (x, gradient) = (doubles([4, 21], seed: 5), doubles([4, 21], seed: 6))
    func softmax(_ x: Tensor<Double>) -> Tensor<Double> {
      var y = x
      Exact.softmax(y.mutableMatrix())
      return y
    }
    let wanted = differences(x, gradient, softmax)
    var (exact, fast) = (gradient, floats(gradient))
    Exact.differentiateSoftmax(softmax(x).matrix, gradient: exact.mutableMatrix())
    Fast.differentiateSoftmax(floats(softmax(x)).matrix, gradient: fast.mutableMatrix())
    check(exact: exact, fast: fast, wanted: wanted)
  }

  @Test func `the gradients of cap and clip are their differences`() {
    let (x, gradient) = (doubles([2, 30], seed: 7), doubles([2, 30], seed: 8))
    func capped(_ x: Tensor<Double>) -> Tensor<Double> {
      Tensor(x.elements.map { 1.5 * Double.tanh($0 / 1.5) }, shape: x.shape)
    }
    var (exact, fast) = (gradient, floats(gradient))
    Exact.differentiateCap(capped(x).matrix, at: 1.5, gradient: exact.mutableMatrix())
    Fast.differentiateCap(floats(capped(x)).matrix, at: 1.5, gradient: fast.mutableMatrix())
    check(exact: exact, fast: fast, wanted: differences(x, gradient, capped))
    (exact, fast) = (gradient, floats(gradient))
    Exact.differentiateClip(x.matrix, to: -1...0.5, gradient: exact.mutableMatrix())
    Fast.differentiateClip(floats(x).matrix, to: -1...0.5, gradient: fast.mutableMatrix())
    let wanted = differences(x, gradient) { x in
      Tensor(x.elements.map { min(max($0, -1), 0.5) }, shape: x.shape)
    }
    check(exact: exact, fast: fast, wanted: wanted)
  }

  @Test(arguments: [true, false])
  func `a product with a transposed matrix is the product with its transpose`(adding: Bool) {
    let (a, b) = (random([19, 40], seed: 9), random([19, 50], seed: 10))
    let (x, y) = (a.matrix.columns(2..<35), b.matrix.columns(1..<48))
    let start = random([33, 60], seed: 11)
    var (fast, plain) = (start, start)
    Fast.multiply(
      transposing: x, y, adding: adding, into: fast.mutableMatrix().columns(5..<52))
    PlainKernels<Float>.multiply(
      transposing: x, y, adding: adding, into: plain.mutableMatrix().columns(5..<52))
    #expect(difference(fast, plain) < 1e-4)
    let sum = (0..<19).reduce(Float(0)) { $0 + a[$1, 5] * b[$1, 8] }
    #expect(abs(fast[3, 12] - sum - (adding ? start[3, 12] : 0)) < 1e-4)
    #expect(fast[3, 4] == start[3, 4] && fast[3, 52] == start[3, 52])
  }

  @Test func `dots are sums of products of rows`() {
    let (a, b) = (random([3, 600], seed: 12), random([3, 600], seed: 13))
    let (fast, plain) = (Fast.dots(a.matrix, b.matrix), PlainKernels.dots(a.matrix, b.matrix))
    for (x, y) in zip(fast, plain) { #expect(abs(x - y) < 1e-3) }
    #expect(
      Fast.dots(
        Tensor<Float>([1, 2], shape: [1, 2]).matrix, b.matrix.window(rows: 0..<1, columns: 0..<2)
      ).count == 1)
  }

  @Test func `sums by distance are the transpose of what is added by distance`() {
    // ⟨add(q, k), g⟩ = ⟨q, sum(g)⟩ + ⟨k, sum(g)⟩ for any numbers.
    let (table, rows): (Int, [Int32]) = (4, (-8...8).map { Int32(min(3, max(0, $0 / 2 + 2))) })
    let (q, k, g) = (
      doubles([3, table], seed: 1), doubles([6, table], seed: 2), doubles([3, 6], seed: 3)
    )
    var scores = Tensor<Double>(repeating: 0, shape: [3, 6])
    Exact.addByDistance(
      queries: q.matrix, keys: k.matrix, rows: rows, firstQuery: 2, to: scores.mutableMatrix())
    var (forQ, forK) = (
      Tensor<Double>(repeating: 0, shape: [3, table]),
      Tensor<Double>(repeating: 0, shape: [6, table])
    )
    Exact.sumByDistance(
      g.matrix, rows: rows, firstQuery: 2, queries: forQ.mutableMatrix(),
      keys: forK.mutableMatrix())
    func dot(_ a: Tensor<Double>, _ b: Tensor<Double>) -> Double {
      Exact.dots(a.matrix, b.matrix).reduce(0, +)
    }
    #expect(abs(dot(scores, g) - dot(q, forQ) - dot(k, forK)) < 1e-12)
    var fast = Tensor<Float>(repeating: 0, shape: [3, table])
    Fast.sumByDistance(
      floats(g).matrix, rows: rows, firstQuery: 2, queries: fast.mutableMatrix(), keys: nil)
    for (a, b) in zip(fast.elements, forQ.elements) { #expect(abs(Double(a) - b) < 1e-6) }
  }
}
