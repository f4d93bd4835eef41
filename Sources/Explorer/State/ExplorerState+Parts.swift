import Models

/// Parts of a run and of its prompt: streams, images, named spans.
extension ExplorerState {
  /// Looks at maps another way.
  public mutating func look(through lens: Lens) { self.lens = lens }

  /// The part of the run that is looked at.
  var stream: StreamName { subject?.stream ?? .decoder }

  /// Whether keys are patches of an image.
  var seesImage: Bool { subject?.keyPrompt?.grid != nil }

  /// Whether an image or a sound is all that the model is given.
  var readsNoText: Bool { run?.asked?.media != nil && run?.prompt.isEmpty == true }

  /// A new image is looked at from its middle, and in its own view unless another one was asked for.
  mutating func lookAtImage() {
    if choosesView {
      views = [ImageView.name]
      // Shared by dozens of patches, no weight is near one.
      if scale == .linear { scale = .log }
    }
    guard let grid = subject?.queryPrompt?.grid, grid.tokens.upperBound - 1 == query else { return }
    query = grid.first + grid.rows / 2 * grid.columns + grid.columns / 2
  }

  /// Shows another part of an encoder-decoder's run.
  mutating func look(at stream: StreamName) -> [Effect] {
    guard let subject, stream != subject.stream else { return [] }
    arrival.head = head
    arrival.score = score
    progress = .init(fraction: nil, text: "showing \(stream.label)")
    answers.forgetAsked()
    return [.look(stream)]
  }

  /// Runs the prompt again with other named parts, and comes back to the same place.
  mutating func name(_ spans: [PromptSpan]) -> [Effect] {
    spanStart = nil
    (arrival.head, arrival.query, arrival.key) = (head, query, key)
    arrival.score = score
    progress = .init(fraction: nil, text: "running")
    answers.forgetAsked()
    return [.name(spans)]
  }

  /// Says which named parts another run's prompt does not have.
  mutating func partFrom(_ next: Subject) {
    guard let run else { return }
    let kept = Set((next.asked?.spans ?? []).map(\.name))
    let lost = run.askedSpans.map(\.name).filter { !kept.contains($0) }
    guard !lost.isEmpty else { return }
    let parts =
      lost.count == 1 ? "the part \(lost[0]) is" : "the parts \(lost.joined(separator: ", ")) are"
    sayToo("\(parts) not named here: the tokens are others; A names parts")
  }

  /// Parts that the user named, without those that heed found by itself.
  var spans: [PromptSpan] { subject?.asked?.spans ?? [] }

  /// What the lens shows next: from every named part to every other one, then all of it again.
  var nextPair: SpanPair? {
    let pairs = subject?.spanPairs ?? []
    guard let between = lens.between, let place = pairs.firstIndex(of: between) else {
      return pairs.first
    }
    return place + 1 < pairs.count ? pairs[place + 1] : nil
  }
}

extension StreamName {
  /// Its name for people.
  var label: String {
    switch self {
    case .encoder: "encoder"
    case .decoder: "decoder"
    case .cross: "cross attention"
    }
  }

  /// Its name in a sentence.
  var inWords: String { self == .cross ? label : "the \(label)" }
}
