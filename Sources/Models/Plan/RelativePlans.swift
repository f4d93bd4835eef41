import Tensors

/// Relative position buckets: one learned number for each head and each stretch of distances, which grow
/// with the distance.
///
/// Source: Raffel et al. 2019, "Exploring the Limits of Transfer Learning with a Unified Text-to-Text Transformer".
public struct BucketPlan: Sendable, Hashable {
  /// `[buckets, heads]`.
  public let table: WeightPlan
  /// Whether keys after the query have buckets of their own; else they share the first.
  public let isBidirectional: Bool
  /// From this distance on all share the last bucket.
  public let farthest: Int

  /// How many buckets there are.
  public var count: Int { table.shape[0] }

  /// The bucket of a key at a distance `key − query`.
  public func bucket(_ distance: Int) -> Int {
    let count = isBidirectional ? count / 2 : count
    let offset = isBidirectional && distance > 0 ? count : 0
    let away = isBidirectional ? abs(distance) : max(0, -distance)
    let exact = count / 2
    guard away >= exact else { return offset + away }
    // Single precision, as the reference: a bucket's edge may fall exactly on a distance.
    let share =
      Float.log(Float(away) / Float(exact)) / Float(Double.log(Double(farthest) / Double(exact)))
    return offset + min(count - 1, exact + Int(share * Float(count - exact)))
  }
}

/// Disentangled attention: a score is content with content, content with position, and position with
/// content.
///
/// Source: He et al. 2020, "DeBERTa: Decoding-enhanced BERT with Disentangled Attention".
public struct DisentangledPlan: Sendable, Hashable {
  /// `[2 · span, dModel]`: one vector for each distance or stretch of distances.
  public let table: WeightPlan
  /// Of that table; nil for none.
  public let norm: NormPlan?
  /// From the table to positions as keys see them, `[dModel] → [heads · dHead]`; nil leaves that part out.
  public let key: LinearPlan?
  /// From the table to positions as queries see them; nil leaves that part out.
  public let query: LinearPlan?
  /// What both parts are multiplied by.
  public let scale: Double
  /// Distances up to half of `buckets` have a vector each, and stretches grow beyond, up to `farthest`; nil
  /// for a vector for every distance.
  public let buckets: Int?
  /// The largest distance that is told apart.
  public let farthest: Int

  /// Half of the table's rows.
  public var span: Int { table.shape[0] / 2 }

  /// The stretch that a distance `query − key` falls into, from −span to span.
  public func bucket(_ distance: Int) -> Int {
    guard let buckets else { return distance }
    let middle = buckets / 2
    guard abs(distance) > middle, middle > 1 else { return distance }
    // Single precision, as the reference.
    let share =
      Float.log(Float(abs(distance)) / Float(middle))
      / Float.log(Float(farthest - 1) / Float(middle)) * Float(middle - 1)
    let away = Int(share.rounded(.up)) + middle
    return distance < 0 ? -away : away
  }

  /// The table's row for a distance `query − key`.
  public func row(_ distance: Int) -> Int {
    min(2 * span - 1, max(0, bucket(distance) + span))
  }

  var weights: [WeightPlan] {
    [table] + (norm?.weights ?? []) + [key, query].compactMap { $0 }.flatMap(\.weights)
  }
}
