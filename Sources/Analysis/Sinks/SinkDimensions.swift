import Models
import Tensors

/// Sink tokens by their hidden states: VAR's φ, with the sink dimensions found instead of given.
///
/// `φ(x) = max over sink dimensions of |x_c| / sqrt(mean x² + 1e-6)`, of the residual stream that
/// enters a layer, no norm's gain applied. VAR takes Llama-2's known dimensions and τ = 20. A root mean
/// square bounds the ratio by √dModel, so that heed scales τ with it: 20 is 0.3125 · √4096. A dimension
/// is a sink dimension when its ratio passes τ for some token of some layer from 2 to the last but one.
///
/// Source: Kang et al. 2025, "See What You Are Told: Visual Attention Sink", `logic.py`; finding the
/// dimensions is heed's own.
public struct SinkDimensions: Sendable, Hashable {
  /// The dimensions, ascending.
  public let dimensions: [Int]
  /// From which ratio on.
  public let threshold: Double
  /// φ of every token entering each layer, `[layer][token]`; zeros when there are no sink dimensions.
  public let phi: [[Double]]

  /// Looks for them in a run.
  ///
  /// - Parameter threshold: nil for 0.3125 · √dModel.
  public init<Element: Scalar>(_ trace: Trace<Element>, threshold: Double? = nil) {
    let limit = threshold ?? 0.3125 * Double(trace.plan.dModel).squareRoot()
    let streams = trace.residuals.dropLast()
    var found: Set<Int> = []
    // One stream in double precision at a time: all of them take twice what the run keeps.
    for (layer, stream) in streams.enumerated() where layer >= min(2, streams.count - 1) {
      let matrix = stream.converted(to: Double.self).matrix
      for row in 0..<matrix.rows {
        matrix.withRow(row) { x in
          let bar = limit * Self.scale(x)
          for (dimension, value) in x.enumerated() where abs(value) > bar {
            found.insert(dimension)
          }
        }
      }
    }
    let sorted = found.sorted()
    dimensions = sorted
    self.threshold = limit
    phi = streams.map { stream in
      let matrix = stream.converted(to: Double.self).matrix
      return (0..<matrix.rows).map { row in
        matrix.withRow(row) { Self.phi(Array($0), dimensions: sorted) }
      }
    }
  }

  /// φ of one hidden state; 0 without dimensions.
  static func phi(_ x: [Double], dimensions: [Int]) -> Double {
    let scale = x.withUnsafeBufferPointer { Self.scale($0) }
    return (dimensions.map { abs(x[$0]) }.max() ?? 0) / scale
  }

  private static func scale(_ x: UnsafeBufferPointer<Double>) -> Double {
    (x.reduce(0) { $0 + $1 * $1 } / Double(max(1, x.count)) + 1e-6).squareRoot()
  }
}
