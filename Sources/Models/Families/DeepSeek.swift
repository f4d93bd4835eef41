/// DeepSeek V2 and V3: latent attention, and experts chosen by groups.
///
/// Source: transformers 5, `models/deepseek_v2/modeling_deepseek_v2.py` and
/// `models/deepseek_v3/modeling_deepseek_v3.py`.
enum DeepSeek: Family {
  static let modelTypes = ["deepseek_v2", "deepseek_v3"]

  static func plan(_ config: ConfigReader) throws -> ModelPlan {
    var shape = try DecoderShape(config, rotary: nil)
    try config.refuse("mlp_bias", unless: .bool(false))
    shape.attention = try attention(shape)
    shape.mlp = try mlp(shape)
    return try shape.plan()
  }

  /// Queries, keys and values through narrow vectors; the turning part of keys is the same for all heads.
  private static func attention(
    _ shape: DecoderShape
  ) throws -> (Int, String) throws -> AttentionPlan {
    let (config, dModel, heads) = (shape.config, shape.dModel, shape.heads)
    let still = try config.count("qk_nope_head_dim", default: 128)
    let turning = try config.count("qk_rope_head_dim", default: 64)
    let dValue = try config.count("v_head_dim", default: 128)
    let rank = try config.count("kv_lora_rank", default: 512)
    let queryRank = try config.optionalCount("q_lora_rank")
    let bias = try config.flag("attention_bias", default: false)
    let isPaired = try config.flag("rope_interleave", default: true)
    let dHead = still + turning
    let rotary = PositionPlan.rotary(
      try config.rotary(
        width: turning, first: still, pairing: isPaired ? .neighbours : .halves))
    let growth = try RotarySettings(config, layerType: nil, .init()).scoreGrowth()
    // Of the narrow vectors, whatever the configuration says of the others.
    func norm(_ name: String, _ width: Int) -> NormPlan { .rms(name, width, epsilon: 1e-6) }
    return { layer, name in
      func expanded(_ first: Int, _ width: Int) -> LinearPlan {
        shape.linear(
          "\(name).kv_b_proj", rank, heads * (still + dValue),
          Outputs(first: first, width: width, distance: still + dValue, stretches: heads))
      }
      func narrowed(_ outputs: Range<Int>) -> LinearPlan {
        shape.linear(
          "\(name).kv_a_proj_with_mqa", dModel, rank + turning, Outputs(outputs), bias: bias)
      }
      return AttentionPlan(
        heads: heads, kvHeads: heads, dHead: dHead, dValue: dValue,
        scale: growth / Double(dHead).squareRoot(),
        query: shape.linear(
          "\(name).\(queryRank == nil ? "q_proj" : "q_b_proj")", queryRank ?? dModel,
          heads * dHead),
        key: expanded(0, still), value: expanded(still, dValue),
        output: shape.linear("\(name).o_proj", heads * dValue, dModel, bias: bias),
        queryLatent: queryRank.map {
          LatentPlan(
            down: shape.linear("\(name).q_a_proj", dModel, $0, bias: bias),
            norm: norm("\(name).q_a_layernorm", $0))
        },
        keyValueLatent: LatentPlan(
          down: narrowed(0..<rank), norm: norm("\(name).kv_a_layernorm", rank)),
        sharedKey: narrowed(rank..<rank + turning), position: rotary, mask: .causal)
    }
  }

  /// Plain in the first layers, then experts.
  private static func mlp(_ shape: DecoderShape) throws -> (Int, String) throws -> MLPPlan {
    let config = shape.config
    let isV3 = config.modelType == "deepseek_v3"
    let count = try config.count("n_routed_experts", default: isV3 ? 256 : 64)
    let width = try config.count("moe_intermediate_size", default: isV3 ? 2048 : 1407)
    let shared = try config.count("n_shared_experts", default: isV3 ? 1 : 2)
    let first = config.value("first_k_dense_replace")?.int ?? (isV3 ? 3 : 0)
    let routing = try routing(config, isV3: isV3, experts: count)
    return { layer, block in
      let name = "\(block).mlp"
      guard layer >= first else { return shape.gatedMLP(name, width: shape.dMLP) }
      let corrected = isV3 ? WeightPlan("\(name).gate.e_score_correction_bias", [count]) : nil
      return shape.experts(
        name, count: count, width: width, routing: routing(corrected),
        shared: shape.gatedMLP("\(name).shared_experts", width: shared * width))
    }
  }

  private static func routing(
    _ config: ConfigReader, isV3: Bool, experts: Int
  ) throws -> (WeightPlan?) -> RoutingPlan {
    let method =
      try config.word("topk_method", among: ["greedy", "group_limited_greedy", "noaux_tc"])
      ?? (isV3 ? "noaux_tc" : "greedy")
    let kept = try config.count("topk_group", default: isV3 ? 4 : 1)
    let groups = try config.count("n_group", default: isV3 ? 8 : 1)
    guard experts % groups == 0, kept <= groups else {
      throw ModelError.configValue(
        file: config.file, key: "n_group", found: "\(groups)",
        expected: "a divisor of the \(experts) experts, at least topk_group")
    }
    let count = try config.count("num_experts_per_tok", default: 8)
    let scale = try config.number("routed_scaling_factor", default: isV3 ? 2.5 : 1)
    let isNormalised = isV3 ? try config.flag("norm_topk_prob", default: true) : false
    // V2 leaves norm_topk_prob alone, as the reference does.
    config.ignore(["norm_topk_prob", "scoring_func"])
    return { correction in
      RoutingPlan(
        scoring: isV3 ? .sigmoid : .softmax, count: count, isNormalised: isNormalised, scale: scale,
        correction: correction,
        groups: method == "greedy"
          ? nil : RoutingPlan.Groups(count: groups, kept: kept, best: isV3 ? 2 : 1))
    }
  }
}
