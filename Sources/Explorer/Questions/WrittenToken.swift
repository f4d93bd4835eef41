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

  /// The most probable token after the prompt, or after what a decoder begins with, and some more tokens.
  ///
  /// - Parameters:
  ///   - ids: The tokens that were written before.
  ///   - runs: The run of the prompt.
  /// - Returns: `.next`: the token, and the maps of everything before it, of the stream that is looked at.
  /// - Throws: `ExplorerError.refused` for a model that writes no text; `StreamError.noPrediction`; `ModelError`
  ///   when the context is full.
  /// - Complexity: A run of the newest token where `Model.run(continuing:with:)` can, of an encoder-decoder one of
  ///   everything; under a change as much again from where that first touches the model.
  static func next(
    _ open: OpenModel, after ids: [Int], _ runs: inout Runs, _ alteration: Alteration,
    onProgress: @escaping @Sendable (Double) throws -> Void
  ) throws -> Answer {
    guard runs.stream != .encoder else { throw StreamError.noPrediction(.encoder) }
    if let why = open.nextTokenObstacle(try open.model.stream(.decoder, of: runs.whole)) {
      throw ExplorerError.refused(command: "generate", why: why)
    }
    let (model, asked) = (open.model, runs.prompt)
    let beginning = model.beginning(of: asked, open.origin)
    guard beginning != nil || !ids.isEmpty else {
      let (decoded, seen) = try runs.pair(model, alteration, onProgress: onProgress)
      return try answer(open, decoded, seen, pointingInto: asked)
    }
    let more = ids.map(open.token)
    var prompt = asked.continued(with: beginning == nil ? more : [])
    if let beginning { prompt.decoder = beginning + more }
    try model.check(prompt)
    let file = try open.prepare(
      model, prompt, PlannedWork(holding: runs.bytesInMemory))
    let whole: Trace<Float>
    if beginning == nil {
      let known = runs.beginning(of: prompt.ids)
      let new = Array(prompt.tokens[known.seq...])
      whole =
        new.isEmpty
        ? known
        : try model.run(continuing: known, with: new) {
          try onProgress(Double($0.done) / Double($0.total))
        }
      runs.written = whole
    } else {
      whole = try model.run(prompt, as: Float.self, keeping: file) {
        try onProgress(Double($0.done) / Double($0.total))
      }
    }
    var longer = Runs(
      base: whole, prompt: prompt, stream: runs.stream, prepare: open.prepare)
    let (decoded, seen) = try longer.pair(model, alteration, onProgress: onProgress)
    return try answer(open, decoded, seen, pointingInto: asked)
  }

  /// - Parameters:
  ///   - decoded: What the output head reads.
  ///   - seen: What is shown.
  ///   - prompt: Where heads may point: what was read.
  private static func answer(
    _ open: OpenModel, _ decoded: Trace<Float>, _ seen: Trace<Float>, pointingInto prompt: Prompt
  ) throws -> Answer {
    let top = try open.model.distribution(decoded, position: decoded.seq - 1).top(5)
    let token = open.token(top[0].id)
    // An encoder-decoder points at what it was asked with cross attention.
    let pointing = decoded.stream(.cross) ?? decoded
    let written = WrittenToken(
      token: token,
      candidates: top.map {
        Forecast.Guess(id: $0.id, bytes: open.token($0.id).bytes, probability: $0.probability)
      },
      pointers: HeadPointer.all(in: pointing, to: token.id, prompt: prompt),
      isEnd: open.ends.contains(token.id))
    return .next(written, seen)
  }
}

extension Runs {
  /// The decoder under a change, and the part that is looked at.
  fileprivate mutating func pair(
    _ model: Model, _ alteration: Alteration, onProgress: (Double) throws -> Void
  ) throws -> (decoded: Trace<Float>, seen: Trace<Float>) {
    (
      try trace(model, alteration, of: .decoder, onProgress: onProgress),
      try trace(model, alteration, onProgress: onProgress)
    )
  }
}

extension Model {
  /// What an encoder-decoder's decoder begins with: the tokens that it was given on purpose, else the one that
  /// every text of its starts with; nil for one stack, which goes on from its prompt.
  ///
  /// - Parameter asked: What the encoder reads. Where nothing was given, its decoder's tokens are what the
  ///   model answered.
  func beginning(of asked: Prompt, _ origin: Origin?) -> [Token]? {
    guard case .attended(_, let start) = plan.encoder else { return nil }
    guard let first = asked.decoder.first else { return Prompt(ids: [start]).tokens }
    let isGiven = origin?.options.contains { $0.name == "decoder-ids" } ?? false
    return isGiven ? asked.decoder : [first]
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
  fileprivate func nextTokenObstacle(_ trace: Trace<Float>) -> String? {
    if !model.hasOutputHead { return "the checkpoint has no output head" }
    return trace.isCausal && !model.plan.head.isOfClasses
      ? nil : "this model does not predict next tokens"
  }
}
