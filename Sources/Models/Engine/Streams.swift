import Tensors

/// A part of a run of several stacks.
public enum StreamName: String, Sendable, Hashable, CaseIterable {
  /// What the encoder's tokens see of each other; of LLaVA, the image's patches.
  case encoder
  /// What the text that is made sees of itself.
  case decoder
  /// What it sees of the encoder's output.
  case cross
}

extension Trace {
  /// The streams there are to look at, in the order in which things happen; `decoder` alone for one stack.
  public var streamNames: [StreamName] {
    StreamName.allCases.filter { $0 == .decoder || streams[$0] != nil }
  }

  /// A stream as a run of its own: its maps, residual streams, queries, keys and values.
  ///
  /// Of cross attention, `prompt` and queries are the decoder's, keys are the encoder's.
  ///
  /// - Returns: This run for `decoder`; nil for a stream that the model does not have.
  public func stream(_ name: StreamName) -> Trace? { name == .decoder ? self : streams[name] }

  /// What the model was given: of an encoder-decoder's decoder, what its encoder read as well.
  public var wholePrompt: Prompt {
    guard streams[.cross] != nil, let encoded = streams[.encoder] else { return prompt }
    var whole = encoded.prompt
    whole.decoder = prompt.tokens
    return whole
  }

  /// Whether nothing was changed in any part of the run.
  var isUnchanged: Bool { interventions.isEmpty && streams.values.allSatisfy(\.isUnchanged) }

  /// Whether rules were frozen into any part of the run.
  var isFrozen: Bool { reach == .local || streams.values.contains(where: \.isFrozen) }

  /// Whether keys and values are of another stack than queries.
  public var isCross: Bool { keyPrompt != nil }

  /// The tokens that keys stand for.
  public var keyTokens: Prompt { keyPrompt ?? prompt }

  /// This run with more streams.
  func adding(_ more: [StreamName: Trace]) -> Trace {
    Trace(
      prompt: prompt, plan: plan, residuals: residuals, attention: attention,
      interventions: interventions, frozen: reach == .local ? prepared : nil,
      streams: streams.merging(more) { $1 }, keyPrompt: keyPrompt, file: file)
  }
}

/// What another stack made.
struct Memory<Element: Scalar>: Sendable {
  /// What it was made of.
  let prompt: Prompt
  /// After its final norm, or what a projector made of it, `[rows, dModel]`.
  let output: Tensor<Element>
}

/// What cross attention of a run's layers read and wrote.
struct Crossing<Element: Scalar> {
  private var residuals: [Tensor<Element>]
  private var attention: [LayerTrace<Element>]
  private let interventions: [Intervention]

  /// Nothing but what an earlier run gave in its first layers.
  init(_ interventions: [Intervention], from base: Trace<Element>?, layers: Int) {
    self.interventions = interventions
    residuals = Array(base?.residuals.prefix(layers) ?? [])
    attention = Array(base?.attention.prefix(layers) ?? [])
  }

  mutating func append(_ layer: (residual: Tensor<Element>, trace: LayerTrace<Element>)) {
    residuals.append(layer.residual)
    attention.append(layer.trace)
  }

  /// Cross attention as a stream; none for a run without.
  func streams(
    of plan: ModelPlan, prompt: Prompt, memory: Memory<Element>?, last: Tensor<Element>,
    file: KeptFile?
  ) -> [StreamName: Trace<Element>] {
    guard let memory, !attention.isEmpty else { return [:] }
    return [
      .cross: Trace(
        prompt: prompt, plan: plan.ofCross, residuals: residuals + [last], attention: attention,
        interventions: interventions, keyPrompt: memory.prompt, file: file)
    ]
  }
}

extension ModelPlan {
  /// The plan whose blocks' attention is what cross attention is here.
  var ofCross: ModelPlan {
    ModelPlan(
      family: family, dModel: dModel, vocabularySize: vocabularySize, contextLength: contextLength,
      embedding: embedding,
      blocks: blocks.compactMap { block in
        block.cross.map {
          BlockPlan(
            attentionNorms: $0.norms, attention: $0.attention, mlpNorms: block.mlpNorms,
            mlp: block.mlp)
        }
      }, head: head, prefixes: prefixes, ignoredSuffixes: ignoredSuffixes)
  }
}
