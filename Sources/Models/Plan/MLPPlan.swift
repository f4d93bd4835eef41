import Tensors

/// One layer's MLP.
public indirect enum MLPPlan: Sendable, Hashable {
  /// `down(activation(up(x)))`.
  case plain(up: LinearPlan, down: LinearPlan, activation: Activation)
  /// `down(activation(gate(x)) · up(x))`.
  ///
  /// With a limit `l` (gpt-oss) the gate is cut to `l` from above, the other factor to `−l...l` and
  /// one is added to it.
  case gated(
    gate: LinearPlan, up: LinearPlan, down: LinearPlan, activation: Activation, limit: Double? = nil
  )
  /// Each token through a few of many MLPs.
  case experts(ExpertsPlan)

  /// The width between; of experts, of one of them.
  public var dMLP: Int {
    switch self {
    case .plain(let up, _, _), .gated(_, let up, _, _, _): up.outputs.count
    case .experts(let plan): plan.experts.first?.dMLP ?? 0
    }
  }

  /// What every token passes through: of experts, as many as the router picks.
  var activeLinears: [LinearPlan] {
    switch self {
    case .plain(let up, let down, _): [up, down]
    case .gated(let gate, let up, let down, _, _): [gate, up, down]
    case .experts(let plan):
      [plan.router, plan.sharedGate].compactMap { $0 } + (plan.shared?.activeLinears ?? [])
        + plan.experts.prefix(plan.routing.count).flatMap(\.activeLinears)
    }
  }

  var weights: [WeightPlan] {
    switch self {
    case .plain, .gated: activeLinears.flatMap(\.weights)
    case .experts(let plan): plan.weights
    }
  }
}

/// Each token through a few of many MLPs, which a router picks.
public struct ExpertsPlan: Sendable, Hashable {
  /// `[dModel] → [experts]`.
  public let router: LinearPlan
  /// How the router's numbers become a choice and its weights.
  public let routing: RoutingPlan
  /// One MLP for each.
  public let experts: [MLPPlan]
  /// What every token passes through besides; nil for none.
  public let shared: MLPPlan?
  /// `[dModel] → [1]`: its sigmoid is what `shared` is multiplied by; nil for one.
  public let sharedGate: LinearPlan?

  init(
    router: LinearPlan, routing: RoutingPlan, experts: [MLPPlan], shared: MLPPlan? = nil,
    sharedGate: LinearPlan? = nil
  ) {
    self.router = router
    self.routing = routing
    self.experts = experts
    self.shared = shared
    self.sharedGate = sharedGate
  }

  var weights: [WeightPlan] {
    let linears = [router, sharedGate].compactMap { $0 }.flatMap(\.weights)
    let correction = routing.correction.map { [$0] } ?? []
    return linears + correction + (shared?.weights ?? []) + experts.flatMap(\.weights)
  }
}

/// How a router's numbers become a choice of experts and their weights.
public struct RoutingPlan: Sendable, Hashable {
  /// What a router's number becomes.
  public enum Scoring: Sendable, Hashable {
    /// A share among all experts.
    case softmax
    /// Each by itself.
    case sigmoid
  }

  /// Experts stand in groups, and only those of the best groups can be chosen.
  public struct Groups: Sendable, Hashable {
    /// How many groups, and how many of them stay.
    public let count, kept: Int
    /// A group is as good as the sum of so many of its best experts.
    public let best: Int
  }

  /// What a router's number becomes.
  public let scoring: Scoring
  /// How many experts a token passes through.
  public let count: Int
  /// Whether the chosen experts' weights are divided by their sum.
  public let isNormalised: Bool
  /// What weights are multiplied by in the end.
  public let scale: Double
  /// Added to the scores for the choice, not for the weights, `[experts]`; nil for none.
  public let correction: WeightPlan?
  /// The groups; nil for none.
  public let groups: Groups?

  init(
    scoring: Scoring = .softmax, count: Int, isNormalised: Bool, scale: Double = 1,
    correction: WeightPlan? = nil, groups: Groups? = nil
  ) {
    self.scoring = scoring
    self.count = count
    self.isNormalised = isNormalised
    self.scale = scale
    self.correction = correction
    self.groups = groups
  }
}
