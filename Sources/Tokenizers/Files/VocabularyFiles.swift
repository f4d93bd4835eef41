import Foundation

extension Tokenizer {
  /// GPT-2's and RoBERTa's pair of files, `vocab.json` and `merges.txt`.
  static func vocabularyAndMerges(_ settings: TokenizerSettings) throws(TokenizerError) -> Tokenizer
  {
    let file = settings.path("vocab.json")
    let family = try settings.family
    guard family != "clip" else {
      throw .unsupportedOption(
        file: file, place: "tokenizer_class", value: "CLIP without a tokenizer.json")
    }
    let root = try TokenizerSettings.object(file)
    let vocabulary = try Vocabulary(
      Section([.init(key: "vocab", value: .object(root.all))], file: file), key: "vocab")
    let model = BPE(
      vocabulary: vocabulary,
      pairs: settings.cutsText ? try merges(settings.path("merges.txt"), vocabulary) : .empty,
      options: .init())
    var stages = StageList(file: file)
    if family.hasPrefix("qwen2") {
      try stages.set("normalizer", #"{"type":"NFC"}"#)
      try stages.set("pre_tokenizer", StageList.byteLevel([KnownPatterns.qwen2]))
    } else {
      let prefix = try settings.bool("add_prefix_space", default: false)
      try stages.set("pre_tokenizer", #"{"type":"ByteLevel","add_prefix_space":\#(prefix)}"#)
    }
    try stages.set("decoder", #"{"type":"ByteLevel"}"#)
    let isRoberta = ["roberta", "bart", "longformer", "led", "mpnet"].contains(family)
    let names =
      isRoberta ? ["<s>", "</s>", "<unk>", "<pad>", "<mask>"] : ["<|endoftext|>"]
    try settings.addTokens(to: &stages, vocabulary: vocabulary, defaults: names)
    if isRoberta {
      try stages.set(
        "post_processor",
        StageList.template(
          before: try settings.ids(["cls_token": "<s>"], vocabulary),
          after: try settings.ids(["sep_token": "</s>"], vocabulary), doubled: true))
    } else if try settings.bool("add_bos_token", default: false) {
      try stages.set(
        "post_processor",
        StageList.template(
          before: try settings.ids(["bos_token": "<|endoftext|>"], vocabulary), after: []))
    }
    return try stages.tokenizer(model)
  }

  /// The lines of merges.txt: two pieces with a space between, after a line with a version.
  private static func merges(
    _ file: String, _ vocabulary: Vocabulary
  ) throws(TokenizerError) -> PairTable {
    let lines = try TokenizerSettings.bytes(file).split(separator: 0x0A)
    var list: [JSONTree] = []
    for (number, line) in lines.enumerated() {
      if number == 0, line.starts(with: Array("#version".utf8)) { continue }
      let line = line.last == 0x0D ? line.dropLast() : line
      list.append(.string(String(decoding: line, as: UTF8.self)))
    }
    return try BPE.merges(
      Section([.init(key: "merges", value: .array(list))], file: file), vocabulary, prefix: [])
  }

  /// BERT's `vocab.txt`, one piece a line.
  static func vocabularyLines(_ settings: TokenizerSettings) throws(TokenizerError) -> Tokenizer {
    let file = settings.path("vocab.txt")
    var lines = try TokenizerSettings.bytes(file).split(
      separator: 0x0A, omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    var vocabulary = Vocabulary(capacity: lines.count)
    for (id, line) in lines.enumerated() {
      let line = line.last == 0x0D ? line.dropLast() : line
      vocabulary.insert(String(decoding: line, as: UTF8.self), id: id)
    }
    let unknown = try settings.token("unk_token") ?? "[UNK]"
    var options = Section([.init(key: "unk_token", value: .string(unknown))], file: file)
    options.cutsText = settings.cutsText
    let model = try WordPiece(options, vocabulary: vocabulary)
    var stages = StageList(file: file)
    let lowers = try settings.bool("do_lower_case", default: true)
    let strips = try settings.bool("strip_accents", default: lowers)
    let parts = try settings.bool("tokenize_chinese_chars", default: true)
    try stages.set(
      "normalizer",
      #"{"type":"BertNormalizer","lowercase":\#(lowers),"strip_accents":\#(strips),"#
        + #""handle_chinese_chars":\#(parts)}"#)
    try stages.set("pre_tokenizer", #"{"type":"BertPreTokenizer"}"#)
    try stages.set("decoder", #"{"type":"WordPiece"}"#)
    try settings.addTokens(
      to: &stages, vocabulary: vocabulary,
      defaults: ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
    try stages.set(
      "post_processor",
      StageList.template(
        before: try settings.ids(["cls_token": "[CLS]"], vocabulary),
        after: try settings.ids(["sep_token": "[SEP]"], vocabulary), secondType: 1))
    return try stages.tokenizer(model)
  }
}

extension TokenizerSettings {
  /// The special tokens under some keys, or their defaults, with their ids; none that the vocabulary
  /// lacks.
  func ids(
    _ defaults: [String: String], _ vocabulary: Vocabulary
  ) throws(TokenizerError) -> [(String, Int)] {
    var found: [(String, Int)] = []
    for (key, fallback) in defaults {
      let content = try token(key) ?? fallback
      if let id = vocabulary.id(of: content) { found.append((content, id)) }
    }
    return found
  }
}
