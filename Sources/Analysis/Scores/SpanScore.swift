/// How near nearly all of a head's attention is: the smallest distance within which nine tenths of
/// it lie, in tokens.
enum SpanScore: MapScore {
  static let name = "span"
  static let title = "Effective span"
  static let formula = "smallest distance within which 0.9 of all attention lies"
  static let unit = "tokens"
  static let lowest: Double? = 0
  static func highest(seq: Int) -> Double? { Double(max(0, seq - 1)) }
  static let source = "heed"
  static let evidence = Evidence.text

  static func value(_ map: MapStatistics, _ options: ScoreOptions) -> Double {
    let total = map.rows.reduce(0) { $0 + $1.total }
    guard total > 0 else { return .nan }
    var sum = map.mass(at: 0)
    var distance = 0
    // Sums in another order may end a rounding below the total.
    while sum < 0.9 * total, distance < max(map.queries, map.keys) {
      distance += 1
      sum += map.mass(at: distance) + map.mass(at: -distance)
    }
    return Double(distance)
  }
}
