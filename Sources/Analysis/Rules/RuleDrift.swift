import Models
import Tensors

/// How far a rule moves one head, its inputs frozen: a local measure, never to be set beside a propagated one
/// without saying so.
///
/// Means over queries, unless said otherwise; `.nan` where a measure is undefined, and `DriftMeasure` says why.
public struct RuleDrift: Sendable {
  /// Which head.
  public let head: HeadIndex
  /// Σ of the model's weights A on keys that the rule gives any weight M.
  public internal(set) var keptMass = Double.nan
  /// ½ Σ |A − M|, only where both rows sum to one.
  public internal(set) var totalVariation = Double.nan
  /// Σ |A − M|.
  public internal(set) var l1 = Double.nan
  /// Σ M.
  public internal(set) var rowSum = Double.nan
  /// Jensen–Shannon divergence of A and M to base 2, only where both rows sum to one and none is negative.
  public internal(set) var jensenShannon = Double.nan
  /// ‖z' − z‖ / ‖z‖, z the head's output.
  public internal(set) var outputError = Double.nan
  /// The cosine of z' and z.
  public internal(set) var outputCosine = Double.nan
  /// Weights that are not zero, as a share of those the model's mask shows.
  public internal(set) var density = Double.nan
  /// exp of the entropy of σ² / Σσ² of the rule's map.
  public internal(set) var effectiveRank = Double.nan
  /// The same of the model's own map.
  public internal(set) var effectiveRankBefore = Double.nan
  /// Keys and values that decoding would keep.
  public internal(set) var kvFraction = Double.nan
  /// The weight on key 0 under the rule.
  public internal(set) var sinkShare = Double.nan
  /// The weight on key 0 of the model's own map.
  public internal(set) var sinkShareBefore = Double.nan
  /// Whether the head's queries see no later key, so that decoding can keep keys.
  public internal(set) var isCausal = true
  /// Rows that got no weight at all.
  public internal(set) var emptyRows = 0
  /// What came out while the rule was prepared.
  public internal(set) var facts: [RuleFact] = []

  /// The drift of some heads.
  ///
  /// - Parameters:
  ///   - heads: Heads of both runs.
  ///   - plain: A run without rules.
  ///   - ruled: `plain.freezing(…)`.
  ///   - ranks: Whether effective ranks are computed, O(seq³) for each head.
  ///   - onProgress: Called now and then with a share; what it throws ends the work.
  /// - Complexity: Two passes over the maps of those heads, one tile of each in memory.
  public static func measure<Element: Scalar>(
    _ heads: [HeadIndex], plain: Trace<Element>, ruled: Trace<Element>, ranks: Bool = false,
    onProgress: (Double) throws -> Void = { _ in }
  ) rethrows -> [RuleDrift] {
    var all: [RuleDrift] = []
    let batch = max(1, Parallel.threadCount)
    for start in stride(from: 0, to: heads.count, by: batch) {
      let part = Array(heads[start..<min(heads.count, start + batch)])
      let results = Slots<RuleDrift>(count: part.count)
      Parallel.forEach(part.count) { index in
        var drift = RuleDrift(head: part[index])
        drift.measureMaps(plain, ruled)
        drift.measureOutputs(plain, ruled)
        drift.isCausal = plain.plan.blocks[part[index].layer].attention.mask.isCausal
        drift.facts = ruled.ruleFacts(part[index])
        drift.kvFraction = ruled.ruleKVFraction(part[index]) ?? .nan
        if ranks {
          drift.effectiveRank = rank(ruled, part[index])
          drift.effectiveRankBefore = rank(plain, part[index])
        }
        results.put(drift, at: index)
      }
      all += results.take()
      try onProgress(Double(min(heads.count, start + batch)) / Double(max(1, heads.count)))
    }
    return all
  }

  init(head: HeadIndex) { self.head = head }

  private static func rank<Element: Scalar>(_ trace: Trace<Element>, _ head: HeadIndex) -> Double {
    let map = trace.exactPattern(head, rows: 0..<trace.seq, columns: 0..<trace.seq)
    return Spectrum.effectiveRank(
      map.converted(to: Double.self).elements, rows: trace.seq, columns: trace.seq)
  }

  private mutating func measureMaps<Element: Scalar>(
    _ plain: Trace<Element>, _ ruled: Trace<Element>
  ) {
    var sums = RowSums()
    let seq = plain.seq
    for start in stride(from: 0, to: seq, by: 128) where !Cancellation.isDue {
      let rows = start..<min(seq, start + 128)
      let a = plain.visiblePattern(head, rows: rows).converted(to: Double.self)
      let m = ruled.visiblePattern(head, rows: rows).converted(to: Double.self)
      a.withElements { a in
        m.withElements { m in
          let (before, after) = (a.count / rows.count, m.count / rows.count)
          for row in 0..<rows.count {
            sums.add(
              UnsafeBufferPointer(rebasing: a[row * before..<(row + 1) * before]),
              UnsafeBufferPointer(rebasing: m[row * after..<(row + 1) * after]))
          }
        }
      }
    }
    let visible = rowsVisible(plain)
    let count = Double(max(1, seq))
    keptMass = sums.kept / count
    l1 = sums.l1 / count
    rowSum = sums.mass / count
    if sums.sumsToOne {
      totalVariation = sums.l1 / 2 / count
      if !sums.isSigned { jensenShannon = sums.jensenShannon / count }
    }
    density = Double(sums.filled) / Double(max(1, visible))
    sinkShare = sums.sink / count
    sinkShareBefore = sums.sinkBefore / count
    emptyRows = sums.empty
  }

  private func rowsVisible<Element: Scalar>(_ plain: Trace<Element>) -> Int {
    let attention = plain.attention(head)
    return (0..<plain.seq).reduce(0) { $0 + attention.visible(query: $1).count }
  }

  private mutating func measureOutputs<Element: Scalar>(
    _ plain: Trace<Element>, _ ruled: Trace<Element>
  ) {
    (outputError, outputCosine) = Self.outputs(head, plain, ruled)
  }

  /// The mean over queries of ‖z' − z‖ / ‖z‖; `.nan` for a head that gives nothing.
  static func outputError<Element: Scalar>(
    _ head: HeadIndex, _ plain: Trace<Element>, _ ruled: Trace<Element>
  ) -> Double { outputs(head, plain, ruled).error }

  private static func outputs<Element: Scalar>(
    _ head: HeadIndex, _ plain: Trace<Element>, _ ruled: Trace<Element>
  ) -> (error: Double, cosine: Double) {
    let z = plain.weightedValues(head).copied.converted(to: Double.self).elements
    let other = ruled.weightedValues(head).copied.converted(to: Double.self).elements
    let width = z.count / max(1, plain.seq)
    var (error, cosine, defined, aligned) = (0.0, 0.0, 0, 0)
    for start in stride(from: 0, to: z.count, by: max(1, width)) {
      var (own, new, product, difference) = (0.0, 0.0, 0.0, 0.0)
      for i in start..<start + width {
        own += z[i] * z[i]
        new += other[i] * other[i]
        product += z[i] * other[i]
        difference += (other[i] - z[i]) * (other[i] - z[i])
      }
      guard own > 0 else { continue }
      error += (difference / own).squareRoot()
      defined += 1
      guard new > 0 else { continue }
      cosine += product / (own * new).squareRoot()
      aligned += 1
    }
    return (
      defined > 0 ? error / Double(defined) : .nan, aligned > 0 ? cosine / Double(aligned) : .nan
    )
  }
}

/// Sums over the rows of two maps.
private struct RowSums {
  var kept = 0.0
  var l1 = 0.0
  var mass = 0.0
  var jensenShannon = 0.0
  var sink = 0.0
  var sinkBefore = 0.0
  var filled = 0
  var empty = 0
  var isSigned = false
  var sumsToOne = true

  /// Takes one row of the model's weights and one of the rule's; the shorter one goes on with zeros.
  mutating func add(_ a: UnsafeBufferPointer<Double>, _ m: UnsafeBufferPointer<Double>) {
    var (sumA, sumM, count) = (0.0, 0.0, 0)
    for j in 0..<max(a.count, m.count) {
      let p = j < a.count ? a[j] : 0
      let q = j < m.count ? m[j] : 0
      sumA += p
      sumM += q
      l1 += abs(p - q)
      if q != 0 {
        kept += p
        count += 1
      }
      if q < 0 { isSigned = true }
      let middle = (p + q) / 2
      if p > 0, middle > 0 { jensenShannon += p / 2 * Double.log(p / middle) / Self.ln2 }
      if q > 0, middle > 0 { jensenShannon += q / 2 * Double.log(q / middle) / Self.ln2 }
    }
    filled += count
    if count == 0 { empty += 1 }
    mass += sumM
    // Single-precision rows of a long prompt sum to one within this.
    if abs(sumA - 1) > 1e-3 || abs(sumM - 1) > 1e-3 { sumsToOne = false }
    sink += m.first ?? 0
    sinkBefore += a.first ?? 0
  }

  private static let ln2 = Double.log(2)
}
