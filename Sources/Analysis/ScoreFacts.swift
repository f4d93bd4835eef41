import Models

/// What decides whether a score applies.
public struct ScoreFacts: Sendable {
  /// The model's description.
  public let plan: ModelPlan
  /// The prompt's ids; nil when no prompt was given.
  public let ids: [Int]?
  /// Whether a query can see no later key.
  public let isCausal: Bool
  /// Whether the checkpoint has an output head.
  public let hasOutputHead: Bool
  /// Parts of the keys that were named.
  public let spans: [Span]
  /// The probe that was asked for; nil for none.
  public let probe: RepeatProbe?

  /// The facts of a model and a prompt.
  public init(
    plan: ModelPlan, ids: [Int]?, isCausal: Bool = true, hasOutputHead: Bool = true,
    options: ScoreOptions = ScoreOptions()
  ) {
    self.plan = plan
    self.ids = ids
    self.isCausal = isCausal
    self.hasOutputHead = hasOutputHead
    spans = options.spans
    probe = options.probe
  }

  /// The number of tokens; none without a prompt.
  public var seq: Int { ids?.count ?? 0 }

  /// Whether some attention goes to a sink that is no key.
  var hasLearnedSinks: Bool { plan.blocks.contains { $0.attention.sinks != nil } }

  /// Why a score that compares a token with another cannot be: the prompt is too short.
  func needsTokens(_ count: Int) -> String? {
    seq < count
      ? "the prompt has \(seq == 1 ? "one token" : "\(seq) tokens"), this needs \(count) or more"
      : nil
  }

  /// Why a score that follows repeats cannot be: no token occurs twice.
  var needsRepeat: String? {
    TokenMatches(ids ?? []).hasRepeat
      ? nil
      : "no token of the prompt occurs twice; give a prompt with a repeat, or --probe repeat:50"
  }
}
