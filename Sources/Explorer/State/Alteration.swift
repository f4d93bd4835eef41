import Models

/// What is changed about the model while it is looked at.
public struct Alteration: Sendable, Hashable {
  /// Heads whose output is set to zero.
  public var knockedOut = StreamHeads()
  /// Rules in place of softmax, by part; a part without any has no entry.
  public internal(set) var rules: [StreamName: RulePlan] = [:]
  /// Whether rules change what comes after them, or their heads alone.
  public var reach = RuleReach.propagated

  /// The model as it is.
  public init() {}

  /// Whether nothing but the maps of the ruled heads themselves is looked at: nothing runs again then, neither
  /// rules nor knock-outs.
  public var isLocal: Bool { reach == .local && !rules.isEmpty }

  /// The rules of one part.
  public subscript(rulesOf stream: StreamName) -> RulePlan {
    get { rules[stream] ?? RulePlan() }
    set { rules[stream] = newValue.isEmpty ? nil : newValue }
  }

  /// Whether anything is changed.
  public var isNone: Bool { knockedOut.isEmpty && rules.isEmpty }

  /// What rules are measured against: the same change without any rule.
  ///
  /// In local scope that is the model as it is, for knock-outs are not run.
  var unruled: Alteration {
    guard !isLocal else { return Alteration() }
    var rest = self
    rest.rules = [:]
    return rest
  }

  /// What is changed, every rule with all of its parameters; nil when nothing is.
  public var text: String? { text(naming: 3, reach: true, \.description) }

  /// The same for a line that has no room for it: of parameters those that are not the defaults, of heads the
  /// number.
  var shortText: String? { text(naming: 1, reach: true, \.shortText) }

  /// The same without the usual reach.
  var briefText: String? { text(naming: 1, reach: reach == .local, \.shortText) }

  /// What no line is too short for: the names of rules, and how many heads are out.
  var names: String? {
    let out = knockedOut.streams.flatMap { knockedOut[$0] }
    let parts =
      (out.isEmpty ? [] : ["without " + (out.count == 1 ? "\(out[0])" : "\(out.count) heads")])
      + (rules.isEmpty
        ? [] : ["rule " + Set(heads.map(\.rule.name)).sorted().joined(separator: ", ")])
    return parts.isEmpty ? nil : parts.joined(separator: "; ") + (isLocal ? ", local" : "")
  }

  private func text(
    naming limit: Int, reach namesReach: Bool, _ spelling: (RuleSpec) -> String
  ) -> String? {
    func names(_ heads: some Collection<HeadIndex>) -> String {
      if limit == 1, heads.count > 1 { return "\(heads.count) heads" }
      let names = heads.sorted().prefix(limit).map(\.description).joined(separator: " ")
      return names + (heads.count > limit ? " and \(heads.count - limit) more" : "")
    }
    var parts: [String] = []
    if !knockedOut.isEmpty {
      let streams = knockedOut.streams
      // Of a single stack the decoder's heads need no name of their part.
      let out = streams.map { stream in
        names(knockedOut[stream]) + (streams == [.decoder] ? "" : " of \(stream.inWords)")
      }
      parts.append("without \(out.joined(separator: ", "))" + (isLocal ? " (not run: local)" : ""))
    }
    for (rule, stream, heads) in heads {
      let part = rules.keys.elementsEqual([.decoder]) ? "" : " of \(stream.inWords)"
      parts.append(
        "rule \(spelling(rule)) in \(names(heads))\(part)"
          + (namesReach ? ", \(reach.rawValue)" : ""))
    }
    return parts.isEmpty ? nil : parts.joined(separator: "; ")
  }

  /// Every rule and the heads that it stands in, in an order of its own: the same state is written in the same
  /// bytes every time.
  var heads: [(rule: RuleSpec, stream: StreamName, heads: [HeadIndex])] {
    StreamName.allCases.flatMap { stream in
      Dictionary(grouping: self[rulesOf: stream].heads.sorted { $0.key < $1.key }, by: \.value)
        .map { ($0.key, stream, $0.value.map(\.key)) }
        .sorted { $0.0.description < $1.0.description }
    }
  }
}

/// What can be undone: the change, the prompt and its image, before each edit and after it.
public struct Edits: Sendable, Equatable {
  /// One state of what can be edited.
  struct Version: Sendable, Equatable {
    var alteration: Alteration
    var prompt: String
    /// The image or the sound beside the prompt.
    var medium: Origin.Option?
  }

  private var undone: [Version] = []
  private var done: [Version] = []

  static let capacity = 200

  /// Nothing to undo.
  init() {}

  /// Notes what is about to be changed.
  mutating func note(_ version: Version) {
    done.append(version)
    if done.count > Self.capacity { done.removeFirst() }
    undone = []
  }

  /// What was before; `current` comes back with `redo`.
  mutating func undo(_ current: Version) -> Version? {
    guard let version = done.popLast() else { return nil }
    undone.append(current)
    return version
  }

  /// What was undone.
  mutating func redo(_ current: Version) -> Version? {
    guard let version = undone.popLast() else { return nil }
    done.append(current)
    return version
  }
}
