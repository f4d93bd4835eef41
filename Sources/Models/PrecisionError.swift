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
}

extension Model {
  /// What products of bfloat16 numbers cost in accuracy on a prompt, against single precision.
  ///
  /// - Parameters:
  ///   - single: A run of this model in single precision, without interventions; nil to make one.
  ///   - onProgress: Called between blocks of the run; what it throws ends the work.
  /// - Complexity: A run or two, and all maps of both, a tile at a time.
  public func precisionError(
    _ prompt: Prompt, against single: Trace<Float>? = nil,
    onProgress: (Progress) throws -> Void = { _ in }
  ) throws -> PrecisionError {
    let single = try single ?? run(prompt, on: OneDNNKernels.self, onProgress: onProgress)
    let rounded = try run(prompt, on: BFloat16Kernels.self, onProgress: onProgress)
    var (largest, sum, rowCount) = (0.0, 0.0, 0)
    let step = AttentionTiling.rowsPerTile(seq: prompt.seq)
    for (layer, block) in plan.blocks.enumerated() {
      for head in 0..<block.attention.heads {
        let index = HeadIndex(layer: layer, head: head)
        for start in stride(from: 0, to: prompt.seq, by: step) {
          let rows = start..<min(prompt.seq, start + step)
          var tile = single.visiblePattern(index, rows: rows)
          let other = rounded.visiblePattern(index, rows: rows)
          sum += OneDNNKernels.sumOfDifferences(tile.matrix, other.matrix) / 2
          rowCount += rows.count
          OneDNNKernels.add(other.matrix, scale: -1, to: tile.mutableMatrix())
          largest = max(largest, tile.largestMagnitude)
        }
      }
    }
    var last = single.residuals[plan.layers]
    let scale = last.largestMagnitude
    OneDNNKernels.add(
      rounded.residuals[plan.layers].matrix, scale: -1, to: last.mutableMatrix())
    return PrecisionError(
      pattern: largest, moved: sum / Double(max(1, rowCount)),
      residual: scale > 0 ? last.largestMagnitude / scale : 0)
  }
}

extension Tensor<Float> {
  /// The largest magnitude of any number.
  fileprivate var largestMagnitude: Double {
    withElements { $0.reduce(0) { max($0, Double(abs($1))) } }
  }
}
