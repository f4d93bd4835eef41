import Foundation
import Tensors

/// A GGUF model under the names and with the configuration that its checkpoint in safetensors has.
struct GGUFModel {
  let config: JSON
  let tensors: [StoredTensor]

  /// Translates all parts of a model; the first one has the metadata.
  ///
  /// Of a vocabulary without tensors no name has to be known.
  init(_ parts: [GGUFFile]) throws(GGUFFault) {
    guard let first = parts.first, let name = first.architecture else {
      throw .missingKey("general.architecture")
    }
    let metadata = first.metadata
    let expertCount = max(0, metadata["\(name).expert_count"]?.int ?? 0)
    guard let architecture = GGUFArchitecture.named(name, hasExperts: expertCount > 0) else {
      guard parts.contains(where: { !$0.tensors.isEmpty }) else {
        (config, tensors) = (.object(["model_type": .string(name)]), [])
        return
      }
      let known = GGUFArchitecture.all.map(\.name)
      guard known.contains(name) else {
        throw .architecture(name, known: Array(Set(known)).sorted())
      }
      throw .unsupported("\(name) with \(expertCount) experts")
    }
    let stored = Dictionary(
      parts.flatMap(\.tensors).map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    var config = architecture.fixed
    config["model_type"] = .string(architecture.modelType)
    config["architectures"] = .array([.string(architecture.className)])
    for (key, setting) in architecture.settings {
      if let value = metadata["\(name).\(key)"]?.json { config[setting] = value }
    }
    let vocabulary =
      stored["token_embd.weight"]?.shape.first
      ?? metadata["tokenizer.ggml.tokens"]?.array?.count ?? metadata["\(name).vocab_size"]?.int
    config["vocab_size"] = vocabulary.map { .int($0) }
    config["tie_word_embeddings"] = .bool(stored["output.weight"] == nil)
    for token in ["bos", "eos"] {
      let id = metadata["tokenizer.ggml.\(token)_token_id"]?.int
      config["\(token)_token_id"] = id.map { .int($0) }
    }
    try Self.complete(&config, architecture, metadata, stored)
    if let experts = architecture.experts {
      let used = metadata["\(name).expert_used_count"]?.int
      Self.completeExperts(&config, experts, count: expertCount, used: used, stored)
    }
    self.config = .object(config)
    var tensors: [StoredTensor] = []
    for name in stored.keys.sorted() {
      guard let tensor = stored[name], name != "rope_freqs.weight",
        !name.hasPrefix("rope_factors_")
      else { continue }
      tensors += try Self.translate(tensor, architecture, config)
    }
    self.tensors = tensors
  }

  /// A tensor under its other name, with what the conversion did to it undone; of experts one each.
  private static func translate(
    _ tensor: StoredTensor, _ architecture: GGUFArchitecture, _ config: [String: JSON]
  ) throws(GGUFFault) -> [StoredTensor] {
    let parts = tensor.name.split(separator: ".").map(String.init)
    let ending = parts.last ?? ""
    if parts.count == 2, let name = architecture.outer[parts[0]] {
      let shifted = architecture.normsPlusOne && parts[0].hasSuffix("norm") && ending == "weight"
      return [(shifted ? tensor.adding(-1) : tensor).named("\(name).\(ending)")]
    }
    if parts.count >= 4, parts[0] == "blk", ending == "weight",
      let experts = try experts(
        of: tensor, block: parts[1], parts[2], parts.count == 5 ? Int(parts[3]) : nil, architecture)
    {
      return experts
    }
    guard parts.count == 4, parts[0] == "blk", let name = architecture.inner[parts[2]] else {
      return [tensor]
    }
    var result = tensor
    // One row, which the conversion squeezes.
    if parts[2] == "ffn_gate_inp_shexp", tensor.shape.count == 1 {
      result = tensor.reshaped([1] + tensor.shape) ?? tensor
    }
    if architecture.normsPlusOne, parts[2].hasSuffix("norm"), ending == "weight" {
      result = result.adding(-1)
    }
    if architecture.transposesBlocks, tensor.shape.count == 2 { result = result.transposed }
    if architecture.rope == .interleaved, ["attn_q", "attn_k"].contains(parts[2]) {
      let heads = parts[2] == "attn_q" ? "num_attention_heads" : "num_key_value_heads"
      let count = config[heads]?.int ?? config["num_attention_heads"]?.int ?? 0
      guard count > 0, let rows = tensor.shape.first, rows % (2 * count) == 0 else {
        throw .metadata(key: "attention.head_count", found: "\(count)")
      }
      result = result.permuted(rows: halvesFromPairs(rows: rows, heads: count))
    }
    return [result.named("\(architecture.block)\(parts[1]).\(name).\(ending)")]
  }

  /// For each row of a matrix whose heads turn the first half against the second, the row of one
  /// whose heads turn neighbours: row `j · dHead/2 + i` of a head was stored as `2i + j`.
  static func halvesFromPairs(rows: Int, heads: Int) -> [Int] {
    let dHead = rows / heads
    return (0..<rows).map { row in
      let (head, place) = (row / dHead, row % dHead)
      return head * dHead + place % (dHead / 2) * 2 + place / (dHead / 2)
    }
  }

  /// Settings that follow from several values.
  private static func complete(
    _ config: inout [String: JSON], _ architecture: GGUFArchitecture,
    _ metadata: [String: GGUFValue], _ stored: [String: StoredTensor]
  ) throws(GGUFFault) {
    let name = architecture.name
    let heads = config["num_attention_heads"]?.int ?? 0
    let width = config["hidden_size"]?.int ?? 0
    switch name {
    case "llama":
      if stored["blk.0.attn_q.bias"] != nil { config["attention_bias"] = true }
      if stored["blk.0.ffn_up.bias"] != nil { config["mlp_bias"] = true }
    case "gemma2", "gemma3":
      // The largest of each family scales by its width per head, the others by a head's width.
      let largest = config["num_hidden_layers"]?.int == (name == "gemma2" ? 46 : 62)
      config["query_pre_attn_scalar"] =
        largest && heads > 0 ? .int(width / heads) : config["head_dim"]
    case "bert":
      config["type_vocab_size"] = stored["token_types.weight"]?.shape.first.map { .int($0) }
    default: break
    }
    let dHead = config["head_dim"]?.int ?? (heads > 0 ? width / heads : 0)
    if let turned = metadata["\(name).rope.dimension_count"]?.int, dHead > 0, turned != dHead {
      config["partial_rotary_factor"] = .double(Double(turned) / Double(dHead))
    }
    config["rope_scaling"] = try scaling(architecture, metadata, stored, config, dHead: dHead)
  }
}

extension GGUFModel {
  /// `rope_scaling` in the configuration's words; nil for none.
  private static func scaling(
    _ architecture: GGUFArchitecture, _ metadata: [String: GGUFValue],
    _ stored: [String: StoredTensor], _ config: [String: JSON], dHead: Int
  ) throws(GGUFFault) -> JSON? {
    let key = "\(architecture.name).rope.scaling"
    let original = metadata["\(key).original_context_length"]?.int
    if let long = stored["rope_factors_long.weight"]?.widened(to: Float.self),
      let short = stored["rope_factors_short.weight"]?.widened(to: Float.self)
    {
      var scaling: [String: JSON] = [
        "rope_type": "longrope", "long_factor": list(long), "short_factor": list(short),
      ]
      scaling["original_max_position_embeddings"] = original.map { .int($0) }
      if let factor = metadata["\(key).attn_factor"]?.double {
        scaling["attention_factor"] = .double(factor)
      }
      return .object(scaling)
    }
    if let divisors = stored["rope_freqs.weight"]?.widened(to: Float.self) {
      // Llama 3's scaling, of which the file keeps what each frequency is divided by.
      return [
        "rope_type": "longrope", "long_factor": list(divisors), "short_factor": list(divisors),
        "attention_factor": 1.0,
      ]
    }
    guard let type = metadata["\(key).type"]?.string, type != "none" else { return nil }
    guard let factor = metadata["\(key).factor"]?.double else { throw .missingKey("\(key).factor") }
    var scaling: [String: JSON] = ["rope_type": .string(type), "factor": .double(factor)]
    scaling["original_max_position_embeddings"] = original.map { .int($0) }
    return .object(scaling)
  }

  private static func list(_ tensor: Tensor<Float>) -> JSON {
    .array(tensor.elements.map { .double(Double($0)) })
  }
}

extension GGUFValue {
  /// The value as a configuration would have it; nil for a list.
  fileprivate var json: JSON? {
    switch self {
    case .int(let value): .int(value)
    // Written as float32, where the configuration has a short decimal such as 1e-05.
    case .double(let value): .double(Double("\(Float(value))") ?? value)
    case .bool(let value): .bool(value)
    case .string(let value): .string(value)
    case .array: nil
    }
  }
}
