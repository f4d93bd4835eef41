import Models
import Tokenizers

/// How maps are looked at: every part derives a map from another one, and none changes the run.
public struct Lens: Sendable, Hashable {
  /// Which heads a map stands for.
  public enum Pool: String, Sendable, CaseIterable {
    /// One head.
    case head
    /// The mean of a layer's heads.
    case average
    /// The largest weight that any head of a layer gives.
    case maximum
  }

  /// What is done about keys that take attention without being read.
  public enum Sinks: String, Sendable, CaseIterable {
    /// Nothing.
    case shown
    /// Their weights are left out.
    case hidden
    /// Their weights are left out, and the rest of every row sums to one again.
    case renormalised
  }

  /// Which heads a map stands for.
  public var pool = Pool.head
  /// Whether weights count by the length of the value they carry.
  public var isValueWeighted = false
  /// Whether tokens of a word are one row and one column.
  public var hasWords = false
  /// What is done about sinks.
  public var sinks = Sinks.shown
  /// Which parts of the prompt are looked from and at; nil for all of it.
  public var between: SpanPair?

  /// Maps as they are.
  public init() {}

  /// Whether all it does is to look between two parts of the prompt.
  public var isOfParts: Bool {
    var parts = Lens()
    parts.between = between
    return between != nil && parts == self
  }

  /// What of it also fits a run whose values and sinks are not known.
  var ofAnyRun: Lens {
    var lens = Lens()
    (lens.pool, lens.hasWords) = (pool, hasWords)
    return lens
  }

  /// Words that say what is seen, for a legend; empty for maps as they are.
  var notes: [Legend.Note] {
    var notes: [Legend.Note] = []
    if pool != .head {
      notes.append(.init("\(pool.rawValue) of the layer's heads", short: pool.rawValue))
    }
    if isValueWeighted { notes.append(.init("value-weighted", short: "by value")) }
    if hasWords { notes.append("words") }
    switch sinks {
    case .shown: break
    case .hidden: notes.append(.init("sinks hidden", short: "no sinks"))
    case .renormalised: notes.append(.init("sinks hidden, rows sum to 1", short: "no sinks, sum 1"))
    }
    if let between { notes.append(.init("only \(between)")) }
    return notes
  }
}

extension Lens {
  /// The settings as one word, `average,value-weighted,words,sinks=hidden,only=A->B`; empty for maps as they are.
  public var text: String {
    var parts: [String] = []
    if pool != .head { parts.append(pool.rawValue) }
    if isValueWeighted { parts.append("value-weighted") }
    if hasWords { parts.append("words") }
    if sinks != .shown { parts.append("sinks=\(sinks.rawValue)") }
    if let between { parts.append("only=\(between)") }
    return parts.joined(separator: ",")
  }

  /// What `text` may be made of, for messages.
  public static let expected =
    "average or maximum, value-weighted, words, sinks=hidden or sinks=renormalised, only=A->B,"
    + " with commas"

  /// Reads `text`; nil for anything else.
  public init?(_ text: String) {
    for part in text.split(separator: ",") {
      let pair = part.split(separator: "=", maxSplits: 1).map(String.init)
      switch (pair[0], pair.count > 1 ? pair[1] : nil) {
      case ("value-weighted", nil): isValueWeighted = true
      case ("words", nil): hasWords = true
      case ("sinks", let value?):
        guard let sinks = Sinks(rawValue: value) else { return nil }
        self.sinks = sinks
      case ("only", let value?):
        guard let pair = SpanPair(value) else { return nil }
        between = pair
      case (let name, nil):
        guard let pool = Pool(rawValue: name) else { return nil }
        self.pool = pool
      default: return nil
      }
    }
  }
}

extension Subject {
  /// The run as seen through a lens.
  ///
  /// - Parameters:
  ///   - norms: Lengths of the values; nil while they are not known, which shows plain weights.
  ///   - sinks: Keys that count as sinks.
  func seen(through lens: Lens, norms: ValueLengths?, sinks: Set<Int>) -> Subject {
    var (source, tokens) = (patterns, [Token]?.none)
    if let pair = lens.between {
      source = BetweenPatterns(source, pair, queries: querySpans, keys: keySpans) ?? source
    }
    if lens.isValueWeighted, let norms { source = ValueWeightedPatterns(source, norms) }
    if lens.pool != .head { source = PooledPatterns(source, lens.pool) }
    if lens.sinks != .shown {
      source = SinklessPatterns(source, sinks, renormalises: lens.sinks == .renormalised)
    }
    if lens.hasWords, hasWords {
      let words = Words(self.tokens)
      source = WordPatterns(source, words)
      tokens = words.tokens
    }
    return with(patterns: source, tokens: tokens)
  }
}
