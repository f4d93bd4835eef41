/// Every rule that heed can apply.
public enum AttentionRules {
  /// Alphabetical; a test reads `Rules/` and names a file that is missing here.
  public static let all: [any AttentionRule.Type] = [
    ACTRule.self,
    AgentRule.self,
    BiFormerRule.self,
    ClippedRule.self,
    CombinerRule.self,
    CutRule.self,
    DaViTRule.self,
    DuoRule.self,
    FlowRule.self,
    FuseMaxRule.self,
    IsolationRule.self,
    LandmarkRule.self,
    LightningRule.self,
    LoFiTRule.self,
    LongHeadsRule.self,
    LSceneLLMRule.self,
    MoHRule.self,
    NoSinkRule.self,
    PAINTRule.self,
    PINERule.self,
    RazorRule.self,
    RecycledRule.self,
    RepositionRule.self,
    RoutingRule.self,
    S2Rule.self,
    SparsifinerOracleRule.self,
    StreamingRule.self,
    TemperatureRule.self,
    TitansMaskRule.self,
    TopKRule.self,
    VARRule.self,
    VHRRule.self,
    WindowRule.self,
  ]

  /// The rule of that name; nil when there is none.
  public static func named(_ name: String) -> (any AttentionRule.Type)? {
    all.first { $0.card.name == name }
  }
}
