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
    /// What is expected after one position, and where that comes from.
    case forecast(Int)
    /// Part of one head's map in blocks of `pool × pool` weights, none of them left out.
    case pooledMap(HeadIndex, rows: Range<Int>, columns: Range<Int>, pool: Int)
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
  case valueNorms(ValueNorms)
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
}
