import Analysis
import Models
import Tokenizers

/// One score of every head, with what a legend needs.
public struct ScoreTable: Sendable {
  /// The name that commands use, such as `first`.
  public let name: String
  /// A heading for people.
  public let title: String
  /// `share`, `nats`, ….
  public let unit: String
  /// The smallest and largest possible value; nil where there is no bound.
  public let lowest, highest: Double?
  /// The values.
  public let table: HeadTable
  /// The command that made it, such as `like L3.H5`; nil where the name says it all.
  public let command: String?

  /// A score's table.
  public init(
    name: String, title: String, unit: String, lowest: Double? = nil, highest: Double? = nil,
    table: HeadTable, command: String? = nil
  ) {
    self.name = name
    self.command = command
    self.title = title
    self.unit = unit
    self.lowest = lowest
    self.highest = highest
    self.table = table
  }

  /// The table of one of heed's scores, of a prompt of `seq` tokens.
  public init(_ score: any HeadScore.Type, _ table: HeadTable, seq: Int) {
    self.init(
      name: score.name, title: score.title, unit: score.unit, lowest: score.lowest,
      highest: score.highest(seq: seq), table: table)
  }

  /// The unit after a separator; nothing for a pure number.
  func unit(after separator: String) -> String { unit == "1" ? "" : separator + unit }

  /// The ends of the colour ramp: the possible range where there is one, else that of the values.
  var span: ClosedRange<Double> {
    let bounds = table.bounds ?? 0...0
    let low = lowest ?? bounds.lowerBound
    let high = highest ?? bounds.upperBound
    return min(low, high)...max(low, high)
  }

  /// A head's value; `.nan` outside the table.
  func value(_ head: HeadIndex) -> Double {
    guard (0..<table.layers).contains(head.layer), (0..<table.heads).contains(head.head) else {
      return .nan
    }
    return table[head]
  }

  /// A head's place on the colour ramp.
  func level(_ head: HeadIndex) -> Float {
    let span = span
    let width = span.upperBound - span.lowerBound
    let value = value(head)
    guard width > 0 else { return value.isNaN ? .nan : 0 }
    return Float((value - span.lowerBound) / width)
  }
}

/// What the explorer looks at: one run of one model, or maps that come from elsewhere.
public struct Subject: Sendable {
  /// The model's name.
  public let model: String
  /// Lines about it: family, sizes, precision.
  public let details: [String]
  /// The text that was run.
  public let prompt: String
  /// Its tokens; queries are numbered by them.
  public private(set) var tokens: [Token]
  /// What keys are numbered by: the same tokens, except in cross attention.
  public private(set) var keyTokens: [Token]
  /// The whole prompt that queries belong to, its patch grid, image and spans included; nil for maps that no
  /// prompt of heed's made.
  public let queryPrompt: Prompt?
  /// The whole prompt that keys belong to.
  public let keyPrompt: Prompt?
  /// Its maps.
  public private(set) var patterns: any PatternSource
  /// Scores of its heads, in the order in which they are offered.
  public private(set) var scores: [ScoreTable]
  /// Key/value heads of a layer: as many query heads as fit share one.
  public let kvHeads: Int
  /// Where it comes from; nil when nothing can open it again.
  public let origin: Origin?
  /// Whether the tokenizer added special tokens to the text.
  public let hasAdded: Bool
  /// What the model was asked: of an encoder-decoder, what its encoder reads; nil where nothing was.
  public var asked: Prompt?
  /// Which part of a run of several stacks this is.
  public var stream = StreamName.decoder
  /// The parts there are, in the order in which things happen; one for a single stack.
  public var parts: [Part]
  /// Of an encoder-decoder, what its decoder begins with before it writes; nil where the prompt itself goes on.
  public var beginning: [Token]?
  /// What a prompt of the model can hold beside text.
  public var media: Set<Medium> = []
  /// Whether there are maps and no model: see `OpenMaps`.
  public var isMapsOnly = false
  /// The image that keys are patches of; nil for none.
  let picture: Picture?

  /// A run, as the views need it.
  public init(
    model: String, details: [String] = [], prompt: String, tokens: [Token],
    patterns: any PatternSource, scores: [ScoreTable], kvHeads: Int? = nil,
    origin: Origin? = nil, hasAdded: Bool = false, keyTokens: [Token]? = nil,
    queries: Prompt? = nil, keys: Prompt? = nil
  ) {
    self.model = model
    self.details = details
    self.prompt = prompt
    self.tokens = tokens
    self.patterns = patterns
    self.scores = scores
    self.kvHeads = kvHeads ?? patterns.heads
    parts = [Part(stream: .decoder, layers: patterns.layers, heads: patterns.heads)]
    self.origin = origin
    self.hasAdded = hasAdded
    self.keyTokens = keyTokens ?? keys?.tokens ?? tokens
    queryPrompt = queries
    keyPrompt = keys
    picture = keys?.image.flatMap { Picture($0, colors: keys?.imageColors) }
  }

  /// The same run with other maps.
  ///
  /// - Parameter tokens: What queries and keys are numbered by then; nil for what they are.
  func with(
    patterns: any PatternSource, tokens: [Token]? = nil, scores: [ScoreTable]? = nil
  ) -> Subject {
    var subject = self
    subject.patterns = patterns
    if let tokens { (subject.tokens, subject.keyTokens) = (tokens, tokens) }
    if let scores { subject.scores = scores }
    return subject
  }

  /// The names of the parts there are.
  public var streams: [StreamName] { parts.map(\.stream) }

  /// One of the parts; nil for one that there is not.
  func part(_ stream: StreamName) -> Part? { parts.first { $0.stream == stream } }

  /// The key/value head that a query head reads.
  func kvHead(of head: Int) -> Int { head / max(1, patterns.heads / max(1, kvHeads)) }

  /// Whether there is a map to look at.
  var isEmpty: Bool {
    patterns.layers < 1 || patterns.heads < 1 || patterns.queryCount < 1 || patterns.keyCount < 1
  }

  /// Whether queries and keys are different tokens, as in cross attention.
  var isCross: Bool { tokens != keyTokens }

  /// Keys that exist before the first query, such as those of an earlier part of the text.
  var lead: Int { isCross ? 0 : max(0, patterns.keyCount - patterns.queryCount) }

  /// The last key that a query can see.
  func lastKey(of query: Int) -> Int {
    let last = patterns.keyCount - 1
    return patterns.isCausal ? min(last, query + lead) : last
  }

  /// A key's bytes; none for a position without a token.
  func keyBytes(_ position: Int) -> [UInt8] {
    keyTokens.indices.contains(position) ? keyTokens[position].bytes : []
  }

  /// A token's bytes; none for a position without a token.
  func bytes(_ position: Int) -> [UInt8] {
    tokens.indices.contains(position) ? tokens[position].bytes : []
  }
}

extension Subject {
  /// A part of a run, and how its heads are counted.
  public struct Part: Sendable, Hashable {
    /// Which.
    public let stream: StreamName
    /// Its layers, and the heads of each.
    public let layers, heads: Int

    /// A part.
    public init(stream: StreamName, layers: Int, heads: Int) {
      (self.stream, self.layers, self.heads) = (stream, layers, heads)
    }

    /// The heads of a list such as `L5.H1,L3`; nil when one is unreadable or not there.
    func heads(named list: String) -> [HeadIndex]? {
      var found: [HeadIndex] = []
      for word in list.split(separator: ",").map({ String($0).trimmed }) {
        let layer = HeadIndex("\(word).0")?.layer
        let named =
          HeadIndex(word).map { [$0] }
          ?? layer.map { layer in (0..<heads).map { HeadIndex(layer: layer, head: $0) } }
        guard let named, named.allSatisfy({ $0.layer < layers && $0.head < heads })
        else { return nil }
        found += named
      }
      return found
    }
  }
}
