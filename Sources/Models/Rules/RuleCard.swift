/// What kind of change a rule is.
public enum RuleFamily: String, Sendable, CaseIterable {
  /// Hides keys before softmax.
  case mask
  /// Changes scores or weights, row by row.
  case reweighting
  /// Makes the map from factors of lower rank.
  case factorised
  /// Gives tokens other positions.
  case repositioning
  /// The same numbers, computed in another order.
  case exact
  /// Another class of function altogether.
  case stress
}

/// How honest it is to apply a rule to a model that was not made for it; always shown with the rule.
public enum RuleLabel: Sendable, Hashable {
  /// The same numbers as softmax by construction.
  case exact
  /// Its authors apply it, untrained, to such checkpoints.
  case asPublished
  /// The parameter-free part of a trained method; `supplied` says what we put in for the rest.
  case adapted(supplied: String)
  /// Needs the true map, so it bounds what any predictor could do.
  case oracle
  /// Changes so much that only the shape of the change means something.
  case stress
  /// Nothing to apply without learned weights.
  case nativeOnly
  /// Ours, to compare with.
  case plain

  /// The label's name.
  public var name: String {
    switch self {
    case .exact: "exact"
    case .asPublished: "as published"
    case .adapted: "adapted"
    case .oracle: "oracle"
    case .stress: "stress"
    case .nativeOnly: "native only"
    case .plain: "plain"
    }
  }

  /// The name and, for an adapted rule, what was supplied.
  public var text: String {
    if case .adapted(let supplied) = self { "adapted: \(supplied)" } else { name }
  }
}

/// How well a rule's form is known.
public enum RuleEvidence: String, Sendable {
  /// A small independent reference reproduces the authors' code.
  case checked = "N"
  /// Read in the authors' source.
  case code = "C"
  /// Read in somebody else's source.
  case port = "P"
  /// Read in public text.
  case text = "T"
  /// Recall; a hint, not a fact.
  case recall = "R"
  /// Defined here.
  case own = "–"
}

/// What a rule reads beside one head's map.
public enum RuleNeed: String, Sendable, CaseIterable {
  /// Values.
  case values
  /// Queries and keys before rotation.
  case unrotated = "pre-rotary q, k"
  /// Named spans of the prompt.
  case spans
  /// Patches in rows and columns.
  case grid = "patch grid"
  /// All heads of the layer.
  case layer = "all heads of the layer"
  /// The residual stream that enters the layer.
  case residual
  /// Numbers from a file.
  case file
  /// A plain run of the prompt, or a second run of it changed.
  case run = "a plain run"
  /// A causal map.
  case causal
  /// A map in which every query sees every key.
  case bidirectional
}

/// What a row of a rule's map sums to.
public enum RowSum: Sendable, Hashable {
  /// One.
  case one
  /// At most one.
  case atMostOne
  /// One or nothing.
  case oneOrZero
  /// Not bounded, but no weight is negative; with the reason.
  case free(String)
  /// Not bounded, and weights may be negative.
  case signed

  /// In a few words.
  public var text: String {
    switch self {
    case .one: "1"
    case .atMostOne: "at most 1"
    case .oneOrZero: "0 or 1"
    case .free(let why): why
    case .signed: "signed"
    }
  }

  /// Whether a sum fits, up to rounding.
  func allows(_ sum: Double, tolerance: Double) -> Bool {
    switch self {
    case .one: abs(sum - 1) <= tolerance
    case .atMostOne: sum <= 1 + tolerance
    case .oneOrZero: abs(sum) <= tolerance || abs(sum - 1) <= tolerance
    case .free: sum >= -tolerance
    case .signed: sum.isFinite
    }
  }
}

/// What a rule says is the same for.
public enum RuleScope: String, Sendable {
  /// Each query head on its own.
  case queryHead = "query head"
  /// All query heads that read one key/value head.
  case kvHead = "KV head"
  /// All heads of a layer.
  case layer
}

/// All that is said about a rule.
public struct RuleCard: Sendable {
  /// The name that scripts use, such as `streaming`.
  public let name: String
  /// A heading for people.
  public let title: String
  /// What it does, in one line.
  public let formula: String
  /// What kind of change it is.
  public let family: RuleFamily
  /// How honest it is.
  public let label: RuleLabel
  /// How well it is known.
  public let evidence: RuleEvidence
  /// Paper and code.
  public let source: String
  /// What can be turned.
  public var parameters: [RuleParameter] = []
  /// What it reads.
  public var needs: Set<RuleNeed> = []
  /// What rows sum to.
  public var rows = RowSum.one
  /// Whether a query may see a later key under it, whatever the model's mask.
  public var seesLaterKeys = false
  /// What shares it.
  public var scope = RuleScope.queryHead
  /// Keys and values that decoding would keep, as a formula; nil when all are kept.
  public var kvFraction: String?

  /// The parameter of that name; nil when there is none.
  public func parameter(_ name: String) -> RuleParameter? {
    parameters.first { $0.name == name }
  }
}
