import Models
import Tensors

/// What one streaming pass over a head's map keeps: O(seq), never the map.
public struct MapStatistics: Sendable {
  /// −Σ p ln p of every query's row, in nats.
  public var entropy: [Double]
  /// Σ over queries of the weight on each key.
  public var received: [Double]
  /// Σ over queries of the weight at each distance `query − key`; index 0 is the query itself.
  public var byDistance: [Double]
  /// Whether a query can see no key after itself.
  public var isCausal: Bool
}
