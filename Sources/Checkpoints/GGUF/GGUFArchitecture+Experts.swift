import Tensors

/// Architectures whose MLPs are several experts and a router that chooses among them.
///
/// A file has the same matrix of all experts as one tensor, `[expert, output, input]`; a checkpoint
/// has one for each of them.
extension GGUFArchitecture {
  /// Where the experts' matrices go.
  struct Experts {
    /// Before an expert's number, such as `mlp.experts`.
    let name: String
    /// What follows it, by the name of the fused tensor.
    let matrices: [String: String]
    /// The setting that counts them.
    let count: String
    /// The setting for their width; nil where it is that of the plain MLP.
    var width: String?
    /// Settings that the file does not repeat, as llama.cpp has them for the architecture.
    var fixed: [String: JSON] = [:]
  }

  static let mixtral = decoder(
    "llama", "mixtral", "MixtralForCausalLM",
    inner: ["ffn_gate_inp": "block_sparse_moe.gate"], rope: .interleaved,
    experts: Experts(
      name: "block_sparse_moe.experts",
      matrices: ["ffn_gate_exps": "w1", "ffn_up_exps": "w3", "ffn_down_exps": "w2"],
      count: "num_local_experts"))

  private static let gated = [
    "ffn_gate_exps": "gate_proj", "ffn_up_exps": "up_proj", "ffn_down_exps": "down_proj",
  ]
  static let qwen2moe = decoder(
    "qwen2moe", "qwen2_moe", "Qwen2MoeForCausalLM",
    inner: [
      "ffn_gate_inp": "mlp.gate", "ffn_gate_inp_shexp": "mlp.shared_expert_gate",
      "ffn_gate_shexp": "mlp.shared_expert.gate_proj", "ffn_up_shexp": "mlp.shared_expert.up_proj",
      "ffn_down_shexp": "mlp.shared_expert.down_proj",
    ],
    experts: Experts(
      name: "mlp.experts", matrices: gated, count: "num_experts", width: "moe_intermediate_size",
      fixed: ["norm_topk_prob": false]))
  static let qwen3moe = decoder(
    "qwen3moe", "qwen3_moe", "Qwen3MoeForCausalLM", inner: ["ffn_gate_inp": "mlp.gate"],
    experts: Experts(
      name: "mlp.experts", matrices: gated, count: "num_experts", width: "moe_intermediate_size",
      fixed: ["norm_topk_prob": true]))
}

extension GGUFModel {
  /// The settings of experts; widths are those of the tensors, which every file has.
  static func completeExperts(
    _ config: inout [String: JSON], _ experts: GGUFArchitecture.Experts, count: Int, used: Int?,
    _ stored: [String: StoredTensor]
  ) {
    config.merge(experts.fixed) { $1 }
    config[experts.count] = .int(count)
    config["num_experts_per_tok"] = used.map { .int($0) }
    guard let width = experts.width else { return }
    let layers = 0..<max(0, min(config["num_hidden_layers"]?.int ?? 0, stored.count))
    let routed = layers.filter { stored["blk.\($0).ffn_gate_inp.weight"] != nil }
    if let first = routed.first {
      let fused = stored["blk.\(first).ffn_gate_exps.weight"]
      config[width] = (fused?.shape.dropFirst().first).map { .int($0) }
      let shared = stored["blk.\(first).ffn_gate_shexp.weight"]
      config["shared_expert_intermediate_size"] = (shared?.shape.first).map { .int($0) }
    }
    config["mlp_only_layers"] = .array(layers.filter { !routed.contains($0) }.map { .int($0) })
  }

  /// The matrices of single experts, still where they lie; nil for a tensor of another kind.
  ///
  /// Files of before April 2024 have a tensor for each expert, `ffn_gate.3`.
  static func experts(
    of tensor: StoredTensor, block: String, _ kind: String, _ number: Int?,
    _ architecture: GGUFArchitecture
  ) throws(GGUFFault) -> [StoredTensor]? {
    guard let experts = architecture.experts else { return nil }
    func name(_ matrix: String, _ expert: Int) -> String {
      "\(architecture.block)\(block).\(experts.name).\(expert).\(matrix).weight"
    }
    if let number {
      return experts.matrices["\(kind)_exps"].map { [tensor.named(name($0, number))] }
    }
    guard let matrix = experts.matrices[kind] else { return nil }
    guard tensor.shape.count == 3 else {
      throw .metadata(key: tensor.name, found: "shape \(tensor.shape)")
    }
    var parts: [StoredTensor] = []
    for expert in 0..<tensor.shape[0] {
      let part = tensor.rows(expert..<expert + 1).reshaped(Array(tensor.shape.dropFirst()))
      guard let part else { throw .metadata(key: tensor.name, found: "shape \(tensor.shape)") }
      parts.append(part.named(name(matrix, expert)))
    }
    return parts
  }
}
