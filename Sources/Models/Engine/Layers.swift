import Synchronization
import Tensors

/// How rows are cut between the points where all of them must be known.
enum Slices {
  /// Calls `body` with slices that make up `0..<count`; once the work is given up, with no more of them.
  ///
  /// With enough rows for every thread each takes slices on its own, so that norm, products and
  /// activation of a slice follow each other and nobody waits between them; with few, one slice at a
  /// time is shared out by the products themselves.
  ///
  /// Measured on AVX2 with `[rows, 768] · [768, 3072]`: a product of 512 rows is as fast a number as one of
  /// 1024, one of 128 half as fast, because each packs all the weights.
  static func forEach(_ count: Int, _ body: @Sendable (Range<Int>) -> Void) {
    let threads = Parallel.threadCount
    let alone = threads > 1 && count >= 384 * threads
    let longest = alone ? 768 : 1024
    let rounds = (count + longest - 1) / longest
    let slices = alone ? (rounds + threads - 1) / threads * threads : rounds
    @Sendable func work(_ index: Int) {
      guard !Cancellation.isDue else { return }
      body(index * count / slices..<(index + 1) * count / slices)
    }
    if alone {
      Parallel.forEach(slices, work)
    } else {
      for index in 0..<slices { work(index) }
    }
  }

  /// Whether slices that make up `0..<count` all satisfy `body`.
  static func allSatisfy(_ count: Int, _ body: @Sendable (Range<Int>) -> Bool) -> Bool {
    let isSatisfied = Atomic(true)
    forEach(count) { rows in
      if !body(rows) { isSatisfied.store(false, ordering: .relaxed) }
    }
    return isSatisfied.load(ordering: .relaxed)
  }
}

/// A norm with its weights at hand.
struct Norm<K: Kernels>: Sendable {
  let plan: NormPlan
  let gain: Tensor<K.Element>
  private let bias: Tensor<K.Element>

  init(_ plan: NormPlan, width: Int, _ weights: inout WeightReader<K>) {
    self.plan = plan
    var gain = plan.gain.map { weights.tensor($0) } ?? Tensor(repeating: 1, shape: [width])
    if plan.gainShift != 0 {
      let shift = Tensor(repeating: K.Element(plan.gainShift), shape: gain.shape)
      K.add(shift.matrix, to: gain.mutableMatrix())
    }
    self.gain = gain
    bias = plan.bias.map { weights.tensor($0) } ?? Tensor(repeating: 0, shape: [width])
  }

  /// The normalised rows of `x`, `[rows, width]`.
  func applied(to x: Matrix<K.Element>) -> Tensor<K.Element> {
    var result = Tensor<K.Element>(uninitialized: [x.rows, x.columns])
    apply(to: x, into: result.mutableMatrix())
    return result
  }

  /// Normalises rows where they lie.
  func apply(to x: MutableMatrix<K.Element>) { apply(to: x.matrix, into: x) }

  private func apply(to x: Matrix<K.Element>, into y: MutableMatrix<K.Element>) {
    let epsilon = K.Element(plan.epsilon)
    switch plan.kind {
    case .layer: K.layerNorm(x, gain: gain, bias: bias, epsilon: epsilon, into: y)
    case .rms: K.rmsNorm(x, gain: gain, epsilon: epsilon, into: y)
    }
  }
}

/// A norm of queries or keys with its weights at hand.
struct HeadNorm<K: Kernels>: Sendable {
  let norms: [Norm<K>]
  let width: Int

  /// - Parameters:
  ///   - heads: How many heads a row holds.
  ///   - dHead: The width of each.
  init(
    _ plan: HeadNormPlan, heads: Int, dHead: Int, _ weights: inout WeightReader<K>
  ) {
    switch plan {
    case .shared(let norm):
      width = dHead
      norms = Array(repeating: Norm(norm, width: dHead, &weights), count: heads)
    case .separate(let plans):
      width = dHead
      norms = plans.map { Norm($0, width: dHead, &weights) }
    case .joint(let norm):
      width = heads * dHead
      norms = [Norm(norm, width: heads * dHead, &weights)]
    }
  }

  /// Normalises rows of all heads where they lie.
  func apply(to x: MutableMatrix<K.Element>) {
    for (i, norm) in norms.enumerated() { norm.apply(to: x.columns(i * width..<(i + 1) * width)) }
  }
}

/// A linear layer with its weights at hand.
struct Linear<K: Kernels>: Sendable {
  let matrix: Matrix<K.Weight>
  private let bias: Matrix<K.Element>?
  let transposed: Bool
  /// The width of what it computes.
  let outputCount: Int

  init(_ plan: LinearPlan, _ weights: inout WeightReader<K>) {
    let stored = weights.matrix(plan.weight).matrix
    transposed = plan.layout == .outputsFirst
    let ranges = plan.outputs.ranges
    matrix = transposed ? stored.rows(ranges) : stored.columns(ranges)
    bias = plan.bias.map { weights.tensor($0).matrix.columns(ranges) }
    outputCount = plan.outputs.count
  }

  /// `y = activation(x · W + b)`, or `y += x · W + b`.
  func apply(
    to x: Matrix<K.Element>, activation: Activation? = nil, adding: Bool = false,
    into y: MutableMatrix<K.Element>
  ) {
    guard !Cancellation.isDue else { return }
    K.linear(
      x, matrix, transposed: transposed, bias: bias, activation: activation, adding: adding,
      into: y)
  }

  /// `activation(x · W + b)`, `[rows, outputs]`.
  func applied(to x: Matrix<K.Element>, activation: Activation? = nil) -> Tensor<K.Element> {
    var result = Tensor<K.Element>(uninitialized: [x.rows, outputCount])
    apply(to: x, activation: activation, into: result.mutableMatrix())
    return result
  }
}

/// What a projection reads: the residual stream, or a narrow vector made of it.
struct Latent<K: Kernels>: Sendable {
  let down: Linear<K>
  let norm: Norm<K>?

  init(_ plan: LatentPlan, _ weights: inout WeightReader<K>) {
    down = Linear(plan.down, &weights)
    norm = plan.norm.map { Norm($0, width: plan.down.outputs.count, &weights) }
  }

  /// The narrow vectors of some rows.
  func applied(to x: Matrix<K.Element>) -> Tensor<K.Element> {
    let narrow = down.applied(to: x)
    return norm?.applied(to: narrow.matrix) ?? narrow
  }
}

/// How a half of a block adds to the residual stream.
struct Addition<K: Kernels>: Sendable {
  let output, stream: Norm<K>?
  private let gain: Tensor<K.Element>?
  let scale: K.Element

  init(
    _ norms: NormPlacement, scale: Double, width: Int, _ weights: inout WeightReader<K>
  ) {
    output = norms.output.map { Norm($0, width: width, &weights) }
    stream = norms.stream.map { Norm($0, width: width, &weights) }
    gain = norms.gain.map { weights.tensor($0) }
    self.scale = K.Element(scale)
  }

  /// Adds what `half` writes.
  ///
  /// - Parameter half: Gets where to write, and whether to add to what is there.
  func add(
    to target: MutableMatrix<K.Element>, _ half: (MutableMatrix<K.Element>, Bool) -> Void
  ) {
    if isPlain, scale == 1 {
      half(target, true)
    } else {
      var part = Tensor<K.Element>(uninitialized: [target.rows, target.columns])
      let written = part.mutableMatrix()
      half(written, false)
      output?.apply(to: written)
      multiplyByGain(written)
      K.add(written.matrix, scale: scale, to: target)
    }
    stream?.apply(to: target)
  }

  /// Whether what a half writes is added as it is, but for the scale.
  var isPlain: Bool { output == nil && gain == nil }

  /// Multiplies every row by the gain, where there is one.
  func multiplyByGain(_ rows: MutableMatrix<K.Element>) {
    guard let gain else { return }
    for row in 0..<rows.rows { K.multiply(rows.rows(row..<row + 1), by: gain.matrix) }
  }
}
