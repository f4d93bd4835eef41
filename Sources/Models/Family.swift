/// An architecture: it turns `config.json` into a `ModelPlan` that says where each tensor lies.
///
/// Checkpoint spellings (`c_attn`, `num_hidden_layers`) appear only in a family's file.
public protocol Family: Sendable {
  /// The `model_type`s it describes.
  static var modelTypes: [String] { get }

  /// Those of them whose layers a released loader opens with unequal heads: transformers 4, by `pruned_heads`.
  static var removableTypes: [String] { get }

  /// The plan of one checkpoint.
  ///
  /// - Throws: `ModelError` when a key is missing, of the wrong kind, or asks for something that this
  ///   family cannot describe.
  static func plan(_ config: ConfigReader) throws -> ModelPlan
}

extension Family {
  /// None: all layers have the same heads.
  public static var removableTypes: [String] { [] }
}

/// Every family heed knows.
public enum Families {
  /// Alphabetical; a test reads `Families/` and names a file that is missing here.
  public static let all: [any Family.Type] = [
    ALBERT.self,
    BART.self,
    BERT.self,
    BLOOM.self,
    CLIP.self,
    Cohere.self,
    DINOv2.self,
    DeBERTaV2.self,
    DeepSeek.self,
    DistilBERT.self,
    Falcon.self,
    GPT2.self,
    GPTJ.self,
    GPTNeo.self,
    GPTNeoX.self,
    GPTOSS.self,
    Gemma.self,
    Gemma2.self,
    Gemma3.self,
    Granite.self,
    LLaVA.self,
    Llama.self,
    MPT.self,
    Mistral.self,
    Mixtral.self,
    ModernBERT.self,
    OLMo.self,
    OLMo2.self,
    OPT.self,
    Phi.self,
    Phi3.self,
    Qwen2.self,
    Qwen2MoE.self,
    Qwen3.self,
    Qwen3MoE.self,
    SmolLM3.self,
    StableLM.self,
    Starcoder2.self,
    T5.self,
    ViT.self,
    Whisper.self,
  ]

  /// Every `model_type` that opens, sorted.
  public static var modelTypes: [String] { all.flatMap { $0.modelTypes }.sorted() }

  /// Every `model_type` whose layers may have unequal heads, sorted.
  public static var removableTypes: [String] { all.flatMap { $0.removableTypes }.sorted() }

  /// The family that describes a `model_type`; nil when none does.
  public static func named(_ modelType: String) -> (any Family.Type)? {
    all.first { $0.modelTypes.contains(modelType) }
  }
}
