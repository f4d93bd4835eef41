import Analysis
import Models

/// What a run comes to, as the model is or as it was changed.
public struct Outcome: Sendable {
  /// Its maps.
  public let patterns: any PatternSource
  /// What it expects; nil for a model without an output head.
  public let predictions: Predictions?
  /// The spelling of every token that it expects.
  public let spelling: [Int: [UInt8]]
  /// Scores of its heads.
  public let scores: [ScoreTable]
  /// How far every head's map moved: the mean over queries of the total variation; nil when nothing was
  /// changed.
  public let drift: HeadTable?

  /// An outcome.
  public init(
    patterns: any PatternSource, predictions: Predictions?, spelling: [Int: [UInt8]] = [:],
    scores: [ScoreTable] = [], drift: HeadTable? = nil
  ) {
    self.patterns = patterns
    self.predictions = predictions
    self.spelling = spelling
    self.scores = scores
    self.drift = drift
  }

  /// The outcome of a run.
  ///
  /// - Parameters:
  ///   - decoder: The part of the run that ends in the output head.
  ///   - base: The run without any change; nil when this is it.
  init(
    _ open: OpenModel, _ trace: Trace<Float>, decoder: Trace<Float>, base: Trace<Float>?,
    onProgress: @escaping @Sendable (Double) throws -> Void
  ) throws {
    let part: @Sendable (Double) throws -> Void = { try onProgress($0 / 2) }
    let predictions =
      open.model.hasOutputHead ? try Predictions(open.model, decoder, onProgress: part) : nil
    let ids = Set((predictions?.best ?? []).map(\.id))
    let spelling = ids.compactMap { id in open.spell(id).map { (id, $0) } }
    guard let base else {
      self.init(
        patterns: trace, predictions: predictions,
        spelling: Dictionary(spelling) { first, _ in first })
      return
    }
    let changed = try Subject(open.model, trace) { try onProgress(0.5 + $0 / 2) }
    var drift = HeadTable(
      layers: trace.layers, heads: trace.heads,
      values: Array(repeating: 0, count: trace.layers * trace.heads))
    for change in KnockOutEffect.mapChanges(base, trace, layers: 0..<trace.layers) {
      drift[change.head] = change.share
    }
    self.init(
      patterns: trace, predictions: predictions,
      spelling: Dictionary(spelling) { first, _ in first }, scores: changed.scores, drift: drift)
  }
}

/// What a run expects after one position, and where that comes from.
public struct Forecast: Sendable {
  /// One token of a list.
  public struct Guess: Sendable {
    /// The token.
    public let id: Int
    /// Its bytes; empty without a tokenizer.
    public let bytes: [UInt8]
    /// From 0 to 1.
    public let probability: Double

    /// A guess.
    public init(id: Int, bytes: [UInt8], probability: Double) {
      self.id = id
      self.bytes = bytes
      self.probability = probability
    }
  }

  /// What is expected, the most probable first.
  public let top: [Guess]
  /// The token whose rise and contributions these are.
  public let target: Guess
  /// The logit lens: the most probable token when the residual stream entering each layer, and leaving
  /// the last, is read off at once.
  public let lens: [Guess]
  /// In the lens, how probable `target` is.
  public let rise: [Double]
  /// What every head adds directly to the logit of `target`; nil where that is undefined, with the reason.
  public let contributions: HeadTable?
  /// Why there are no contributions.
  public let obstacle: String?
  /// What the last layer adds to the token that is right: the prompt's next one, or after its end the one that
  /// the model itself ends up with; nil where that is undefined.
  public let lastLayer: LastLayer?
  /// The spelling of that token; empty without a tokenizer.
  public let lastLayerToken: [UInt8]

  /// A forecast.
  public init(
    top: [Guess], target: Guess, lens: [Guess], rise: [Double], contributions: HeadTable?,
    obstacle: String? = nil,
    lastLayer: LastLayer? = nil, lastLayerToken: [UInt8] = []
  ) {
    self.top = top
    self.target = target
    self.lens = lens
    self.rise = rise
    self.contributions = contributions
    self.obstacle = obstacle
    (self.lastLayer, self.lastLayerToken) = (lastLayer, lastLayerToken)
  }
}
