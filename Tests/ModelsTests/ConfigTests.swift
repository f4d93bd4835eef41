import Checkpoints
import Foundation
import Testing

@testable import Models

/// Configurations in both spellings, and what a family cannot honour.
@Suite struct ConfigTests {
  /// A configuration of the shape that most decoders have, with more keys; later ones win.
  private func reader(_ type: String, _ more: String) throws -> ConfigReader {
    let shape = """
      {"model_type": "\(type)", "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
       "num_key_value_heads": 2, "intermediate_size": 40, "vocab_size": 48,
       "max_position_embeddings": 64}
      """
    let object = try json(shape).object ?? [:]
    return ConfigReader(
      file: "c", modelType: type,
      config: .object(object.merging(try json("{\(more)}").object ?? [:]) { $1 }))
  }

  private func json(_ text: String) throws -> JSON {
    try JSONDecoder().decode(JSON.self, from: Data(text.utf8))
  }

  private func plan(_ more: String) throws -> ModelPlan { try plan("llama", more) }

  private func plan(_ type: String, _ more: String) throws -> ModelPlan {
    let config = try reader(type, more)
    let plan = try #require(Families.named(type)).plan(config)
    #expect(config.unused == [])
    return plan
  }

  static let llama3 = """
    "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
    "original_max_position_embeddings": 16
    """

  @Test(arguments: [
    (#""rope_type": "default""#, #""type": "default""#),
    (#""rope_type": "linear", "factor": 4"#, #""type": "linear", "factor": 4.0"#),
    (#""rope_type": "dynamic", "factor": 2.0"#, #""type": "dynamic", "factor": 2.0"#),
    (llama3, llama3),
    (
      #""rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16"#,
      #""type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16"#
    ),
    (
      #""rope_type": "longrope", "long_factor": [1, 2, 3, 4], "short_factor": [1, 1, 1, 1]"#,
      #""type": "su", "long_factor": [1, 2, 3, 4.0], "short_factor": [1, 1, 1, 1.0]"#
    ),
  ])
  func `both spellings of rotary settings give one plan`(new: String, old: String) throws {
    let first = try plan(#""rope_parameters": {"rope_theta": 5000.0, \#(new)}"#)
    let second = try plan(#""rope_theta": 5000.0, "rope_scaling": {\#(old)}"#)
    #expect(first == second)
    #expect(first != (try plan(#""rope_theta": 5001.0, "rope_scaling": {\#(old)}"#)))
  }

  @Test func `Gemma 3's two bases are read in both spellings`() throws {
    let new = try plan(
      "gemma3_text",
      """
      "rope_parameters": {
        "full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 70000.0},
        "sliding_attention": {"rope_type": "default", "rope_theta": 300.0}}
      """)
    let old = try plan(
      "gemma3_text",
      """
      "rope_theta": 70000.0, "rope_local_base_freq": 300.0,
      "rope_scaling": {"rope_type": "linear", "factor": 8.0}
      """)
    #expect(new == old)
  }

  @Test func `a checkpoint with a vision tower opens as the text model inside`() throws {
    let config = ConfigReader(
      file: "c", modelType: "gemma3",
      config: try json(
        """
        {"vision_config": {"hidden_size": 8},
         "text_config": {"model_type": "gemma3_text", "hidden_size": 32, "num_hidden_layers": 2,
                         "intermediate_size": 40, "max_position_embeddings": 64}}
        """))
    let plan = try Gemma3.plan(config)
    #expect(config.unused == [])
    #expect(plan.heads == 8 && plan.kvHeads == 4 && plan.dHead == 256)
    #expect(plan.vocabularySize == 262_208)
  }

  @Test(arguments: [
    (
      "llama", #""rope_parameters": {"rope_type": "axial"}"#,
      "c: rope_parameters.rope_type is axial, expected one of default, linear, dynamic, llama3, yarn,"
        + " longrope"
    ),
    (
      "llama", #""rope_scaling": {"type": "linear"}"#,
      "c: no rope_scaling.factor; the checkpoint's config.json may be incomplete"
    ),
    (
      "llama",
      #""rope_scaling": {"type": "longrope", "short_factor": [1, 2], "long_factor": [1, 2]}"#,
      "c: rope_scaling.short_factor is 2 numbers, expected 4 numbers above 0"
    ),
    (
      "llama", #""num_key_value_heads": 3"#,
      "c: num_key_value_heads is 3, expected a divisor of the 4 heads"
    ),
    (
      "phi", #""partial_rotary_factor": 0.4"#,
      "c: partial_rotary_factor is 3 of 8 numbers of a head, expected an even number of them"
    ),
    (
      "qwen3", #""layer_types": ["full_attention"]"#,
      "c: layer_types is 1 words, expected 2 among full_attention, sliding_attention"
    ),
    (
      "deepseek_v3", #""n_group": 7"#,
      "c: n_group is 7, expected a divisor of the 256 experts, at least topk_group"
    ),
    (
      "deepseek_v2", #""topk_method": "best""#,
      "c: topk_method is best, expected one of greedy, group_limited_greedy, noaux_tc"
    ),
    (
      "smollm3", #""no_rope_layers": "all""#,
      "c: no_rope_layers is a text, expected a list of whole numbers"
    ),
    (
      "mpt", #""n_layers": 2, "n_heads": 4, "d_model": 32, "attn_config": {"prefix_lm": true}"#,
      "c: attn_config.prefix_lm is true, expected false"
    ),
    (
      "gpt_neo", #""attention_types": [[["global"], 1]]"#,
      "c: attention_types is 1 layers, expected global or local for each of 2 layers"
    ),
  ])
  func `what a family cannot honour is refused by the key`(
    type: String, more: String, text: String
  ) throws {
    let family = try #require(Families.named(type))
    let config = try reader(type, more)
    let error = #expect(throws: ModelError.self) { try family.plan(config) }
    #expect(error?.description == text)
  }

  @Test func `a context grows with scaling that stretches it`() throws {
    #expect(try plan(#""rope_scaling": {"type": "dynamic", "factor": 2.0}"#).contextLength == 128)
    let yarn = """
      "rope_scaling": {"type": "yarn", "factor": 8.0, "original_max_position_embeddings": 32}
      """
    #expect(try plan(yarn).contextLength == 256)
    #expect(try plan("").contextLength == 64)
  }

  /// A copy of a fixture with a line of its configuration changed; its weights stay mapped when it is gone.
  private func open(
    _ name: String, family: String? = nil, replacing old: String, by new: String
  ) throws -> Model {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("heed-\(UUID().uuidString)")
    try FileManager.default.copyItem(
      at: FamilyParityTests.folder.appendingPathComponent(name), to: folder)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("config.json")
    let config = String(decoding: try Data(contentsOf: file), as: UTF8.self)
    try #require(config.contains(old))
    try Data(config.replacingOccurrences(of: old, with: new).utf8).write(to: file)
    return try Model(Checkpoint.open(folder.path), family: family)
  }

  @Test(arguments: [40, 100])
  func `a vocabulary of another size than the embedding is said, and the embedding counts`(
    size: Int
  ) throws {
    let model = try open(
      "qwen2", replacing: "\"vocab_size\": 48", by: "\"vocab_size\": \(size)")
    #expect(model.plan.vocabularySize == 48)
    #expect(
      model.warnings == [
        "vocab_size is \(size), the token embedding has 48 rows: the embedding counts"
      ])
    let trace = try model.run(Prompt(ids: [47, 3]), as: Float.self)
    #expect(try model.logits(trace, positions: 1..<2).shape == [1, 48])
  }

  @Test func `a model_type that is new opens as the family it is said to be`() throws {
    let (old, new) = (#""model_type": "mistral""#, #""model_type": "mistral9""#)
    #expect(throws: ModelError.self) { try open("mistral-full", replacing: old, by: new) }
    let model = try open("mistral-full", family: "llama", replacing: old, by: new)
    #expect(model.plan.family == "llama" && model.plan.layers == 2)
    #expect(throws: ModelError.familyUnknown("lama", known: Families.modelTypes)) {
      try open("mistral-full", family: "lama", replacing: old, by: new)
    }
  }

  /// Keys that files of released models have beside those that matter.
  @Test(arguments: [
    (
      "qwen2",
      #""use_mrope": false, "use_sliding_window": false, "max_window_layers": 28, "sliding_window": 131072"#
    ),
    ("gemma2", #""hidden_act": "gelu_pytorch_tanh", "cache_implementation": "hybrid""#),
    ("cohere", #""model_max_length": 131072, "layer_norm_eps": 1e-5"#),
    ("falcon", #""apply_residual_connection_post_layernorm": false, "auto_map": {}"#),
    ("smollm3", #""max_window_layers": 28, "pretraining_tp": 2"#),
    (
      "gpt_oss",
      #""experts_per_token": 4, "num_experts_per_tok": 4, "initial_context_length": 4096"#
    ),
    (
      "deepseek_v2",
      #""aux_loss_alpha": 0.001, "moe_layer_freq": 1, "seq_aux": true, "scoring_func": "softmax""#
    ),
  ])
  func `keys of released models that change nothing raise no warning`(
    type: String, more: String
  ) throws {
    let config = try reader(type, more)
    _ = try #require(Families.named(type)).plan(config)
    #expect(config.unused.filter { $0 != "intermediate_size" && $0 != "num_key_value_heads" } == [])
  }
}
