import Models
import Tensors
import Tokenizers

@testable import Analysis
@testable import Explorer

/// Maps with a closed form, one kind per head.
struct SyntheticPatterns: PatternSource {
  enum Kind: CaseIterable {
    /// All weight on the token before; the first token on itself.
    case previous
    /// Three quarters on the first token, the rest on the query itself.
    case sink
    /// The same weight on every key that can be seen.
    case uniform
    /// All weight on the token eight before, plus one: what followed the last time.
    case induction
  }

  let layers, heads, queryCount, keyCount: Int
  var isCausal = true

  init(layers: Int = 4, heads: Int = 6, tokens: Int) {
    (self.layers, self.heads) = (layers, heads)
    (queryCount, keyCount) = (tokens, tokens)
  }

  static func kind(_ head: HeadIndex) -> Kind {
    Kind.allCases[(head.layer + head.head) % Kind.allCases.count]
  }

  static func weight(_ head: HeadIndex, query: Int, key: Int) -> Float {
    guard key <= query else { return 0 }
    return switch kind(head) {
    case .previous: key == max(0, query - 1) ? 1 : 0
    case .sink: query == 0 ? 1 : key == 0 ? 0.75 : key == query ? 0.25 : 0
    case .uniform: 1 / Float(query + 1)
    case .induction: key == max(0, query - 7) ? 1 : 0
    }
  }

  func pattern(_ head: HeadIndex, rows: Range<Int>, columns: Range<Int>) -> Tensor<Float> {
    precondition(rows.upperBound <= queryCount && columns.upperBound <= keyCount)
    var elements: [Float] = []
    elements.reserveCapacity(rows.count * columns.count)
    for query in rows {
      for key in columns { elements.append(Self.weight(head, query: query, key: key)) }
    }
    return Tensor(elements, shape: [rows.count, columns.count])
  }
}

extension Token {
  init(_ text: String) { self.init(id: 0, piece: text, bytes: Array(text.utf8), start: 0, end: 0) }
}

extension Subject {
  static let sentence = [
    "The", " cat", " sat", " on", " the", " mat", ".", " The", " cat", " sat", " on", " the",
    " hat",
    ",", " and", " the", " dog", " looked", " at", " them", ".",
  ]

  /// Wide characters, right-to-left text, controls, half characters, joiners, and an attack.
  static let awkward = [
    Token("猫"), Token("が"), Token(" 座った"), Token("\n"), Token(" שלום"), Token(" مرحبا"),
    Token("\u{1B}[2J"), Token("\t"), Token("👩\u{200D}💻"), Token("👍🏽"), Token("\u{202E}abc"),
    Token(id: 0, piece: "Ã", bytes: [0xC3], start: 0, end: 0),
    Token(id: 0, piece: "¤", bytes: [0xA4], start: 0, end: 0), Token("e\u{301}"), Token("\u{301}"),
    Token("🇫🇷"), Token("    "), Token(" antidisestablishmentarianism"), Token(""), Token("."),
  ]

  static func synthetic(
    _ tokens: [Token] = sentence.map { Token($0) }, layers: Int = 4, heads: Int = 6
  ) -> Subject {
    let patterns = SyntheticPatterns(layers: layers, heads: heads, tokens: tokens.count)
    func table(_ value: (HeadIndex) -> Double) -> HeadTable {
      HeadTable(
        layers: layers, heads: heads,
        values: (0..<layers * heads).map { value(HeadIndex(layer: $0 / heads, head: $0 % heads)) })
    }
    let last = tokens.count - 1
    func share(_ key: Int) -> (HeadIndex) -> Double {
      { tokens.isEmpty ? .nan : Double(SyntheticPatterns.weight($0, query: last, key: key)) }
    }
    func entropy(_ head: HeadIndex) -> Double {
      switch SyntheticPatterns.kind(head) {
      case .previous, .induction: 0
      case .sink: 0.5623
      case .uniform: tokens.count == 21 ? 3.0445 : 1
      }
    }
    return Subject(
      model: "synthetic", details: ["closed-form heads", "\(layers) layers of \(heads) heads"],
      prompt: tokens.map(\.text).joined(), tokens: tokens, patterns: patterns,
      scores: [
        ScoreTable(
          name: "entropy", title: "Entropy", unit: "nats", lowest: 0, table: table(entropy)),
        ScoreTable(
          name: "first", title: "First-token share", unit: "share", lowest: 0, highest: 1,
          table: table(share(0))),
        ScoreTable(
          name: "previous", title: "Previous-token share", unit: "share", lowest: 0, highest: 1,
          table: table { last < 1 ? .nan : share(last - 1)($0) }),
      ])
  }
}

extension ExplorerState {
  /// The state once the engine has answered what its view asks.
  func answered() -> ExplorerState {
    var state = self
    let always = [Question(.outcome, alteration)]
    for question in ExplorerViews.named(view).questions(self) + always {
      let answer = Answer.synthetic(question, tokens: subject?.tokens.count ?? 0)
      let why = "an engine is needed for this"
      _ = update(&state, .answered(question, answer, generation: generation, why: why))
    }
    return state
  }
}

extension Answer {
  /// What an engine with closed-form vectors would say.
  static func synthetic(_ question: Question, tokens: Int) -> Answer? {
    switch question.topic {
    case .vectors:
      let dHead = 16
      func vectors(_ shift: Int) -> [Float] {
        (0..<tokens * dHead).map { Float(($0 * 7 + shift) % 23 - 11) / 4 }
      }
      return .vectors(
        HeadVectors(dHead: dHead, scale: 0.25, queries: vectors(0), keys: vectors(5)))
    case .valueNorms:
      return .valueNorms(
        ValueLengths((0..<4).map { _ in (0..<6).map { _ in (0..<tokens).map { Float($0 + 1) } } }))
    case .model:
      return .model(
        ModelReport(
          plan: [.init("family", "synthetic"), .init("heads", "6 of width 16")],
          checks: [
            .init("row sums", "at most 5e-8 from 1"), .init("undefined", "no", isFine: false),
          ]))
    case .edge(let queries, let keys):
      return .table(
        .edge(SyntheticPatterns(tokens: tokens), queries: queries, keys: keys) { _ in })
    case .pooledMap(let head, let rows, let columns, let pool):
      return .pooledMap(
        SyntheticPatterns(tokens: tokens).pooledPattern(
          head, rows: rows, columns: columns, pool: pool, taking: pool))
    case .sinks: return tokens > 7 ? .sinks(.synthetic(tokens: tokens)) : nil
    case .outcome:
      return .outcome(outcome(question.alteration, tokens: tokens))
    case .forecast:
      return .forecast(forecast(question.alteration))
    case .score(let name):
      let values = (0..<24).map { Double(($0 * 5) % 24) / 24 }
      return .scores([
        ScoreTable(
          name: name, title: "Score \(name)", unit: "share", lowest: 0, highest: 1,
          table: HeadTable(layers: 4, heads: 6, values: values))
      ])
    case .pruning(let request): return .pruning(.synthetic(request))
    case .next(let ids):
      return .next(.synthetic(ids.count), SyntheticPatterns(tokens: tokens + ids.count))
    case .other:
      let drift = HeadTable(layers: 4, heads: 6, values: (0..<24).map { Double($0) / 24 })
      return .other(ComparedRun(subject: .synthetic(), drift: drift, loss: 2))
    case .drift(let head): return .drift([.synthetic(head ?? HeadIndex(layer: 0, head: 0))])
    case .effect:
      return .effect(
        RuleEffect(
          losses: ([1, 2], [1.25, 2.5]), divergences: [0, 0.5],
          changes: [.init(position: 1, before: 0, after: 1)], accuracy: (0.5, 0)))
    case .like(let head):
      return .table(.like(SyntheticPatterns(tokens: tokens), head) { _ in })
    }
  }
}

extension RuleDrift {
  /// A rule that keeps three quarters of a head's attention.
  fileprivate static func synthetic(_ head: HeadIndex) -> RuleDrift {
    var drift = RuleDrift(head: head)
    (drift.keptMass, drift.totalVariation, drift.jensenShannon) = (0.75, 0.25, 0.125)
    (drift.outputError, drift.outputCosine, drift.density) = (0.375, 0.9375, 0.5)
    (drift.effectiveRankBefore, drift.effectiveRank) = (8.5, 6.25)
    (drift.sinkShareBefore, drift.sinkShare, drift.kvFraction) = (0.5, 0.625, 0.28125)
    return drift
  }
}

extension SinkReport {
  /// The sink heads of `SyntheticPatterns` feed the first key, whose hidden state stands out at 11.
  fileprivate static func synthetic(tokens: Int) -> SinkReport {
    let heads = (0..<24).map { HeadIndex(layer: $0 / 6, head: $0 % 6) }
    let sinks = heads.filter { SyntheticPatterns.kind($0) == .sink }
    let layers = (0..<4).map { layer in
      var states = (0..<tokens * 16).map { Float($0 * 7 % 11) / 10 - 0.5 }
      if layer > 0 { states[11] = 250 }
      let outliers = Outliers(Tensor(states, shape: [tokens, 16]))
      return Layer(residual: outliers, attention: outliers, mlp: nil)
    }
    let massive = layers.enumerated().flatMap { layer, parts in
      parts.residual.strongest.prefix(1).map {
        Massive(layer: layer, activation: $0, isMassive: layer > 0)
      }
    }
    return SinkReport(
      epsilon: 0.3,
      positions: (0..<tokens).map { key in
        Position(
          index: key, received: key == 0 ? 0.3125 : 1 / Double(8 + key),
          rate: key == 0 ? 100 * Double(sinks.count) / 24 : 0)
      },
      feeders: sinks.enumerated().map { place, head in
        Feeder(head: head, key: 0, share: 0.78 - Double(place) / 64, valueNorm: 0.0625)
      }, massive: massive, layers: layers,
      dimensions: SinkDimensions(
        dimensions: [11], threshold: 1.25,
        phi: (0..<4).map { layer in (0..<tokens).map { $0 == 0 && layer > 0 ? 3.9 : 0.1 } }))
  }
}

extension Answer {
  private static let words = [" Mary", " John", " the", " a"].map { Array($0.utf8) }

  /// Sure of the first word; without any head sure of the second.
  private static func outcome(_ alteration: Alteration, tokens: Int) -> Outcome {
    let isBase = alteration.isNone
    let best = (0..<tokens).map {
      Predictions.Guess(id: isBase ? $0 % 4 : 1, probability: isBase ? 0.75 : 0.5)
    }
    let losses = (0..<max(0, tokens - 1)).map { Double($0 % 5) / 2 + (isBase ? 0 : 0.25) }
    let changed = SyntheticPatterns(tokens: tokens)
    let drift = HeadTable(
      layers: 4, heads: 6, values: (0..<24).map { $0 < 6 ? 0 : Double($0) / 48 })
    return Outcome(
      patterns: changed, predictions: tokens == 0 ? nil : Predictions(best: best, losses: losses),
      spelling: Dictionary(uniqueKeysWithValues: words.enumerated().map { ($0, $1) }),
      scores: isBase ? [] : Subject.synthetic().scores, drift: isBase ? nil : drift)
  }

  private static func forecast(_ alteration: Alteration) -> Forecast {
    let order = alteration.isNone ? [0, 1, 2, 3] : [1, 0, 2, 3]
    let top = order.enumerated().map { rank, id in
      Forecast.Guess(id: id, bytes: words[id], probability: [0.75, 0.125, 0.0625, 0.03125][rank])
    }
    return Forecast(
      top: top, target: .init(id: 0, bytes: words[0], probability: 0.75),
      lens: [top[3], top[2], top[1], top[0], top[0]], rise: [0, 0.125, 0.25, 0.5, 0.75],
      contributions: HeadTable(
        layers: 4, heads: 6, values: (0..<24).map { Double(($0 * 7) % 24) / 4 - 3 }),
      lastLayer: LastLayer(id: 0, attention: 0.5, rest: -1.25), lastLayerToken: words[0])
  }
}

/// Everything that an output can show.
let appearances = ColorDepth.allCases.flatMap { depth in
  Charset.allCases.map { Appearance(depth: depth, charset: $0) }
}

extension PruneCurve {
  /// Heads go from the last to the first; the loss grows with the square of how many are gone.
  static func synthetic(_ request: PruneRequest) -> PruneCurve {
    let importance = HeadTable(layers: 4, heads: 6, values: (0..<24).map { 1 - Double($0) / 24 })
    let points = (0..<24).map { count in
      let removed = (0..<count).map { HeadIndex(layer: (23 - $0) / 6, head: (23 - $0) % 6) }
      let random = [0.8, 1.0, 1.2].map { 2 + Double(count) / 8 * $0 }
      return Pruning.Point(
        mask: HeadMask(removed: Set(removed)), loss: 2 + Double(count * count) / 150,
        accuracy: 0.75 - Double(count) / 48, random: random)
    }
    return PruneCurve(
      request, title: "Importance after Michel", importance: importance, points: points,
      judged: "20 tokens")
  }
}

extension WrittenToken {
  /// ` cat`, ` sat`, … over and over, pointed at by a head where the prompt has it.
  static func synthetic(_ step: Int) -> WrittenToken {
    let token = Token(Subject.sentence[(step + 1) % 6])
    let others = [" dog", " hat"].map {
      Forecast.Guess(id: 1, bytes: Array($0.utf8), probability: 0.125)
    }
    return WrittenToken(
      token: token,
      candidates: [.init(id: 0, bytes: token.bytes, probability: 0.5)] + others,
      pointers: [
        HeadPointer(head: HeadIndex(layer: 2, head: 1), key: step + 1, weight: 0.75),
        HeadPointer(head: HeadIndex(layer: 1, head: 2), key: step + 1, weight: 0.5),
      ])
  }
}
