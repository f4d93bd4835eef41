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
  /// How far every head's map is from the one that is looked at: the mean over queries of the total variation;
  /// nil where maps have other sizes.
  public let drift: HeadTable?
  /// The mean next-token loss of the other run in nats; nil where there is none.
  public let loss: Double?

  /// A run to compare with.
  public init(subject: Subject, drift: HeadTable?, loss: Double?) {
    (self.subject, self.drift, self.loss) = (subject, drift, loss)
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
    let file = try other.prepare(other.model, prompt, trace.bytesInMemory)
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
    self.init(
      subject: subject, drift: MapDistance.table(trace, changed),
      loss: hasLoss ? try Distribution.ofPrompt(other.model, changed).loss : nil)
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
