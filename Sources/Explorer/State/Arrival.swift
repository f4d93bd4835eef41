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
  /// Commands to carry out there, such as `filter layer<6`; the place is gone to after them.
  public var commands: [String] = []

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

  /// What leads to a state: its place, its change of the model, and its settings of a view.
  init(_ state: ExplorerState, view: String) {
    (head, query, key) = (state.head, state.query, state.key)
    let alteration = state.alteration
    // They mean heads of the part that is looked at.
    let out = alteration.knockedOut(in: state.subject?.stream ?? .decoder)
    if !out.isEmpty { without = ExplorerState.names(out) }
    // The rule that is looked at is the last one that is put in.
    let rules = alteration.heads
    let chosen = state.rule?.description
    self.rules =
      (rules.filter { $0.rule.description != chosen }
      + rules.filter { $0.rule.description == chosen })
      .map { Rule(spec: $0.rule, heads: ExplorerState.names($0.heads)) }
    reach = rules.isEmpty ? nil : alteration.reach
    commands = state.settings(of: view)
  }
}

extension ExplorerState {
  /// Goes where the command line or a session said; once, for the next run is another matter.
  ///
  /// - Returns: What its commands ask for.
  mutating func arrive() -> [Effect] {
    let arrival = arrival
    self.arrival = Arrival()
    go(to: arrival)
    change(as: arrival)
    guard !arrival.commands.isEmpty else { return [] }
    let effects = perform(arrival.commands)
    // Commands about one head or another went there.
    go(to: arrival)
    return effects
  }

  private mutating func go(to arrival: Arrival) {
    if let head = arrival.head { self.head = head }
    if let query = arrival.query { self.query = query }
    if let key = arrival.key { self.key = key }
    if let score = arrival.score { self.score = score }
  }

  /// Carries out commands up to the first that is refused, as if the state had always been so: nothing of
  /// it is a place to go back to, or to be repeated.
  private mutating func perform(_ commands: [String]) -> [Effect] {
    let (earlier, trail, repeated) = (notice, trail, repeated)
    notice = nil
    var effects: [Effect] = []
    for line in commands {
      effects += perform(line)
      if notice?.isError == true { break }
    }
    (self.trail, self.repeated) = (trail, repeated)
    // What each of them says about itself is no news.
    if notice?.isError != true { notice = earlier }
    arriving = Set(errands)
    return effects
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
    if !arrival.rules.isEmpty { ruleTarget = target(of: Set(alteration.rules.heads.keys)) }
  }

  /// What a rule was put into, by the heads that it stands in.
  private func target(of heads: Set<HeadIndex>) -> RuleTarget {
    guard let patterns = subject?.patterns, heads.count > 1 else { return .head }
    if heads.count == patterns.layers * patterns.heads { return .all }
    let isLayer = heads.count == patterns.heads && Set(heads.map(\.layer)).count == 1
    return isLayer ? .layer : .selected
  }

  /// The heads of a list such as `L5.H1,L3`; nil when one is unreadable or not there.
  func heads(named list: String) -> [HeadIndex]? {
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
