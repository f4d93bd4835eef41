/// What TransformerLens' head detector compares a map with: a lower-triangular pattern of ones.
///
/// Source: TransformerLens `head_detector.py`.
public enum DetectedPattern: String, Sendable, CaseIterable {
  /// One at the key before each query.
  case previous
  /// One at every earlier occurrence of the query's token.
  case duplicate
  /// One at what followed every earlier occurrence of the query's token.
  case induction
}

/// How much of one head's map lies on a pattern.
public struct Detection: Sendable, Hashable {
  /// Σ of the weights that lie on ones of the pattern.
  public let onPattern: Double
  /// Σ of all weights that are not left out.
  public let total: Double
  /// How many ones the pattern has.
  public let ones: Int
  /// The number of tokens.
  public let seq: Int

  /// Compares a map with a pattern.
  ///
  /// - Parameters:
  ///   - excludesFirst: Whether key 0 is left out of both.
  ///   - excludesSelf: Whether each query's own key is left out of both.
  public init(
    _ map: MapStatistics, _ pattern: DetectedPattern, excludesFirst: Bool = false,
    excludesSelf: Bool = false
  ) {
    let (ids, matches) = (map.frame.ids, map.frame.matches)
    seq = map.queries
    var total = map.rows.reduce(0) { $0 + $1.total }
    if excludesFirst { total -= map.first.reduce(0, +) }
    if excludesSelf { total -= map.own.reduce(0, +) }
    // The first query's own key is key 0: it was taken off twice.
    if excludesFirst, excludesSelf { total += map.first.first ?? 0 }
    var (sum, count) = (0.0, 0)
    switch pattern {
    case .previous:
      sum = map.mass(at: 1)
      count = max(0, seq - 1)
      if excludesFirst, seq > 1 {
        sum -= map.first[1]
        count -= 1
      }
    case .duplicate:
      sum = map.duplicate.reduce(0, +)
      count = ids.indices.reduce(0) { $0 + matches.earlier($1).count }
      if excludesFirst {
        for query in ids.indices.dropFirst() where ids[query] == ids[0] {
          sum -= map.first[query]
          count -= 1
        }
      }
    case .induction:
      sum = map.induction.reduce(0, +)
      count = ids.indices.reduce(0) { $0 + matches.earlier($1).count }
      if excludesSelf {
        // What followed an earlier occurrence is the query itself after two equal tokens.
        for query in ids.indices.dropFirst() where ids[query] == ids[query - 1] {
          sum -= map.own[query]
          count -= 1
        }
      }
    }
    onPattern = sum
    self.total = total
    ones = count
  }

  /// `mul`: Σ A⊙P / Σ A; `.nan` when nothing is left.
  public var product: Double { total > 0 ? onPattern / total : .nan }

  /// `abs`: 1 − mean |A − P| · seq, the mean rounded to three digits as the reference rounds it.
  public var difference: Double {
    guard seq > 0 else { return .nan }
    let sum = total + Double(ones) - 2 * onPattern
    return 1 - (sum / Double(seq) * 1000).rounded(.toNearestOrEven) / 1000
  }
}

extension Detection {
  /// `mul` under the user's exclusions; `.nan` where tokens are not known.
  static func product(
    _ pattern: DetectedPattern, _ map: MapStatistics, _ options: ScoreOptions
  ) -> Double {
    detection(pattern, map, options)?.product ?? .nan
  }

  /// `abs` under the user's exclusions; `.nan` where tokens are not known.
  static func difference(
    _ pattern: DetectedPattern, _ map: MapStatistics, _ options: ScoreOptions
  ) -> Double {
    detection(pattern, map, options)?.difference ?? .nan
  }

  private static func detection(
    _ pattern: DetectedPattern, _ map: MapStatistics, _ options: ScoreOptions
  ) -> Detection? {
    let isKnown = pattern == .previous ? map.queries > 1 : map.frame.matches.hasRepeat
    guard isKnown else { return nil }
    return Detection(
      map, pattern, excludesFirst: options.excludesFirst, excludesSelf: options.excludesSelf)
  }
}
