import Analysis
import Models
import Tokenizers

/// A token that the model wrote after the prompt, and which heads pointed at it.
public struct WrittenToken: Sendable {
  /// What was written.
  public let token: Token
  /// The most probable tokens, the one that was written first.
  public let candidates: [Forecast.Guess]
  /// Heads that pointed at it, those that are surest first.
  public let pointers: [HeadPointer]
  /// Whether the text ends with it.
  public let isEnd: Bool

  /// A written token.
  public init(
    token: Token, candidates: [Forecast.Guess], pointers: [HeadPointer], isEnd: Bool = false
  ) {
    (self.token, self.candidates, self.pointers) = (token, candidates, pointers)
    self.isEnd = isEnd
  }

  /// The most probable token after the prompt and some more tokens.
  ///
  /// - Parameters:
  ///   - ids: The tokens after the prompt.
  ///   - base: The run of the prompt without any change.
  ///   - trace: The same run under the change.
  /// - Returns: `.next`: the token, and the maps of everything before it.
  /// - Throws: `ExplorerError.refused` for a model that writes no text; `ModelError` when the context is full.
  /// - Complexity: A run of the prompt and the tokens after it; under rules that reach on, two.
  static func next(
    _ open: OpenModel, after ids: [Int], base: Trace<Float>, _ trace: Trace<Float>,
    _ alteration: Alteration, onProgress: @escaping @Sendable (Double) throws -> Void
  ) throws -> Answer {
    if let why = open.nextTokenObstacle(trace) {
      throw ExplorerError.refused(command: "generate", why: why)
    }
    let model = open.model
    var run = trace
    if !ids.isEmpty {
      let longer = base.prompt.appending(ids.map(open.token))
      let file = try open.prepare(model, longer, base.bytesInMemory)
      let plain = try model.run(longer, as: Float.self, keeping: file) {
        try onProgress(Double($0.done) / Double($0.total))
      }
      var runs = Runs(base: plain, prompt: longer, prepare: open.prepare)
      run = try runs.trace(model, alteration, onProgress: onProgress)
    }
    let top = try model.distribution(run, position: run.seq - 1).top(5)
    let token = open.token(top[0].id)
    let written = WrittenToken(
      token: token,
      candidates: top.map {
        Forecast.Guess(id: $0.id, bytes: open.token($0.id).bytes, probability: $0.probability)
      },
      pointers: HeadPointer.all(in: run, to: token.id, prompt: base.prompt),
      isEnd: open.ends.contains(token.id))
    return .next(written, run)
  }
}

extension OpenModel {
  /// A token by its id.
  func token(_ id: Int) -> Token {
    let bytes = spell(id) ?? Array("<\(id)>".utf8)
    return Token(
      id: id, piece: String(decoding: bytes, as: UTF8.self), bytes: bytes, start: 0, end: 0)
  }

  /// Why a run predicts no next token; nil where it does.
  func nextTokenObstacle(_ trace: Trace<Float>) -> String? {
    if case .attended = model.plan.encoder {
      return "this is for decoders alone; heed predict prints what an encoder-decoder answers"
    }
    if !model.hasOutputHead { return "the checkpoint has no output head" }
    return trace.isCausal && !model.plan.head.isOfClasses
      ? nil : "this model does not predict next tokens"
  }
}
