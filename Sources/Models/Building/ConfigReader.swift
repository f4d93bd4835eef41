import Checkpoints
import Tensors

/// Reads `config.json` key by key, checks what it finds, and remembers which keys were used.
public final class ConfigReader {
  /// The file, for error texts.
  public let file: String
  /// What the family was opened as.
  public let modelType: String
  private let config: JSON
  /// What holds whatever the file says.
  private let overrides: [String: JSON]
  private var used: Set<String> = ["model_type"]
  /// Readers of objects inside, by key.
  private var sections: [String: ConfigReader] = [:]

  /// A reader of a parsed `config.json`.
  ///
  /// - Parameter overrides: Values that hold whatever the file says, here and in sections.
  public init(file: String, modelType: String, config: JSON, overrides: [String: JSON] = [:]) {
    self.file = file
    self.modelType = modelType
    self.config = config
    self.overrides = overrides
  }

  /// A reader of an object inside, such as `text_config`, whose unused keys count as this one's.
  ///
  /// - Parameter fallbacks: Values of keys that the object leaves out.
  public func section(
    _ key: String, fallbacks: [String: JSON] = [:]
  ) throws(ModelError) -> ConfigReader {
    guard let object = value(key)?.object else {
      throw .configKeyMissing(file: file, key: key)
    }
    let section = ConfigReader(
      file: file, modelType: modelType,
      config: .object(object.merging(fallbacks) { old, _ in old }),
      overrides: overrides)
    section.ignore(Array(fallbacks.keys))
    sections[key] = section
    return section
  }

  /// Keys that are in the file, that nobody asked for, and that could change numbers.
  public var unused: [String] {
    let own = (config.object ?? [:]).filter { key, value in
      !used.contains(key) && !value.isNull && !Self.immaterial.contains(key)
        && !Self.immaterialEndings.contains { key.hasSuffix($0) }
    }.keys
    let inside = sections.flatMap { key, section in section.unused.map { "\(key).\($0)" } }
    return (own + inside).sorted()
  }

  /// What a loader, a trainer or a generator reads, and a forward pass does not.
  private static let immaterial: Set<String> = [
    "_attn_implementation", "_name_or_path", "architectures", "dtype", "gradient_checkpointing",
    "initializer_range", "is_decoder", "pretraining_tp", "reorder_and_upcast_attn",
    "summary_activation", "summary_first_dropout", "summary_proj_to_labels", "summary_type",
    "summary_use_proj", "task_specific_params", "torch_dtype", "transformers_version", "use_cache",
    "id2label", "label2id", "n_ctx", "output_past", "chunk_size_feed_forward",
    "output_attentions", "output_hidden_states", "return_dict", "problem_type",
    "output_router_logits", "router_aux_loss_coef", "router_jitter_noise", "embed_pdrop",
    "initial_context_length", "num_nextn_predict_layers", "qk_head_dim", "head_dim_default",
    "auto_map", "tokenizer_class", "prefix", "unsloth_fixed", "unsloth_version",
    "quantization_config", "aux_loss_alpha", "seq_aux", "ep_size", "moe_layer_freq",
    "cache_implementation", "layerdrop", "init_std", "init_device", "attn_implementation",
    "initializer_factor", "initializer_cutoff_factor", "drop_path_rate", "num_labels",
  ]
  private static let immaterialEndings = [
    "_token_id", "dropout", "pdrop", "dropout_rate", "dropout_prob", "layerdrop",
  ]

  /// Whether the file names an architecture whose name ends like this, such as `ForCausalLM`.
  public func namesArchitecture(endingWith ending: String) -> Bool {
    (config["architectures"]?.array ?? []).contains { $0.string?.hasSuffix(ending) ?? false }
  }

  /// A value inside an object such as `rope_parameters`; nil when absent or null.
  public func value(_ path: String...) -> JSON? {
    if let first = path.first { used.insert(first) }
    var value: JSON? = path.count == 1 ? path.first.flatMap { overrides[$0] } : nil
    if value == nil {
      value = config
      for key in path { value = value?[key] }
    }
    return value.flatMap { $0.isNull ? nil : $0 }
  }

  /// Whether the file has the key, be it null.
  public func has(_ key: String) -> Bool { config[key] != nil }

  /// A reader of an object inside, such as `vision_config`, which reports its own unused keys to nobody.
  ///
  /// - Throws: `ModelError.configKeyMissing`.
  public func section(_ key: String) throws(ModelError) -> ConfigReader {
    guard let found = value(key), found.object != nil else {
      throw .configKeyMissing(file: file, key: key)
    }
    return ConfigReader(
      file: file, modelType: found["model_type"]?.string ?? modelType, config: found)
  }

  /// Takes note of keys that a family knows and needs for nothing.
  public func disregard(_ keys: String...) { used.formUnion(keys) }

  /// A whole number above zero.
  public func count(_ key: String, default fallback: Int? = nil) throws(ModelError) -> Int {
    guard let found = value(key) else {
      guard let fallback else { throw .configKeyMissing(file: file, key: key) }
      return fallback
    }
    guard let int = found.int, int > 0, int < 1 << 40 else {
      throw .configValue(
        file: file, key: key, found: "\(found)", expected: "a whole number above 0")
    }
    return int
  }

  /// A finite number above zero.
  public func number(_ key: String, default fallback: Double? = nil) throws(ModelError) -> Double {
    guard let found = value(key) else {
      guard let fallback else { throw .configKeyMissing(file: file, key: key) }
      return fallback
    }
    guard let double = found.double, double > 0, double.isFinite else {
      throw .configValue(file: file, key: key, found: "\(found)", expected: "a number above 0")
    }
    return double
  }

  /// True or false.
  public func flag(_ key: String, default fallback: Bool) throws(ModelError) -> Bool {
    guard let found = value(key) else { return fallback }
    guard let bool = found.bool else {
      throw .configValue(file: file, key: key, found: "\(found)", expected: "true or false")
    }
    return bool
  }

  /// An activation function by the name that checkpoints use.
  public func activation(_ key: String, default fallback: String) throws(ModelError) -> Activation {
    let name = value(key)?.string ?? fallback
    guard let activation = Self.activations[name] else {
      throw .configValue(
        file: file, key: key, found: name,
        expected: "one of \(Self.activations.keys.sorted().joined(separator: ", "))")
    }
    return activation
  }

  private static let activations: [String: Activation] = [
    "gelu": .gelu, "gelu_new": .geluTanh, "gelu_pytorch_tanh": .geluTanh, "relu": .relu,
    "quick_gelu": .quickGELU, "silu": .silu, "swish": .silu,
  ]

  /// Refuses a key that is set to something this engine has no plan for.
  public func refuse(_ key: String, unless accepted: JSON) throws(ModelError) {
    guard let found = value(key), found != accepted else { return }
    throw .configValue(file: file, key: key, found: "\(found)", expected: "\(accepted)")
  }

  /// Checks that heads divide evenly over key/value heads.
  public func checkGroups(heads: Int, kvHeads: Int) throws(ModelError) {
    guard heads % kvHeads == 0 else {
      throw .configValue(
        file: file, key: "num_key_value_heads", found: "\(kvHeads)",
        expected: "a divisor of the \(heads) heads")
    }
  }
}
