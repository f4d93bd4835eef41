/// What a GGUF architecture's tensors and settings are called elsewhere.
///
/// Source: gguf 0.19 `tensor_mapping.py` and llama.cpp's `convert_hf_to_gguf.py` for the facts.
struct GGUFArchitecture {
  /// What was done to weights on the way into the file.
  enum Rope { case interleaved, asIs }

  /// `general.architecture`.
  let name: String
  /// `model_type` and the class in `architectures`.
  let modelType, className: String
  /// Tensors outside of blocks, by name without `.weight` and `.bias`.
  let outer: [String: String]
  /// Where blocks are, such as `model.layers.`.
  let block: String
  /// Tensors inside of a block.
  let inner: [String: String]
  /// Settings: keys of the configuration by keys of the metadata, the architecture's name left out.
  let settings: [String: String]
  /// Settings that the file does not repeat.
  let fixed: [String: JSON]
  /// Whether rows of the query and key matrices stand in another order.
  var rope = Rope.asIs
  /// Whether one was added to the norms' gains.
  var normsPlusOne = false
  /// Whether matrices of blocks are stored with the inputs first in the other format.
  var transposesBlocks = false

  /// Its experts; nil for plain MLPs.
  var experts: Experts?

  /// The architectures, alphabetical; a name may stand for one without and one with experts.
  static let all: [GGUFArchitecture] = [
    bert, gemma, gemma2, gemma3, gpt2, llama, mixtral, phi3, qwen2, qwen2moe, qwen3, qwen3moe,
  ]

  /// The architecture of that name, with experts or without; nil when it is not known.
  static func named(_ name: String, hasExperts: Bool) -> GGUFArchitecture? {
    all.first { $0.name == name && ($0.experts != nil) == hasExperts }
  }
}

extension GGUFArchitecture {
  private static let outer = [
    "token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head",
  ]
  private static let inner = [
    "attn_norm": "input_layernorm", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
    "attn_q_norm": "self_attn.q_norm", "attn_k_norm": "self_attn.k_norm",
    "ffn_norm": "post_attention_layernorm", "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
  ]
  /// Norms around both halves of a block.
  private static let sandwich = [
    "ffn_norm": "pre_feedforward_layernorm", "post_attention_norm": "post_attention_layernorm",
    "post_ffw_norm": "post_feedforward_layernorm",
  ]
  private static let settings = [
    "embedding_length": "hidden_size", "block_count": "num_hidden_layers",
    "feed_forward_length": "intermediate_size", "attention.head_count": "num_attention_heads",
    "attention.head_count_kv": "num_key_value_heads", "attention.key_length": "head_dim",
    "context_length": "max_position_embeddings", "rope.freq_base": "rope_theta",
    "attention.layer_norm_rms_epsilon": "rms_norm_eps",
  ]

  static func decoder(
    _ name: String, _ modelType: String, _ className: String, inner more: [String: String] = [:],
    settings extra: [String: String] = [:], fixed: [String: JSON] = ["hidden_act": "silu"],
    rope: Rope = .asIs, normsPlusOne: Bool = false, experts: Experts? = nil
  ) -> GGUFArchitecture {
    GGUFArchitecture(
      name: name, modelType: modelType, className: className, outer: outer, block: "model.layers.",
      inner: inner.merging(more) { $1 }, settings: settings.merging(extra) { $1 }, fixed: fixed,
      rope: rope, normsPlusOne: normsPlusOne, experts: experts)
  }

  private static let llama = decoder(
    "llama", "llama", "LlamaForCausalLM", rope: .interleaved)
  private static let qwen2 = decoder("qwen2", "qwen2", "Qwen2ForCausalLM")
  private static let qwen3 = decoder("qwen3", "qwen3", "Qwen3ForCausalLM")
  private static let phi3 = decoder(
    "phi3", "phi3", "Phi3ForCausalLM",
    inner: ["attn_qkv": "self_attn.qkv_proj", "ffn_up": "mlp.gate_up_proj"],
    settings: ["attention.sliding_window": "sliding_window"])

  private static let gemmaActivation: JSON = "gelu_pytorch_tanh"
  private static let gemma = decoder(
    "gemma", "gemma", "GemmaForCausalLM",
    fixed: ["hidden_act": gemmaActivation, "hidden_activation": gemmaActivation],
    normsPlusOne: true)
  private static let gemma2 = decoder(
    "gemma2", "gemma2", "Gemma2ForCausalLM", inner: sandwich,
    settings: [
      "attention.sliding_window": "sliding_window",
      "attn_logit_softcapping": "attn_logit_softcapping",
      "final_logit_softcapping": "final_logit_softcapping",
    ],
    fixed: ["hidden_activation": gemmaActivation], normsPlusOne: true)
  private static let gemma3 = decoder(
    "gemma3", "gemma3_text", "Gemma3ForCausalLM", inner: sandwich,
    settings: ["attention.sliding_window": "sliding_window"],
    fixed: [
      "hidden_activation": gemmaActivation, "sliding_window_pattern": 6,
      "rope_local_base_freq": 10_000.0, "rope_theta": 1_000_000.0,
    ], normsPlusOne: true)

  private static let gpt2 = GGUFArchitecture(
    name: "gpt2", modelType: "gpt2", className: "GPT2LMHeadModel",
    outer: [
      "token_embd": "transformer.wte", "position_embd": "transformer.wpe",
      "output_norm": "transformer.ln_f", "output": "lm_head",
    ],
    block: "transformer.h.",
    inner: [
      "attn_norm": "ln_1", "attn_qkv": "attn.c_attn", "attn_output": "attn.c_proj",
      "ffn_norm": "ln_2", "ffn_up": "mlp.c_fc", "ffn_down": "mlp.c_proj",
    ],
    settings: [
      "embedding_length": "n_embd", "block_count": "n_layer", "feed_forward_length": "n_inner",
      "attention.head_count": "n_head", "context_length": "n_positions",
      "attention.layer_norm_epsilon": "layer_norm_epsilon",
    ],
    fixed: ["activation_function": "gelu_new"], transposesBlocks: true)

  private static let bert = GGUFArchitecture(
    name: "bert", modelType: "bert", className: "BertModel",
    outer: [
      "token_embd": "embeddings.word_embeddings", "position_embd": "embeddings.position_embeddings",
      "token_types": "embeddings.token_type_embeddings", "token_embd_norm": "embeddings.LayerNorm",
    ],
    block: "encoder.layer.",
    inner: [
      "attn_q": "attention.self.query", "attn_k": "attention.self.key",
      "attn_v": "attention.self.value", "attn_output": "attention.output.dense",
      "attn_output_norm": "attention.output.LayerNorm", "ffn_up": "intermediate.dense",
      "ffn_down": "output.dense", "layer_output_norm": "output.LayerNorm",
    ],
    settings: [
      "embedding_length": "hidden_size", "block_count": "num_hidden_layers",
      "feed_forward_length": "intermediate_size", "attention.head_count": "num_attention_heads",
      "context_length": "max_position_embeddings", "attention.layer_norm_epsilon": "layer_norm_eps",
    ],
    fixed: ["hidden_act": "gelu"])
}
