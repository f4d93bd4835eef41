extension Model {
  /// Checks that the engine can take a prompt.
  public func check(_ prompt: Prompt) throws(ModelError) {
    switch plan.encoder {
    case .attended(let encoder, _):
      try check(prompt, encoder)
      try check(decoderPrompt(of: prompt), plan)
    case .beside(let other) where prompt.image != nil: try check(prompt, other)
    default: try check(prompt, plan)
    }
  }

  private func check(_ prompt: Prompt, _ plan: ModelPlan) throws(ModelError) {
    guard prompt.seq > 0 else { throw .promptEmpty }
    switch plan.embedding.source {
    case .patches:
      guard prompt.image != nil else { throw .imageMissing(family: plan.family) }
      return
    case .frames:
      guard case .sound = prompt.media else { throw .soundMissing(family: plan.family) }
      return
    case .tokens(_, let types):
      for (position, id) in prompt.ids.enumerated() where !(0..<plan.vocabularySize).contains(id) {
        throw .idOutOfRange(id: id, position: position, vocabularySize: plan.vocabularySize)
      }
      if let types, let type = prompt.typeIDs.max(), type >= types.shape[0] {
        throw .noSecondText(family: plan.family)
      }
    }
    guard prompt.seq <= plan.contextLength else {
      throw .promptTooLong(tokens: prompt.seq, contextLength: plan.contextLength)
    }
    guard let insertion = plan.insertion, let image = prompt.image,
      case .inserted(let encoder, _) = plan.encoder
    else { return }
    let patches = try Prompt(image: image, for: encoder).seq - insertion.dropping
    let places = prompt.ids.count { $0 == insertion.token }
    guard places == patches else { throw .imagePlaces(found: places, expected: patches) }
  }
}
