import Models

/// What is changed about the model while it is looked at.
public struct Alteration: Sendable, Hashable {
  /// Heads whose output is set to zero.
  public var knockedOut: Set<HeadIndex> = []
  /// Rules in place of softmax.
  public var rules = RulePlan()
  /// Whether rules change what comes after them, or their heads alone.
  public var reach = RuleReach.propagated

  /// The model as it is.
  public init() {}

  /// Whether nothing but the maps of the ruled heads themselves is looked at: nothing runs again then, neither
  /// rules nor knock-outs.
  public var isLocal: Bool { reach == .local && !rules.isEmpty }

  /// Whether anything is changed.
  public var isNone: Bool { knockedOut.isEmpty && rules.isEmpty }

  /// What rules are measured against: the same change without any rule.
  ///
  /// In local scope that is the model as it is, for knock-outs are not run.
  var unruled: Alteration {
    guard !isLocal else { return Alteration() }
    var rest = self
    rest.rules = RulePlan()
    return rest
  }

  /// What a status line says; nil when nothing is changed.
  var text: String? {
    var parts: [String] = []
    if !knockedOut.isEmpty {
      parts.append("without \(Self.names(knockedOut))" + (isLocal ? " (not run: local)" : ""))
    }
    for (spec, heads) in heads {
      let rule = spec.prefix { $0 != ":" }
      parts.append("rule \(rule) in \(Self.names(heads)), \(reach.rawValue)")
    }
    return parts.isEmpty ? nil : parts.joined(separator: "; ")
  }

  /// Every rule as a text and the heads that it stands in, in an order of its own: the same state is
  /// written in the same bytes every time.
  var heads: [(rule: String, heads: [HeadIndex])] {
    Dictionary(grouping: rules.heads.keys) { rules[$0]?.description ?? "" }
      .map { ($0.key, $0.value.sorted()) }.sorted { $0.0 < $1.0 }
  }

  private static func names(_ heads: some Collection<HeadIndex>) -> String {
    let names = heads.sorted().prefix(3).map(\.description).joined(separator: " ")
    return names + (heads.count > 3 ? " and \(heads.count - 3) more" : "")
  }
}

/// What can be undone: the change and the prompt, before each edit and after it.
public struct Edits: Sendable, Equatable {
  /// One state of what can be edited.
  struct Version: Sendable, Equatable {
    var alteration: Alteration
    var prompt: String
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
