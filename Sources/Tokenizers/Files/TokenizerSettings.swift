import Foundation

/// What the small files beside a vocabulary say.
struct TokenizerSettings {
  /// The folder they lie in.
  let folder: String
  /// Whether a text will be cut; else merges and tries are left out, and only counting is possible.
  let cutsText: Bool
  private let config: Section?
  private let special: Section?
  private let model: Section?
  private let added: Section?

  /// Reads tokenizer_config.json, special_tokens_map.json, added_tokens.json and config.json, each
  /// of which may be missing.
  init(folder: String, cutsText: Bool = true) throws(TokenizerError) {
    self.folder = folder
    self.cutsText = cutsText
    config = try Self.section(folder, "tokenizer_config.json")
    special = try Self.section(folder, "special_tokens_map.json")
    model = try Self.section(folder, "config.json")
    added = try Self.section(folder, "added_tokens.json")
  }

  /// The path of a file in the folder.
  func path(_ name: String) -> String { (folder as NSString).appendingPathComponent(name) }

  /// Whether the folder has a file.
  func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }

  /// The bytes of a file.
  static func bytes(_ file: String) throws(TokenizerError) -> [UInt8] {
    do {
      return [UInt8](try Data(contentsOf: URL(fileURLWithPath: file), options: .mappedIfSafe))
    } catch {
      throw .unreadable(file: file, reason: (error as NSError).localizedDescription)
    }
  }

  /// The object in a JSON file.
  static func object(_ file: String) throws(TokenizerError) -> Section {
    let tree: JSONTree
    do {
      tree = try JSONParser.parse(try bytes(file))
    } catch let error as JSONFault {
      throw .invalidJSON(file: file, line: error.line, found: error.found)
    } catch let error as TokenizerError {
      throw error
    } catch {
      throw .unreadable(file: file, reason: "\(error)")
    }
    return try Section(tree, file: file, place: "")
  }

  private static func section(_ folder: String, _ name: String) throws(TokenizerError) -> Section? {
    let file = (folder as NSString).appendingPathComponent(name)
    return FileManager.default.fileExists(atPath: file) ? try object(file) : nil
  }

  /// The name of the tokenizer's class, in small letters and without `Tokenizer` and `Fast`; else
  /// the model's type.
  var family: String {
    get throws(TokenizerError) {
      let name =
        try config?.optionalString("tokenizer_class")?.lowercased()
        .replacingOccurrences(of: "tokenizer", with: "").replacingOccurrences(of: "fast", with: "")
      if let name, !name.isEmpty, name != "pretrained" { return name }
      return try model?.optionalString("model_type")?.replacingOccurrences(of: "_", with: "")
        .replacingOccurrences(of: "-", with: "") ?? ""
    }
  }

  /// A switch of tokenizer_config.json.
  func bool(_ key: String, default fallback: Bool) throws(TokenizerError) -> Bool {
    try config?.bool(key, default: fallback) ?? fallback
  }

  /// A special token, such as `bos_token`.
  func token(_ key: String) throws(TokenizerError) -> String? {
    for section in [config, special] {
      guard let section, let value = section.value(key) else { continue }
      if case .object = value { return try section.section(key)?.string("content") }
      return try section.string(key)
    }
    return nil
  }

  /// Adds all tokens that the files name to `stages`.
  ///
  /// - Parameter defaults: The special tokens of the class, where no file names them.
  func addTokens(
    to stages: inout StageList, vocabulary: Vocabulary, defaults: [String] = []
  ) throws(TokenizerError) {
    var known = Set<String>()
    func add(_ content: String, _ id: Int?, _ options: Section? = nil) throws(TokenizerError) {
      guard !known.contains(content), let id = id ?? vocabulary.id(of: content) else { return }
      known.insert(content)
      stages.add(
        content, id: id, isSpecial: try options?.bool("special", default: false) ?? true,
        // As BERT's and RoBERTa's classes declare it.
        stripsLeft: try options?.bool("lstrip", default: false) ?? (content == "<mask>"),
        stripsRight: try options?.bool("rstrip", default: false) ?? false)
    }
    if let decoder = try config?.section("added_tokens_decoder") {
      for member in decoder.all {
        guard let id = Int(member.key), let options = try decoder.section(member.key) else {
          continue
        }
        try add(try options.string("content"), id, options)
      }
    }
    for member in added?.all ?? [] { try add(member.key, Section.id(member.value)) }
    for key in ["bos", "eos", "unk", "sep", "pad", "cls", "mask"] {
      if let content = try token(key + "_token") { try add(content, nil) }
    }
    for content in defaults { try add(content, nil) }
  }
}
