import Models

/// Where to go once the first run is there; what is nil stays as a new run has it.
public struct Arrival: Sendable, Equatable {
  /// The head, brought into the model's range.
  public var head: HeadIndex?
  /// The query and the key, brought into the prompt's range.
  public var query, key: Int?
  /// The name of a score.
  public var score: String?
  /// Heads to knock out, such as `L5.H1,L3`; `encoder:L5.H1` for those of a part that is not looked at.
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
    /// Heads such as `L5.H1,encoder:L3`; nil for all of the part that is looked at.
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
    let out = alteration.knockedOut
    if !out.isEmpty {
      without = out.names(in: state.stream).joined(separator: ",")
    }
    // The rule that is looked at is the last one that is put in.
    let rules = alteration.heads
    let chosen = state.rule?.description
    self.rules =
      (rules.filter { $0.rule.description != chosen }
      + rules.filter { $0.rule.description == chosen })
      .map { rule, stream, heads in
        let names = StreamHeads(heads, in: stream).names(in: state.stream)
        return Rule(spec: rule, heads: names.joined(separator: ","))
      }
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
    if let unknown = lists.first(where: { parts(named: $0) == nil }) {
      return fail("\(unknown): found no such heads, expected such as L5.H1,L3")
    }
    if let heads = arrival.without.flatMap(parts) {
      for stream in heads.streams { next.knockedOut[stream].formUnion(heads[stream]) }
    }
    for rule in arrival.rules {
      let heads = rule.heads.flatMap(parts) ?? StreamHeads(ruledHeads(.all), in: stream)
      for part in heads.streams {
        for head in heads[part] { next[rulesOf: part][head] = rule.spec }
      }
      self.rule = rule.spec
    }
    change { $0 = next }
    if !arrival.rules.isEmpty {
      ruleTarget = target(of: Set(alteration[rulesOf: stream].heads.keys))
    }
  }

  /// What a rule was put into, by the heads that it stands in.
  private func target(of heads: Set<HeadIndex>) -> RuleTarget {
    guard let patterns = subject?.patterns, heads.count > 1 else { return .head }
    if heads.count == patterns.layers * patterns.heads { return .all }
    let isLayer = heads.count == patterns.heads && Set(heads.map(\.layer)).count == 1
    return isLayer ? .layer : .selected
  }

  /// The heads of a list such as `L5.H1,encoder:L3`; nil when one is unreadable or not there.
  private func parts(named list: String) -> StreamHeads? {
    guard let subject else { return nil }
    return try? StreamHeads(list, in: subject.stream) { words, stream in
      guard let part = subject.part(stream), let heads = part.heads(named: words) else {
        throw ModelError.headListUnreadable(list)
      }
      return heads
    }
  }

  /// The heads of a list such as `L5.H1,L3`; nil when one is unreadable or not there.
  func heads(named list: String) -> [HeadIndex]? {
    subject.flatMap { $0.part($0.stream) }?.heads(named: list)
  }
}
