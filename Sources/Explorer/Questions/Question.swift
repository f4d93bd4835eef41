import Analysis
import Models

/// Something that a view wants to know about the run and that takes the engine to find out.
///
/// A view names its questions; whatever is not known yet is asked for, and the answer is kept for as
/// long as the run is. Nothing a view draws waits for one.
public struct Question: Sendable, Hashable {
  /// What it is about.
  public enum Topic: Sendable, Hashable {
    /// One head's queries and keys.
    case vectors(HeadIndex)
    /// How long the values are that every head reads.
    case valueNorms
    /// The model's description, and whether its maps can be trusted.
    case model
    /// How much of every head's attention goes from some queries to some keys.
    case edge(queries: Range<Int>, keys: Range<Int>)
    /// How like one head's map every other head's is.
    case like(HeadIndex)
    /// Where attention goes without being read.
    case sinks
    /// What the run comes to: its maps and what it expects.
    case outcome
    /// What is expected after one position, and where one token's logit comes from: nil for the most probable.
    case forecast(Int, of: Int? = nil)
    /// Part of one head's map in blocks of `pool × pool` weights, none of them left out.
    case pooledMap(HeadIndex, rows: Range<Int>, columns: Range<Int>, pool: Int)
    /// A head score by its name, for all heads.
    case score(String)
    /// Head importance, and the loss as more and more heads are taken out.
    case pruning(PruneRequest)
    /// The token that comes after the prompt and some more tokens.
    case next(after: [Int])
    /// Another run to compare with.
    case other(OtherRun)
    /// How far the rules in force move their heads, inputs frozen: of one head, ranks included, or of all.
    case drift(HeadIndex?)
    /// What the rules in force do to the predictions.
    case effect
  }

  /// What it is about.
  public let topic: Topic
  /// What is changed about the model that it is about.
  public let alteration: Alteration

  /// A question about the model as it is, or as it is changed.
  public init(_ topic: Topic, _ alteration: Alteration = Alteration()) {
    self.topic = topic
    self.alteration = alteration
  }
}

/// What the engine found out.
public enum Answer: Sendable {
  /// To `.vectors`.
  case vectors(HeadVectors)
  /// To `.valueNorms`.
  case valueNorms(ValueLengths)
  /// To `.model`.
  case model(ModelReport)
  /// To every question whose answer is one number per head.
  case table(ScoreTable)
  /// To `.sinks`.
  case sinks(SinkReport)
  /// To `.outcome`.
  case outcome(Outcome)
  /// To `.forecast`.
  case forecast(Forecast)
  /// To `.pooledMap`.
  case pooledMap(PooledPattern)
  /// To `.score`: one table, or one for each part of the prompt that was named.
  case scores([ScoreTable])
  /// To `.pruning`.
  case pruning(PruneCurve)
  /// To `.next`.
  case next(WrittenToken, any PatternSource)
  /// To `.other`.
  case other(ComparedRun)
  /// To `.drift`.
  case drift([RuleDrift])
  /// To `.effect`.
  case effect(RuleEffect)
}
