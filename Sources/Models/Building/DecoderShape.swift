import Checkpoints
import Tensors

/// The decoder that most families are: Llama's names and shape, with whatever differs set by the family.
struct DecoderShape {
  /// Where a block's norms stand.
  enum Norms {
    /// Before each half.
    case before
    /// After each half, before it is added (OLMo 2).
    case after
    /// Both (Gemma 2 and 3).
    case around
    /// One, before both halves, which work side by side (Cohere).
    case parallel
  }

  let config: ConfigReader
  let layers, dModel, heads, kvHeads, dHead, dMLP, vocabularySize: Int
  let activation: Activation
  let isTied: Bool
  /// The longest prompt.
  var contextLength: Int
  /// A norm by its name and width.
  var norm: (String, Int) -> NormPlan
  var norms = Norms.before
  /// The final norm's name.
  var finalNorm = "norm"
  /// Which layers have biases.
  var queryKeyValueBias = false
  var outputBias = false
  var mlpBias = false
  var headBias = false
  /// The output projection's name.
  var output = "o_proj"
  /// What scores are multiplied by.
  var scale: Double
  var cap: Double?
  var clip: Double?
  /// Of queries and keys, by the names of their projections' owner.
  var queryNorm: (String) -> HeadNormPlan? = { _ in nil }
  var keyNorm: (String) -> HeadNormPlan? = { _ in nil }
  var sinks: (String) -> WeightPlan? = { _ in nil }
  /// By layer.
  var position: (Int) -> PositionPlan
  var masks: [MaskPlan]
  /// By layer and the block's name; the gated MLP when nil.
  var mlp: ((Int, String) throws -> MLPPlan)?
  /// By layer and the name of its attention; the usual projections when nil.
  var attention: ((Int, String) throws -> AttentionPlan)?
  var residualScale = 1.0
  var embeddingScale = 1.0
  var logitScale = 1.0
  var logitCap: Double?

  /// Reads what all of them spell alike.
  ///
  /// - Parameters:
  ///   - epsilon: The key of the norms' epsilon and its default.
  ///   - dHead: The default width of a head; nil for an equal part of the whole.
  ///   - rotary: The defaults of rotary positions, without a window or another mask; nil for a family
  ///     that sets `position` itself.
  init(
    _ config: ConfigReader, epsilon: (key: String, fallback: Double) = ("rms_norm_eps", 1e-6),
    activation: (key: String, fallback: String) = ("hidden_act", "silu"), dHead width: Int? = nil,
    tied: Bool = false, rotary: ConfigReader.RotaryDefaults? = ConfigReader.RotaryDefaults()
  ) throws {
    self.config = config
    layers = try config.count("num_hidden_layers")
    dModel = try config.count("hidden_size")
    heads = try config.count("num_attention_heads")
    kvHeads = try config.count("num_key_value_heads", default: heads)
    try config.checkGroups(heads: heads, kvHeads: kvHeads)
    dHead = try config.count("head_dim", default: width ?? max(1, dModel / heads))
    dMLP = try config.count("intermediate_size")
    vocabularySize = try config.count("vocab_size")
    self.activation = try config.activation(activation.key, default: activation.fallback)
    isTied = try config.flag("tie_word_embeddings", default: tied)
    let epsilon = try config.number(epsilon.key, default: epsilon.fallback)
    norm = { .rms($0, $1, epsilon: epsilon) }
    scale = 1 / Double(dHead).squareRoot()
    masks = Array(repeating: .causal, count: layers)
    contextLength = try config.rotaryContext()
    position = { _ in .none }
    if let rotary {
      let plan = PositionPlan.rotary(try config.rotary(width: dHead, defaults: rotary))
      position = { _ in plan }
    }
  }

  /// The plan of the whole model.
  func plan() throws -> ModelPlan {
    ModelPlan(
      family: config.modelType, dModel: dModel, vocabularySize: vocabularySize,
      contextLength: contextLength,
      embedding: EmbeddingPlan(
        token: WeightPlan("embed_tokens.weight", [vocabularySize, dModel]), scale: embeddingScale),
      blocks: try (0..<layers).map { try block($0, "layers.\($0)") },
      head: OutputPlan(
        norm: norm(finalNorm, dModel),
        linear: linear(
          isTied ? "embed_tokens" : "lm_head", dModel, vocabularySize, bias: headBias),
        scale: logitScale, cap: logitCap),
      prefixes: [
        "model.", "", "language_model.model.", "model.language_model.", "language_model.",
      ],
      ignoredSuffixes: ["rotary_emb.inv_freq"] + (isTied ? ["lm_head.weight"] : []))
  }

  /// A layer whose matrix has its outputs first.
  func linear(
    _ name: String, _ inputs: Int, _ stored: Int, _ outputs: Outputs? = nil, bias: Bool = false
  ) -> LinearPlan {
    LinearPlan(name, inputs: inputs, stored: stored, outputs: outputs, bias: bias)
  }

  /// The gated MLP under `name`.
  func gatedMLP(_ name: String, width: Int) -> MLPPlan {
    .gated(
      gate: linear("\(name).gate_proj", dModel, width, bias: mlpBias),
      up: linear("\(name).up_proj", dModel, width, bias: mlpBias),
      down: linear("\(name).down_proj", width, dModel, bias: mlpBias), activation: activation)
  }

  /// Attention with separate projections under `name`.
  func usualAttention(_ layer: Int, _ name: String) -> AttentionPlan {
    let (own, shared) = (heads * dHead, kvHeads * dHead)
    return attention(
      layer, name,
      query: linear("\(name).q_proj", dModel, own, bias: queryKeyValueBias),
      key: linear("\(name).k_proj", dModel, shared, bias: queryKeyValueBias),
      value: linear("\(name).v_proj", dModel, shared, bias: queryKeyValueBias))
  }

  /// Attention with given projections.
  func attention(
    _ layer: Int, _ name: String, query: LinearPlan, key: LinearPlan, value: LinearPlan
  ) -> AttentionPlan {
    AttentionPlan(
      heads: heads, kvHeads: kvHeads, dHead: dHead, scale: scale, query: query, key: key,
      value: value,
      output: linear("\(name).\(output)", heads * dHead, dModel, bias: outputBias), clip: clip,
      queryNorm: queryNorm(name), keyNorm: keyNorm(name), cap: cap, sinks: sinks(name),
      position: position(layer), mask: masks[layer])
  }

  private func block(_ layer: Int, _ name: String) throws -> BlockPlan {
    func norm(_ part: String) -> NormPlan { self.norm("\(name).\(part)", dModel) }
    let first: NormPlacement
    let second: NormPlacement
    switch norms {
    case .before:
      first = NormPlacement(input: norm("input_layernorm"))
      second = NormPlacement(input: norm("post_attention_layernorm"))
    case .after:
      first = NormPlacement(output: norm("post_attention_layernorm"))
      second = NormPlacement(output: norm("post_feedforward_layernorm"))
    case .around:
      first = NormPlacement(
        input: norm("input_layernorm"), output: norm("post_attention_layernorm"))
      second = NormPlacement(
        input: norm("pre_feedforward_layernorm"), output: norm("post_feedforward_layernorm"))
    case .parallel:
      first = NormPlacement(input: norm("input_layernorm"))
      second = first
    }
    let attentionName = "\(name).self_attn"
    return BlockPlan(
      attentionNorms: first,
      attention: try attention.map { try $0(layer, attentionName) }
        ?? usualAttention(layer, attentionName),
      mlpNorms: second,
      mlp: try mlp.map { try $0(layer, name) } ?? gatedMLP("\(name).mlp", width: dMLP),
      isParallel: norms == .parallel, residualScale: residualScale)
  }
}
