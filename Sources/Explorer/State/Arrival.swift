import Models

/// Where to go once the first run is there; what is nil stays as a new run has it.
public struct Arrival: Sendable, Equatable {
  /// The head, brought into the model's range.
  public var head: HeadIndex?
  /// The query and the key, brought into the prompt's range.
  public var query, key: Int?
  /// The name of a score.
  public var score: String?
  /// Heads to knock out, such as `L5.H1,L3`.
  public var without: String?
  /// Rules to put into heads.
  public var rules: [Rule] = []
  /// How far they reach.
  public var reach: RuleReach?

  /// A rule and where it stands.
  public struct Rule: Sendable, Equatable {
    /// The rule.
    public let spec: RuleSpec
    /// Heads such as `L5.H1,L3`; nil for all.
    public let heads: String?

    /// A rule in some heads.
    public init(spec: RuleSpec, heads: String?) { (self.spec, self.heads) = (spec, heads) }
  }

  /// Nowhere in particular.
  public init() {}
}

extension ExplorerState {
  /// Goes where the command line or a session said; once, for the next run is another matter.
  mutating func arrive() {
    if let head = arrival.head { self.head = head }
    if let query = arrival.query { self.query = query }
    if let key = arrival.key { self.key = key }
    if let score = arrival.score { self.score = score }
    change(as: arrival)
    arrival = Arrival()
  }

  /// Changes the model as was asked for before it was there.
  private mutating func change(as arrival: Arrival) {
    guard arrival.without != nil || !arrival.rules.isEmpty else { return }
    var next = alteration
    if let reach = arrival.reach { next.reach = reach }
    let lists = [arrival.without].compactMap { $0 } + arrival.rules.compactMap(\.heads)
    for list in lists where heads(named: list) == nil {
      notice = Notice(
        text: "\(list): found no such heads, expected such as L5.H1,L3", isError: true)
      return
    }
    if let list = arrival.without {
      next.knockedOut.formUnion(heads(named: list) ?? [])
      next.stream = subject?.stream ?? .decoder
    }
    for rule in arrival.rules {
      for head in rule.heads.map({ heads(named: $0) ?? [] }) ?? ruledHeads(.all) {
        next.rules[head] = rule.spec
      }
      self.rule = rule.spec
    }
    change { $0 = next }
  }

  /// The heads of a list such as `L5.H1,L3`; nil when one is unreadable or not there.
  private func heads(named list: String) -> [HeadIndex]? {
    guard let patterns = subject?.patterns else { return nil }
    var found: [HeadIndex] = []
    for word in list.split(separator: ",").map({ String($0).trimmed }) {
      let layer = HeadIndex("\(word).0")?.layer
      let named =
        HeadIndex(word).map { [$0] }
        ?? layer.map { layer in (0..<patterns.heads).map { HeadIndex(layer: layer, head: $0) } }
      guard let named,
        named.allSatisfy({ $0.layer < patterns.layers && $0.head < patterns.heads })
      else { return nil }
      found += named
    }
    return found
  }
}
