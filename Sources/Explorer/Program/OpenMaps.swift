import Analysis
import Models
import Tokenizers

/// What MODEL names: a model that is ready to run, or maps that something else computed.
public enum Opened: Sendable {
  /// A model.
  case model(OpenModel)
  /// Maps alone.
  case maps(OpenMaps)
}

extension Opened {
  /// Where it comes from.
  public var origin: Origin {
    switch self {
    case .model(let open): open.origin
    case .maps(let maps): maps.origin
    }
  }
}

/// Maps from elsewhere, such as a NumPy file: whatever needs maps alone can be asked about them.
public struct OpenMaps: Sendable {
  /// The maps.
  public let patterns: any PatternSource
  /// What queries and keys stand for.
  public let queries, keys: Prompt
  /// Where they come from.
  public let origin: Origin
  /// Their name for people.
  public let name: String

  /// The maps of a file.
  public init(_ file: MapsFile, name: String, origin: Origin) {
    self.init(
      file, queries: file.queryTokens, keys: file.keyTokens, name: name, origin: origin)
  }

  /// Maps between tokens.
  init(
    _ patterns: any PatternSource, queries: [Token], keys: [Token], name: String, origin: Origin
  ) {
    self.patterns = patterns
    self.queries = Prompt(tokens: Self.numbered(queries))
    self.keys = Prompt(tokens: Self.numbered(keys))
    self.name = name
    self.origin = origin
  }

  /// The same texts get the same ids: scores look for tokens that occur twice.
  private static func numbered(_ tokens: [Token]) -> [Token] {
    var ids: [String: Int] = [:]
    return tokens.map { token in
      let id = ids[token.piece] ?? ids.count
      ids[token.piece] = id
      return Token(
        id: id, piece: token.piece, bytes: token.bytes, start: token.start, end: token.end)
    }
  }

  /// The ids of the tokens where queries and keys are the same ones; none otherwise.
  private var ids: [Int] { queries.tokens.map(\.piece) == keys.tokens.map(\.piece) ? keys.ids : [] }

  /// Scores of the maps.
  ///
  /// - Parameter onProgress: Called with a share from 0 to 1; what it throws ends the scoring.
  public func results(
    _ scores: [any MapScore.Type] = HeadScores.ofMaps,
    onProgress: (Double) throws -> Void = { _ in }
  ) rethrows -> [ScoreResult] {
    try HeadScores.results(scores, ofMaps: patterns, ids: ids, onProgress: onProgress)
  }

  /// The maps as the views need them.
  ///
  /// - Parameter spans: Parts of the queries, and of the keys as far as they reach, that have names.
  /// - Throws: `PromptSpanError.outside`; what `onProgress` throws.
  public func subject(
    naming spans: [PromptSpan] = [], onProgress: (Double) throws -> Void = { _ in }
  ) throws -> Subject {
    let isShared = !ids.isEmpty
    let named = (try queries.naming(spans), isShared ? try keys.naming(spans) : keys)
    var subject = Subject(
      model: name,
      details: [
        "maps of a file: \(patterns.layers) layers, \(patterns.heads) heads,"
          + " \(patterns.queryCount) queries, \(patterns.keyCount) keys"
      ],
      prompt: "", tokens: queries.tokens, patterns: patterns,
      scores: ScoreTable.offered(try results(onProgress: onProgress), seq: patterns.keyCount),
      origin: origin, queries: named.0, keys: named.1)
    subject.asked = named.0
    subject.isMapsOnly = true
    return subject
  }
}

/// What maps from elsewhere cannot answer.
public enum OpenMapsError: Error, Equatable, CustomStringConvertible {
  /// Something that only the model knows.
  case noModel(for: String)

  /// One line: what was asked, what there is, what to do.
  public var description: String {
    switch self {
    case .noModel(let what):
      "\(what) needs the model, and these are maps of a file; open its checkpoint"
    }
  }
}

extension Question {
  /// Works it out from maps alone.
  ///
  /// - Throws: `OpenMapsError.noModel`; what `onProgress` throws.
  func answer(_ maps: OpenMaps, onProgress: (Double) throws -> Void) throws -> Answer {
    switch topic {
    case .edge(let queries, let keys):
      .table(
        try .edge(maps.patterns, queries: queries, keys: keys, onProgress: onProgress))
    case .like(let head): .table(try .like(maps.patterns, head, onProgress: onProgress))
    case .model: .model(try ModelReport(maps, onProgress: onProgress))
    default: throw OpenMapsError.noModel(for: subject)
    }
  }
}
