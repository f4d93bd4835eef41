import Models

/// Mean, deviation and extremes of one number of every head over prompts, taken one prompt at a time.
public struct HeadMoments: Sendable, Codable, Hashable {
  /// The number of layers and of heads in each.
  public let layers, heads: Int
  /// How many prompts gave each head a number.
  public private(set) var counts: [Int]
  private var means, squares, lows, highs: [Double]

  /// Of no prompt yet.
  public init(layers: Int, heads: Int) {
    self.layers = layers
    self.heads = heads
    let none = [Double](repeating: 0, count: layers * heads)
    counts = Array(repeating: 0, count: layers * heads)
    (means, squares, lows, highs) = (none, none, none, none)
  }

  /// Takes one prompt's table; what is undefined is left out.
  ///
  /// Source of the recurrence: Welford 1962, which loses no digits to cancellation.
  public mutating func add(_ table: HeadTable) {
    precondition(table.layers == layers && table.heads == heads)
    for (head, value) in table.values.enumerated() where value.isFinite {
      counts[head] += 1
      let step = value - means[head]
      means[head] += step / Double(counts[head])
      squares[head] += step * (value - means[head])
      lows[head] = counts[head] == 1 ? value : min(lows[head], value)
      highs[head] = counts[head] == 1 ? value : max(highs[head], value)
    }
  }

  /// The mean over prompts; `.nan` where no prompt gave a number.
  public var mean: HeadTable { table { counts[$0] > 0 ? means[$0] : .nan } }
  /// The standard deviation by n − 1; `.nan` of fewer than two.
  public var deviation: HeadTable {
    table { counts[$0] > 1 ? (squares[$0] / Double(counts[$0] - 1)).squareRoot() : .nan }
  }
  /// The smallest and the largest number; `.nan` where there is none.
  public var minimum: HeadTable { table { counts[$0] > 0 ? lows[$0] : .nan } }
  /// The largest number; `.nan` where there is none.
  public var maximum: HeadTable { table { counts[$0] > 0 ? highs[$0] : .nan } }

  private func table(_ value: (Int) -> Double) -> HeadTable {
    HeadTable(layers: layers, heads: heads, values: counts.indices.map(value))
  }
}

/// One score of every head over many prompts, and over those of each tag.
public struct ScoreSummary: Sendable, Codable, Hashable {
  /// The score's name.
  public let name: String
  /// Over all prompts.
  public private(set) var all: HeadMoments
  /// Over the prompts of each tag; a prompt of several tags also counts for all of them joined by ` × `,
  /// such as `copying × names`: the cells of a matrix of tasks and topics.
  public private(set) var tags: [String: HeadMoments] = [:]

  /// Of no prompt yet.
  public init(name: String, layers: Int, heads: Int) {
    self.name = name
    all = HeadMoments(layers: layers, heads: heads)
  }

  /// Takes one prompt's table.
  public mutating func add(_ table: HeadTable, tags names: [String]) {
    all.add(table)
    let joined = names.count > 1 ? [names.joined(separator: " × ")] : []
    for name in names + joined {
      tags[name, default: HeadMoments(layers: table.layers, heads: table.heads)].add(table)
    }
  }

  /// One head, its mean, and how sure its rank is.
  public struct Ranked: Sendable, Hashable {
    /// Which head.
    public let head: HeadIndex
    /// Its mean, and the ends of its interval of 95 %.
    public let mean, low, high: Double
    /// The ranks it may have, from 1: one more than the heads whose interval lies above, up to all but
    /// those whose interval lies below.
    public let ranks: ClosedRange<Int>
  }

  /// The heads that have a mean, the largest first.
  ///
  /// An interval is the mean ± 1.96 standard errors; of a single prompt, the number alone.
  public var ranked: [Ranked] {
    let (means, deviations) = (all.mean, all.deviation)
    let rows = means.ranked.map { head, mean -> (HeadIndex, Double, Double) in
      let index = head.layer * all.heads + head.head
      let count = Double(all.counts[index])
      let deviation = deviations.values[index]
      return (head, mean, deviation.isNaN ? 0 : 1.96 * deviation / count.squareRoot())
    }
    return rows.map { head, mean, half in
      let above = rows.count { $0.1 - $0.2 > mean + half }
      let below = rows.count { $0.1 + $0.2 < mean - half }
      return Ranked(
        head: head, mean: mean, low: mean - half, high: mean + half,
        ranks: above + 1...max(above + 1, rows.count - below))
    }
  }
}
