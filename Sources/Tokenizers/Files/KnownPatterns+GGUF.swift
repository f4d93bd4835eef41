extension KnownPatterns {
  /// The pre-tokenizer of a GGUF file's `tokenizer.ggml.pre`, as tokenizer.json spells it; nil for a name
  /// that heed does not know.
  static func preTokenizer(pre: String) -> String? {
    // Numbers apart from the space before them, which only looking at the stand-ins of bytes gives.
    if pre == "falcon" {
      return
        #"{"type":"Sequence","pretokenizers":[{"type":"Punctuation","behavior":"Contiguous"},"#
        + #"{"type":"ByteLevel","add_prefix_space":false},{"type":"Digits"},"#
        + #"{"type":"Split","pattern":{"Regex":"[0-9][0-9][0-9]"},"behavior":"Isolated"}]}"#
    }
    return patterns(pre: pre).map { patterns in
      patterns == [gpt2]
        ? #"{"type":"ByteLevel","add_prefix_space":false}"# : StageList.byteLevel(patterns)
    }
  }

  /// The patterns of a GGUF file's `tokenizer.ggml.pre`; nil for a name that heed does not know.
  ///
  /// They are those of each model's tokenizer.json, which llama.cpp respells where its own matcher
  /// lacks something.
  ///
  /// Source: ggml-org/llama.cpp, `src/llama-vocab.cpp`.
  private static func patterns(pre: String) -> [String]? {
    switch pre {
    case "gpt-2", "gpt2", "phi-2", "jina-es", "jina-de", "jina-v2-es", "jina-v2-de", "mpt", "olmo",
      "jais", "gigachat", "a.x-4.0", "mellum", "modern-bert", "exaone4", "trillion",
      "granite-docling":
      [gpt2]
    case let pre where robertas.contains(pre): [gpt2]
    case let pre where llama3s.contains(pre): [llama3]
    case "dbrx", "smaug-bpe", "chatglm-bpe", "glm4": [llama3]
    case "qwen2", "stablelm2", "deepseek-r1-qwen", "megrez", "hunyuan", "kormo", "f2llmv2",
      "grok-2", "solar-open":
      [qwen2]
    case "qwen35": [qwen35]
    case "gpt-4o", "llama4", "o200k", "kanana2", "talkie", "minimax-m2",
      "granite-embed-multi-97m":
      [o200k]
    case "kimi-k2": [kimi]
    case "tiny_aya", "cohere2moe": tinyAya
    case "tekken": [tekken]
    case "deepseek-v3", "hunyuan-dense", "joyai-llm", "hy_v4": deepseek3
    case "deepseek-coder": deepseekCoder
    case "deepseek-llm": deepseekLLM
    case "bloom", "poro-chat", "gpt3-finnish": [bloom]
    case "viking": [bloom, #"\p{N}"#]
    case "default": unnamed
    case "starcoder", "refact", "command-r", "smollm", "codeshell", "exaone", "minerva-7b",
      "mellum2":
      [#"\p{N}"#, gpt2]
    case "superbpe": superBPE
    case "bailingmoe", "bailingmoe2", "llada-moe": [bailing]
    case "seed-coder": [seedCoder]
    case "exaone-moe": [exaoneMoE]
    case "chameleon": chameleon
    default: nil
    }
  }

  /// Llama 3 and those that took its tokenizer over.
  private static let llama3s: Set<String> = [
    "llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2",
    "jina-v5-nano",
  ]

  /// Those that put a text between BOS and a separator, as RoBERTa does.
  static let robertas: Set<String> = ["roberta-bpe", "jina-v1-en", "jina-v2-code"]

  /// Those that put BOS before a text where the file does not say.
  static let ownBOS: Set<String> = llama3s.union(["tekken", "chameleon"])

  /// Those that take a word with a piece of its own whole, whatever the merges say.
  static let takesWordsWhole: Set<String> = llama3s.union([
    "tekken", "gpt-4o", "kimi-k2", "llama4", "granite-embed-multi-97m",
  ])

  /// Names for an error text.
  static let knownPre =
    "default, gpt-2, llama-bpe, qwen2, gpt-4o, tekken, deepseek-llm, deepseek-coder, deepseek-v3, "
    + "falcon, bloom, viking, starcoder, smollm, roberta-bpe or another of their kind"
}
