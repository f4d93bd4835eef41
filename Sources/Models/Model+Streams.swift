import Tensors
import Tokenizers

extension Model {
  /// The description of one stream of a prompt's run: layers and heads are counted by it.
  ///
  /// - Throws: `ModelError.noSuchStream`.
  public func plan(_ stream: StreamName, for prompt: Prompt) throws(ModelError) -> ModelPlan {
    switch (stream, plan.encoder) {
    case (.decoder, .beside(let other)) where prompt.image != nil: return other
    case (.decoder, _): return plan
    case (.encoder, .attended(let other, _)): return other
    case (.encoder, .inserted(let other, _)) where prompt.image != nil: return other
    case (.cross, .attended): return plan.ofCross
    default: throw .noSuchStream(stream, family: plan.family)
    }
  }

  /// How many tokens the part of a prompt's run has that makes the output.
  public func outputSeq(of prompt: Prompt) -> Int { decoderPrompt(of: prompt).seq }

  /// The streams that a run of a prompt has, in the order in which things happen; `decoder` alone for one stack.
  public func streams(for prompt: Prompt) -> [StreamName] {
    StreamName.allCases.filter { (try? plan($0, for: prompt)) != nil }
  }

  /// Checks that a prompt's run has what is to be changed in it.
  func check(
    _ interventions: [Intervention], in stream: StreamName, of prompt: Prompt
  ) throws {
    guard !interventions.isEmpty else { return }
    let plan = try plan(stream, for: prompt)
    let encoded =
      if case .inserted(let first, _) = self.plan.encoder, let image = prompt.image {
        try Prompt(image: image, for: first)
      } else { prompt }
    let read = decoderPrompt(of: prompt)
    let queries = stream == .encoder ? encoded : read
    for intervention in interventions {
      try intervention.check(
        plan, seq: queries.seq, keyCount: stream == .decoder ? read.seq : encoded.seq)
      if stream == .cross, !intervention.suitsCrossAttention {
        throw ModelError.interventionInCross(layer: intervention.layer)
      }
      guard case .rule(let head, let rule) = intervention else { continue }
      try rule.check(
        plan.blocks[head.layer].attention, spans: queries.spans, grid: queries.grid)
    }
  }

  /// Runs other tokens in the part that a trace is of: what an encoder read stays for its decoder.
  ///
  /// - Parameter trace: A run of all parts, or an encoder's; not of cross attention.
  /// - Returns: The same part.
  public func run<Element: Scalar>(
    _ tokens: [Token], inPlaceOf trace: Trace<Element>
  ) throws -> Trace<Element> {
    precondition(!trace.isCross)
    var prompt = Prompt(tokens: tokens)
    if trace.stream(.cross) != nil {
      prompt = trace.wholePrompt
      prompt.decoder = tokens
    }
    let whole = try run(prompt, as: Element.self)
    return trace.plan == whole.plan ? whole : try stream(.encoder, of: whole)
  }

  /// One stream of a run.
  ///
  /// - Throws: `ModelError.noSuchStream`.
  public func stream<Element>(
    _ name: StreamName, of trace: Trace<Element>
  ) throws(ModelError) -> Trace<Element> {
    guard let stream = trace.stream(name) else {
      throw .noSuchStream(name, family: plan.family)
    }
    return stream
  }
}
