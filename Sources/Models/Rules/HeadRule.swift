import Tensors

/// What a rule does to one head, ready for any of its queries.
public struct HeadRule<Element: Scalar>: Sendable {
  /// Changes one query's numbers in place: a score or a weight for each key from 0.
  typealias Change = @Sendable (_ query: Int, _ row: UnsafeMutableBufferPointer<Double>) -> Void

  /// How weights come about.
  enum Weights: Sendable {
    /// Scores of the keys that are left, changed, then softmax, then changed again.
    case softmax(keys: KeyMask?, scores: Change?, weights: Change?)
    /// A sum of softmaxes, each over the keys that a mask leaves and multiplied by its share.
    case mixture([(share: Double, keys: KeyMask?)])
    /// Rows made from scratch: `[rows, width]` for some queries.
    case map(@Sendable (Range<Int>) -> Tensor<Element>)
  }

  /// How weights come about.
  let weights: Weights
  /// Changes the head's output, pattern · values, of one query.
  let output: Change?
  /// What decoding keeps after the last query.
  var cache: RuleCache = .byWeights
  /// What came out on the way.
  public internal(set) var facts: [RuleFact] = []

  /// The weights as a sum of softmaxes over fewer keys, through which gradients pass; nil where they are
  /// something else.
  var mixture: [(share: Double, keys: KeyMask?)]? {
    guard output == nil else { return nil }
    switch weights {
    case .softmax(let keys, nil, nil): return [(1, keys)]
    case .mixture(let parts): return parts
    case .softmax, .map: return nil
    }
  }

  /// The head as it is.
  static var unchanged: HeadRule {
    HeadRule(weights: .softmax(keys: nil, scores: nil, weights: nil), output: nil)
  }

  /// Softmax over the keys that a mask leaves.
  static func keys(_ mask: KeyMask) -> HeadRule {
    HeadRule(weights: .softmax(keys: mask, scores: nil, weights: nil), output: nil)
  }

  /// Softmax of changed scores; a hidden key's score is −∞.
  static func scores(_ change: @escaping Change) -> HeadRule {
    HeadRule(weights: .softmax(keys: nil, scores: change, weights: nil), output: nil)
  }

  /// Changed weights; a hidden key's weight is 0.
  static func weights(_ change: @escaping Change) -> HeadRule {
    HeadRule(weights: .softmax(keys: nil, scores: nil, weights: change), output: nil)
  }

  /// A changed output.
  static func output(_ change: @escaping Change) -> HeadRule {
    HeadRule(weights: .softmax(keys: nil, scores: nil, weights: nil), output: change)
  }

  /// Rows from scratch.
  static func map(_ rows: @escaping @Sendable (Range<Int>) -> Tensor<Element>) -> HeadRule {
    HeadRule(weights: .map(rows), output: nil)
  }

  /// Rows made in place from all scores: a row comes in as scores of the keys from 0, none hidden, and leaves
  /// as weights.
  static func fromScores<K: Kernels>(
    of head: RuleHead<K>, _ change: @escaping Change
  ) -> HeadRule where K.Element == Element {
    .map { rows in
      var tile = head.scores(rows, keys: 0..<head.width(rows))
      Rows.change(tile.mutableMatrix(), firstQuery: rows.lowerBound, change)
      return tile
    }
  }

  /// Rows from scratch, one at a time: `fill` gets a row of zeros, one for each key from 0.
  static func rows<K: Kernels>(
    of head: RuleHead<K>, _ fill: @escaping Change
  ) -> HeadRule where K.Element == Element {
    .map { rows in
      var tile = Tensor<Element>(repeating: 0, shape: [rows.count, head.width(rows)])
      Rows.change(tile.mutableMatrix(), firstQuery: rows.lowerBound, fill)
      return tile
    }
  }
}

/// What decoding keeps under a rule.
enum RuleCache: Sendable {
  /// What the mask leaves of the last query's keys; all of them without a mask.
  case byWeights
  /// So many keys and values.
  case keys(Int)
  /// No keys at all, but a state of one size.
  case state
}

/// Something that came out while a rule was prepared for a head, such as how many keys it found.
public struct RuleFact: Sendable, Hashable {
  /// What was counted or measured.
  public let name: String
  /// How many, or how much.
  public let value: Double

  init(_ name: String, _ value: Double) {
    self.name = name
    self.value = value
  }

  init(_ name: String, _ count: Int) { self.init(name, Double(count)) }
}
