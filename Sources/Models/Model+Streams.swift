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

  /// The streams that a run of a prompt has, in the order in which things happen; `decoder` alone for one stack.
  public func streams(for prompt: Prompt) -> [StreamName] {
    StreamName.allCases.filter { (try? plan($0, for: prompt)) != nil }
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
