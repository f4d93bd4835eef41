import Analysis
import Models

/// What a run is compared with.
public enum OtherRun: Sendable, Hashable {
  /// The same model on another text.
  case prompt(String)
  /// Another model, as MODEL on the command line, on the same text.
  case model(String)
}

/// Another run, and how far its maps are from those that are looked at.
public struct ComparedRun: Sendable {
  /// The other run.
  public let subject: Subject
  /// How far every head's map is from the one that is looked at: the mean over queries of the total variation,
  /// of texts of other lengths between the tokens that stand in both; nil where heads or maps differ in size.
  public let drift: HeadTable?
  /// For each head that is looked at the nearest one of a model with other layers or heads; none for models of
  /// one shape.
  public let nearest: [MapDistance.Match]
  /// The mean next-token loss of the other run in nats; nil where there is none.
  public let loss: Double?

  /// A run to compare with.
  public init(
    subject: Subject, drift: HeadTable?, nearest: [MapDistance.Match] = [], loss: Double?
  ) {
    (self.subject, self.drift, self.loss) = (subject, drift, loss)
    self.nearest = nearest
  }

  /// Runs it.
  ///
  /// - Parameters:
  ///   - trace: The run that is looked at.
  ///   - stream: Which part of it.
  ///   - alteration: What is changed about the model; another model is taken as it is.
  init(
    _ run: OtherRun, _ open: OpenModel, _ trace: Trace<Float>, _ stream: StreamName,
    _ alteration: Alteration, onProgress: @escaping @Sendable (Double) throws -> Void
  ) throws {
    let (other, prompt) = try Self.prompt(of: run, open, trace)
    try other.model.check(prompt)
    let file = try other.prepare(
      other.model, prompt, PlannedWork(holding: trace.bytesInMemory))
    let whole = try other.model.run(prompt, as: Float.self, keeping: file) {
      try onProgress(Double($0.done) / Double($0.total) / 2)
    }
    var runs = Runs(base: whole, prompt: prompt, stream: stream, prepare: other.prepare)
    var isOwn = false
    if case .prompt = run { isOwn = true }
    let changed = try runs.trace(
      other.model, isOwn ? alteration : Alteration(), onProgress: onProgress)
    let subject = try Subject(
      other.model, changed, origin: other.origin, asked: prompt, stream: stream
    ) {
      try onProgress(0.5 + $0 / 2)
    }
    let hasLoss = changed.isCausal && other.model.hasOutputHead && stream == .decoder
    let (mine, theirs) = Self.aligned(trace, changed)
    let hasShape = trace.layers == changed.layers && trace.heads == changed.heads
    self.init(
      subject: subject, drift: MapDistance.table(mine, theirs),
      nearest: hasShape ? [] : MapDistance.nearest(mine, theirs) ?? [],
      loss: hasLoss ? try Distribution.ofPrompt(other.model, changed).loss : nil)
  }

  /// Both maps; of texts of other lengths, between the tokens that stand in both.
  private static func aligned(
    _ a: Trace<Float>, _ b: Trace<Float>
  ) -> (any PatternSource, any PatternSource) {
    let tokens = TokenAlignment(a.keyTokens.tokens, b.keyTokens.tokens)
    guard !a.hasSize(of: b), let mine = SelectedPatterns(a, tokens.first),
      let theirs = SelectedPatterns(b, tokens.second)
    else { return (a, b) }
    return (mine, theirs)
  }

  private static func prompt(
    of run: OtherRun, _ open: OpenModel, _ trace: Trace<Float>
  ) throws -> (OpenModel, Prompt) {
    switch run {
    case .prompt(let text): return (open, try open.tokenize(text))
    case .model(let name):
      guard let another = open.another else {
        throw ExplorerError.refused(command: "compare", why: "no other model can be opened here")
      }
      let other = try another(name)
      let text = trace.prompt.text
      return (other, try text.map(other.tokenize) ?? Prompt(ids: trace.prompt.ids))
    }
  }
}
