import Tensors

/// How far a run with products of bfloat16 numbers is from one in single precision.
public struct PrecisionError: Sendable, Hashable, Codable {
  /// The largest difference of a weight, over all maps.
  public let pattern: Double
  /// The mean over all queries and heads of half the sum of absolute differences: the share of
  /// attention that goes elsewhere, 0 to 1.
  public let moved: Double
  /// The largest difference in the residual stream after the last block, relative to the largest
  /// number there.
  public let residual: Double
  /// The layers that were compared, each on its own, where that was not all of them.
  public let sample: [Int]?
}

extension Model {
  /// Bytes of weights above which two runs take too long to compare them.
  static let smallEnoughForRuns = 4 << 30
  /// How many layers stand for all of them then.
  static let sampledLayers = 4

  /// What products of bfloat16 numbers cost in accuracy on a prompt, against single precision: of two runs, or
  /// for a large model estimated from a few of its layers.
  ///
  /// - Parameter onProgress: Called between blocks; what it throws ends the work.
  public func precisionError(
    _ prompt: Prompt, onProgress: (Progress) throws -> Void = { _ in }
  ) throws -> PrecisionError {
    weightBytes > Self.smallEnoughForRuns
      ? try sampledPrecisionError(prompt, onProgress: onProgress)
      : try precisionError(prompt, against: nil, onProgress: onProgress)
  }

  /// What products of bfloat16 numbers cost in accuracy on a prompt, from two runs.
  ///
  /// - Parameters:
  ///   - single: A run of this model in single precision, without interventions; nil to make one.
  ///   - onProgress: Called between blocks of the run; what it throws ends the work.
  /// - Complexity: A run or two, and all maps of both, a tile at a time.
  func precisionError(
    _ prompt: Prompt, against single: Trace<Float>?,
    onProgress: (Progress) throws -> Void = { _ in }
  ) throws -> PrecisionError {
    let single = try single ?? run(prompt, on: OneDNNKernels.self, onProgress: onProgress)
    let rounded = try run(prompt, on: BFloat16Kernels.self, onProgress: onProgress)
    var maps = MapError()
    for head in plan.allHeads { maps.add(single.attention(head), rounded.attention(head)) }
    return PrecisionError(
      pattern: maps.largest, moved: maps.moved,
      residual: Self.relativeError(
        single.residuals[plan.layers], rounded.residuals[plan.layers]), sample: nil)
  }

  /// The same estimated from a few layers: each is given what it reads in a run with products of bfloat16
  /// numbers, and computed both ways.
  ///
  /// Errors of maps are then those that a layer makes itself, without what came with its input. Those of the
  /// residual stream are taken to add up as independent ones do: the root of their mean square times that of
  /// the number of layers.
  ///
  /// - Complexity: A run, and a few layers in either precision; the weights of one block are widened at a time.
  func sampledPrecisionError(
    _ prompt: Prompt, onProgress: (Progress) throws -> Void = { _ in }
  ) throws -> PrecisionError {
    let run = try run(prompt, on: BFloat16Kernels.self, onProgress: onProgress)
    let count = min(Self.sampledLayers, plan.layers)
    let sample = (0..<count).map { (2 * $0 + 1) * plan.layers / (2 * count) }
    var maps = MapError()
    var squares = 0.0
    for layer in sample {
      try Cancellation.check()
      let single = block(layer, of: run, on: OneDNNKernels.self)
      let rounded = block(layer, of: run, on: BFloat16Kernels.self)
      for (a, b) in zip(single.heads, rounded.heads) { maps.add(a, b) }
      let error = Self.relativeError(single.after, rounded.after)
      squares += error * error
    }
    return PrecisionError(
      pattern: maps.largest, moved: maps.moved,
      residual: (squares / Double(max(1, count)) * Double(plan.layers)).squareRoot(),
      sample: sample)
  }

  /// One block's heads, and the residual stream that leaves it.
  private func block<K: Kernels>(
    _ layer: Int, of run: Trace<Float>, on _: K.Type
  ) -> (heads: [HeadAttention<Float>], after: Tensor<Float>) where K.Element == Float {
    var pass = ForwardPass<K>(plan: plan, weights: weights, prompt: run.prompt)
    let block = plan.blocks[layer]
    var after = run.residuals[layer]
    let trace = pass.attend(layer, block, after.matrix)
    pass.transform(block, trace.weightedValues.matrix, &after)
    return (trace.heads(block.attention, layer), after)
  }

  private static func relativeError(_ single: Tensor<Float>, _ rounded: Tensor<Float>) -> Double {
    var difference = single
    let scale = single.largestMagnitude
    OneDNNKernels.add(rounded.matrix, scale: -1, to: difference.mutableMatrix())
    return scale > 0 ? difference.largestMagnitude / scale : 0
  }
}

/// How far maps of two runs are apart.
private struct MapError {
  private(set) var largest = 0.0
  private var sum = 0.0
  private var rows = 0

  /// The share of attention that goes elsewhere.
  var moved: Double { sum / Double(max(1, rows)) }

  mutating func add(_ a: HeadAttention<Float>, _ b: HeadAttention<Float>) {
    let seq = a.queries.rows
    let step = AttentionTiling.rowsPerTile(seq: seq)
    for start in stride(from: 0, to: seq, by: step) where !Cancellation.isDue {
      let range = start..<min(seq, start + step)
      var tile = AttentionWeights<OneDNNKernels>.weights(a, rows: range)
      let other = AttentionWeights<OneDNNKernels>.weights(b, rows: range)
      sum += OneDNNKernels.sumOfDifferences(tile.matrix, other.matrix) / 2
      rows += range.count
      OneDNNKernels.add(other.matrix, scale: -1, to: tile.mutableMatrix())
      largest = max(largest, tile.largestMagnitude)
    }
  }
}

extension Tensor<Float> {
  /// The largest magnitude of any number.
  fileprivate var largestMagnitude: Double {
    withElements { $0.reduce(0) { max($0, Double(abs($1))) } }
  }
}
