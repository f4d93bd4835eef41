/// Which rule stands in which head.
public struct RulePlan: Sendable, Hashable {
  /// One rule for each head that has one.
  public private(set) var heads: [HeadIndex: RuleSpec]

  /// No rule anywhere.
  public init() { heads = [:] }

  /// One rule in some heads.
  public init(_ spec: RuleSpec, in heads: some Sequence<HeadIndex>) {
    self.heads = Dictionary(heads.map { ($0, spec) }) { first, _ in first }
  }

  /// Puts a rule into a head, or takes it out.
  public subscript(head: HeadIndex) -> RuleSpec? {
    get { heads[head] }
    set { heads[head] = newValue }
  }

  /// Whether no head has a rule.
  public var isEmpty: Bool { heads.isEmpty }

  /// What is in force, for headers and status lines: `streaming:sink=4,recent=512 in L5.H1, L6 and 3 more`.
  ///
  /// - Parameter plan: The model's, to name layers and the whole model as such.
  public func text(_ plan: ModelPlan) -> String {
    let bySpec = Dictionary(grouping: heads.keys) { heads[$0]?.description ?? "" }
    return bySpec.keys.sorted().map { spec in
      "\(spec) in \(Self.names((bySpec[spec] ?? []).sorted(), plan))"
    }.joined(separator: "; ")
  }

  private static func names(_ heads: [HeadIndex], _ plan: ModelPlan) -> String {
    if heads.count == plan.allHeads.count { return "all heads" }
    let byLayer = Dictionary(grouping: heads, by: \.layer)
    let names = byLayer.keys.sorted().flatMap { layer -> [String] in
      let own = byLayer[layer] ?? []
      return own.count == plan.heads(inLayer: layer).count ? ["L\(layer)"] : own.map(\.description)
    }
    guard names.count > 6 else { return names.joined(separator: ", ") }
    return names.prefix(6).joined(separator: ", ") + " and \(names.count - 6) more"
  }
}
