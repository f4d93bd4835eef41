import Models

/// What decides whether a score applies.
public struct ScoreFacts: Sendable {
  /// The model's description.
  public let plan: ModelPlan
  /// Whether keys and values are of another stack than queries.
  let isCross: Bool
  /// Whether the heads' stack is the one that ends in the output head.
  let makesOutput: Bool
  /// Whether a prompt of tokens runs in the heads' stack, and in no other one.
  let takesProbes: Bool
  /// The prompt; nil when none was given.
  public let prompt: Prompt?
  /// Whether a query can see no later key.
  public let isCausal: Bool
  /// Whether the checkpoint has an output head.
  public let hasOutputHead: Bool
  /// The part of a run that makes the output.
  struct Output {
    let plan: ModelPlan
    /// Whether a query can see no later key, so that the output is a next token after each.
    let isCausal: Bool
    /// What the part is given, and what the whole model was asked.
    let prompt, asked: Prompt
  }

  /// The part that makes the output; nil without a run, and then the same as what is scored.
  private let output: Output?
  /// Why the model cannot be run again with something changed, as one line for people; nil when it can.
  let rerunObstacle: String?
  /// Why the run cannot be differentiated; nil when it can.
  let gradientObstacle: String?
  /// What the user set.
  private let options: ScoreOptions

  /// The facts of a model and a prompt.
  init(
    plan: ModelPlan, isCross: Bool = false, makesOutput: Bool = true, takesProbes: Bool = true,
    prompt: Prompt?, isCausal: Bool = true, hasOutputHead: Bool = true,
    output: Output? = nil, rerunObstacle: String? = nil, gradientObstacle: String? = nil,
    options: ScoreOptions = ScoreOptions()
  ) {
    self.output = output
    self.rerunObstacle = rerunObstacle
    self.gradientObstacle = gradientObstacle
    self.plan = plan
    (self.isCross, self.makesOutput, self.takesProbes) = (isCross, makesOutput, takesProbes)
    self.prompt = prompt
    self.isCausal = isCausal
    self.hasOutputHead = hasOutputHead
    self.options = options
  }

  /// Whether the output is a next token after each, whatever part is scored.
  var outputIsCausal: Bool { output?.isCausal ?? isCausal }
  /// The description of what makes the output.
  var outputPlan: ModelPlan { output?.plan ?? plan }
  /// What the part that makes the output is given.
  var outputPrompt: Prompt? { output?.prompt ?? prompt }
  /// What the whole model was asked: of an encoder-decoder, what its encoder reads.
  var asked: Prompt? { output?.asked ?? prompt }

  /// The number of tokens; none without a prompt.
  public var seq: Int { prompt?.seq ?? 0 }
  /// Parts of the keys that were named.
  public var spans: [PromptSpan] { prompt?.spans ?? [] }
  /// The probe that was asked for; nil for none.
  public var probe: RepeatProbe? { options.probe }
  /// The head that others are compared with; nil for none.
  var like: HeadIndex? { options.like }
  /// How far apart the patches of the neighbourhood score are.
  var hops: Int { options.hops }
  /// Published gates; nil for none.
  var gates: [[Double]]? { options.gates }
  /// Whether there are ordered classes of tokens.
  var hasOrdinals: Bool { !options.ordinals.isEmpty }
  /// Whether there are needles to look for.
  var hasNeedles: Bool { !options.needles.isEmpty }
  /// Whether something was named that importance is measured by.
  var hasObjective: Bool { options.objective != nil }
  /// The run that is patched; nil for none.
  var corrupt: Prompt? { options.corrupt }
  /// Whether a logit was named.
  var hasTarget: Bool { options.target != nil }

  /// Whether some attention goes to a sink that is no key.
  var hasLearnedSinks: Bool { plan.blocks.contains { $0.attention.sinks != nil } }
}

/// Reasons that several scores share, as one line for people; nil where there is none.
extension ScoreFacts {
  /// The prompt is too short for comparing a token with another.
  func needsTokens(_ count: Int) -> String? {
    seq < count
      ? "the prompt has \(seq == 1 ? "one token" : "\(seq) tokens"), this needs \(count) or more"
      : nil
  }

  /// No token occurs twice.
  var needsRepeat: String? {
    TokenMatches(prompt?.ids ?? []).hasRepeat
      ? nil
      : "no token of the prompt occurs twice; give a prompt with a repeat, or --probe repeat:50"
  }

  /// A logit was named that the model does not have.
  var targetObstacle: String? {
    let ids = [options.target?.id, options.target?.against].compactMap { $0 }
    let count = outputPlan.head.outputCount
    return ids.first { !(0..<count).contains($0) }.map {
      "--target #\($0): the model has \(count) logits, from 0"
    }
  }

  /// No part of the prompt was named.
  var needsSpan: String? {
    spans.isEmpty ? "name a part of the prompt with --span NAME=START..END" : nil
  }

  /// Heads' weights are no matrices of the residual stream.
  var headWeightsObstacle: String? { crossObstacle ?? plan.headWeightsObstacle }

  /// What is said of one residual stream says nothing of two.
  var crossObstacle: String? {
    isCross
      ? "cross attention reads another stack than it writes to; leave --stream cross out" : nil
  }

  /// A prompt of tokens has no patches or frames.
  var patchesObstacle: String? {
    plan.embedding.patches == nil && plan.embedding.frames == nil
      ? nil : "patches and frames cannot be taken out of what is run"
  }

  /// A prompt that heed makes runs in one stack of tokens.
  var probeObstacle: String? {
    takesProbes
      ? nil : "the prompts that heed makes are tokens for one stack; score a prompt of your own"
  }

  /// Logits cannot be taken back to the residual stream.
  var unembeddingObstacle: String? {
    guard makesOutput || isCross else {
      return "the output head reads the decoder; leave --stream encoder out"
    }
    return hasOutputHead ? plan.vocabularyObstacle : "the checkpoint has no output head"
  }

  /// The first MLP cannot be asked about single tokens.
  var firstMLPObstacle: String? { plan.firstMLPObstacle }
}
