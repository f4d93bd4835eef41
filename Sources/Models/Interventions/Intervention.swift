import Tensors

/// A change to one run: what is asked "and if this part had been different?".
///
/// Everything here happens before the output projection, where heads are still apart: after it they
/// are mixed, and nothing there belongs to one head alone.
public enum Intervention: Sendable {
  /// Multiplies a head's weighted values, `z`, at every position.
  case scale(HeadIndex, by: Double)
  /// Multiplies a head's weighted values number by number, at every position; `dValue` factors.
  case stretch(HeadIndex, by: [Double])
  /// Replaces vectors at some positions, or at all of them when `positions` is nil.
  ///
  /// - Parameter values: One row for each position in that order, or a single row for all of them;
  ///   `[rows, width of the site]`.
  case replace(Site, positions: [Int]?, values: Tensor<Double>)
  /// Turns a head's scores into weights by another rule; from `Model.interventions(_:on:)`.
  case rule(HeadIndex, AppliedRule)

  /// What can be replaced.
  public enum Site: Sendable, Hashable, CustomStringConvertible {
    /// A head's queries after position encoding, `dHead` wide.
    case queries(HeadIndex)
    /// The keys of the KV head that a head reads, after position encoding: every head of its group
    /// sees the change.
    case keys(HeadIndex)
    /// The values of the KV head that a head reads: every head of its group sees the change.
    case values(HeadIndex)
    /// A head's pattern · values, before the output projection.
    case weightedValues(HeadIndex)
    /// The residual stream entering a layer, or leaving the last one for `layer == layers`; `dModel`
    /// wide.
    case residual(layer: Int)

    /// Such as `z of L5.H1`.
    public var description: String {
      switch self {
      case .queries(let head): "q of \(head)"
      case .keys(let head): "k of \(head)"
      case .values(let head): "v of \(head)"
      case .weightedValues(let head): "z of \(head)"
      case .residual(let layer): "residual entering layer \(layer)"
      }
    }
  }

  /// Takes a head out: its `z` becomes zero.
  public static func zero(_ head: HeadIndex) -> Intervention { .scale(head, by: 0) }

  /// Puts a mean in place of a head's `z`, `[dHead]`, at every position.
  public static func mean(_ head: HeadIndex, _ mean: [Double]) -> Intervention {
    .replace(
      .weightedValues(head), positions: nil, values: Tensor(mean, shape: [1, mean.count]))
  }

  /// Puts a head's `z` of another run in place of its own, position by position.
  ///
  /// - Parameter other: A run of the same model on as many tokens.
  public static func resample<Element: Scalar>(
    _ head: HeadIndex, from other: Trace<Element>
  ) -> Intervention {
    .replace(
      .weightedValues(head), positions: nil,
      values: other.weightedValues(head).copied.converted(to: Double.self))
  }

  /// The first block that it touches.
  public var layer: Int {
    switch self {
    case .scale(let head, _), .stretch(let head, _), .rule(let head, _): head.layer
    case .replace(let site, _, _): site.layer
    }
  }

  /// The head that it changes; nil for the residual stream.
  var head: HeadIndex? {
    switch self {
    case .scale(let head, _), .stretch(let head, _), .rule(let head, _): head
    case .replace(let site, _, _): site.head
    }
  }

  /// Whether it replaces the residual stream.
  var isOfResidual: Bool {
    if case .replace(.residual, _, _) = self { true } else { false }
  }

  /// Whether a layer's queries, keys, values and maps stay as they were.
  var leavesMapsOfItsLayer: Bool {
    switch self {
    case .scale, .stretch, .replace(.weightedValues, _, _): true
    case .replace, .rule: false
    }
  }

  /// Whether cross attention has it: it has no residual stream of its own, and of rules only cut edges, which
  /// know that keys are another stack's.
  var suitsCrossAttention: Bool {
    if case .rule(_, let rule) = self { rule.spec.name == CutRule.card.name } else { !isOfResidual }
  }

  /// Whether a layer's queries, keys and values stay as they were.
  var leavesInputsOfItsLayer: Bool {
    if case .rule = self { true } else { leavesMapsOfItsLayer }
  }
}

extension Intervention.Site {
  /// The block that it lies in.
  public var layer: Int {
    switch self {
    case .queries(let head), .keys(let head), .values(let head), .weightedValues(let head):
      head.layer
    case .residual(let layer): layer
    }
  }

  /// Whether its vectors are as wide as values.
  var isOfValues: Bool {
    switch self {
    case .values, .weightedValues: true
    case .queries, .keys, .residual: false
    }
  }

  /// Whether its vectors stand for keys, not for queries.
  public var isOfKeys: Bool {
    switch self {
    case .keys, .values: true
    case .queries, .weightedValues, .residual: false
    }
  }

  var head: HeadIndex? {
    switch self {
    case .queries(let head), .keys(let head), .values(let head), .weightedValues(let head): head
    case .residual: nil
    }
  }
}

extension [Intervention] {
  /// The rule of each head that has one; the last one given.
  var rules: [HeadIndex: AppliedRule] {
    var rules: [HeadIndex: AppliedRule] = [:]
    for case .rule(let head, let rule) in self { rules[head] = rule }
    return rules
  }
}
