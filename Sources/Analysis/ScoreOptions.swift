import Models

/// What a user may set about scores.
public struct ScoreOptions: Sendable {
  /// From which α on a key counts as a sink.
  ///
  /// Source: Gu et al. 2024, ε = 0.3.
  public var epsilon = 0.3
  /// From which α on a key counts as one of ACT's later sinks.
  public var laterSinks = LaterSinks.above(0.1)
  /// Whether the detectors leave key 0 out.
  public var excludesFirst = false
  /// Whether the detectors leave a query's own key out.
  public var excludesSelf = false
  /// Repeated random tokens for the scores that need them; nil for none.
  public var probe: RepeatProbe?
  /// Ordered classes of tokens, as ids, for the successor score.
  public var ordinals: [[Int]] = []
  /// Whose logit direct attribution is of, after the prompt; nil for the next token everywhere.
  public var target: Target?
  /// What importance is measured by; nil for what suits the model, see `ScoreInput.objective`.
  public var objective: Objective?
  /// The run that is patched, of as many tokens as the prompt; nil for none.
  public var corrupt: Prompt?
  /// How scores are learned that are.
  public var learning = LearningSettings()
  /// Prompts that hide a fact, for the retrieval score.
  public var needles: [Needle] = []
  /// The head that others are compared with; nil for none.
  public var like: HeadIndex?
  /// How far apart the patches of the neighbourhood score are.
  public var hops = 1
  /// The tokens of a question that asks nothing, "N/A", for QRScore; empty for no calibration.
  public var nullQuery: [Int] = []
  /// The token of a new line, for token and concept induction; nil where the vocabulary has none.
  public var newline: Int?
  /// Published gates of DuoAttention, `[layer][KV head]`; nil for none.
  public var gates: [[Double]]?

  /// The usual options.
  public init() {}

  /// A token, and one whose logit is subtracted.
  public struct Target: Sendable, Hashable {
    /// Whose logit.
    public let id: Int
    /// Whose is subtracted; nil for none.
    public let against: Int?

    /// The logit of `id` less that of `against`.
    public init(id: Int, against: Int? = nil) {
      self.id = id
      self.against = against
    }
  }

  /// The threshold of ACT's later sinks.
  ///
  /// Source: Yu et al. 2024, "Unveiling and Harnessing Hidden Attention Sinks"; 0.1 in their code, α / N
  /// in the paper [R].
  public enum LaterSinks: Sendable, Hashable {
    /// A fixed α.
    case above(Double)
    /// A multiple of what each of `seq` keys would receive if all received the same.
    case perToken(Double)

    /// The threshold for a prompt of `seq` tokens.
    public func threshold(seq: Int) -> Double {
      switch self {
      case .above(let alpha): alpha
      case .perToken(let factor): factor / Double(max(1, seq))
      }
    }
  }
}
