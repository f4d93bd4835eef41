/// The patterns of tokenizers whose files only name them.
enum KnownPatterns {
  /// GPT-2's, as a regular expression; `GPT2Pattern` is the same by hand.
  static let gpt2 =
    #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#
  /// cl100k and Llama 3.
  static let llama3 =
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|"# + rest
  /// Qwen 2: each digit alone.
  static let qwen2 =
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}|"# + rest
  private static let rest = #" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  /// o200k, as of GPT-4o and gpt-oss.
  static let o200k =
    #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"#
    + #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"#
    + #"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  /// DeepSeek V3: numbers, then ideographs and kana, then the rest.
  static let deepseek3 = [
    #"\p{N}{1,3}"#, "[一-龥\u{3040}-ゟ゠-ヿ]+",
    ##"[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"##,
  ]

  /// Mistral's Tekken: as o200k, without contractions, each digit alone.
  static let tekken =
    #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|"#
    + #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|"#
    + #"\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  /// DeepSeek Coder: line feeds, letters, punctuation, ideographs, digits.
  static let deepseekCoder = [
    #"[\r\n]"#, #"\s?\p{L}+"#, #"\s?\p{P}+"#, "[一-龥ࠀ-一가-\u{D7FF}]+", #"\p{N}"#,
  ]
  /// DeepSeek LLM and V2; the letters are those with capitals, which the original lists one by one.
  static let deepseekLLM = [
    #"[\r\n]"#, #"\s?[\p{Lu}\p{Ll}\p{Lt}]+"#, "\\s?[!-/:-~！-／：-～‘-‟\u{3000}-。]+", #"\s+$"#,
    "[一-龥ࠀ-一가-\u{D7FF}]+", #"\p{N}+"#,
  ]
  /// BLOOM: anything up to a sign that ends a clause.
  static let bloom = #" ?[^(\s|.,!?…。，、।۔،)]+"#
  /// Falcon: punctuation, GPT-2's, numbers in threes.
  static let falcon = [#"[\p{P}\$\+<=>\^~\|`]+"#, gpt2, "[0-9][0-9][0-9]"]
  /// What a file that names nothing is cut by.
  static let unnamed = [#"[\p{P}\$\+<=>\^~\|]+"#, gpt2, #"\p{N}+"#, "[0-9][0-9][0-9]"]

  /// The patterns of a GGUF file's `tokenizer.ggml.pre`; nil for a name that heed does not know.
  ///
  /// Source: ggml-org/llama.cpp, `src/llama-vocab.cpp`.
  static func patterns(pre: String) -> [String]? {
    switch pre {
    case "gpt-2", "gpt2", "phi-2", "jina-es", "jina-de", "mpt", "olmo", "jais": [gpt2]
    case "llama3", "llama-v3", "llama-bpe", "falcon3", "dbrx", "smaug-bpe", "pixtral",
      "chatglm-bpe":
      [llama3]
    case "qwen2", "stablelm2", "deepseek-r1-qwen", "megrez", "hunyuan": [qwen2]
    case "gpt-4o", "llama4", "o200k": [o200k]
    case "tekken": [tekken]
    case "deepseek-v3": deepseek3
    case "deepseek-coder": deepseekCoder
    case "deepseek-llm": deepseekLLM
    case "bloom", "poro-chat", "gpt3-finnish": [bloom]
    case "viking": [bloom, #"\p{N}"#]
    case "falcon": falcon
    case "default": unnamed
    case "starcoder", "refact", "command-r", "smollm", "codeshell", "exaone", "minerva-7b":
      [#"\p{N}"#, gpt2]
    default: nil
    }
  }

  /// Names for an error text.
  static let knownPre =
    "default, gpt-2, llama-bpe, qwen2, gpt-4o, tekken, deepseek-llm, deepseek-coder, deepseek-v3, "
    + "falcon, bloom, viking, starcoder, smollm or another of their kind"
}
