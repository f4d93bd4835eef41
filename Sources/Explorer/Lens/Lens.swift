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

  /// Maps as they are.
  public init() {}

  /// Words that say what is seen, for a legend; empty for maps as they are.
  var notes: [String] {
    var notes: [String] = []
    if pool != .head { notes.append("\(pool.rawValue) of the layer's heads") }
    if isValueWeighted { notes.append("value-weighted") }
    if hasWords { notes.append("words") }
    switch sinks {
    case .shown: break
    case .hidden: notes.append("sinks hidden")
    case .renormalised: notes.append("sinks hidden, rows sum to 1")
    }
    return notes
  }
}

extension Subject {
  /// The run as seen through a lens.
  ///
  /// - Parameters:
  ///   - norms: Lengths of the values; nil while they are not known, which shows plain weights.
  ///   - sinks: Keys that count as sinks.
  func seen(through lens: Lens, norms: ValueNorms?, sinks: Set<Int>) -> Subject {
    var (source, tokens) = (patterns, tokens)
    if lens.isValueWeighted, let norms { source = ValueWeightedPatterns(source, norms) }
    if lens.pool != .head { source = PooledPatterns(source, lens.pool) }
    if lens.sinks != .shown {
      source = SinklessPatterns(source, sinks, renormalises: lens.sinks == .renormalised)
    }
    if lens.hasWords, source.queryCount == source.keyCount, tokens.count == source.keyCount {
      let words = Words(tokens)
      source = WordPatterns(source, words)
      tokens = words.tokens
    }
    return with(patterns: source, tokens: tokens)
  }

  /// The same run with other maps.
  func with(
    patterns: any PatternSource, tokens: [Token]? = nil, scores: [ScoreTable]? = nil
  ) -> Subject {
    Subject(
      model: model, details: details, prompt: prompt, tokens: tokens ?? self.tokens,
      patterns: patterns, scores: scores ?? self.scores, kvHeads: kvHeads,
      origin: origin, hasAdded: hasAdded, keyTokens: tokens ?? keyTokens, queries: queryPrompt,
      keys: keyPrompt)
  }
}
