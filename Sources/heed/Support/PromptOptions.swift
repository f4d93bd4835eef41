import ArgumentParser
import Explorer
import Foundation
import Models
import Tensors
import Tokenizers

/// The prompt, however it is given.
struct PromptOptions: ParsableArguments {
  @Argument(help: "The prompt; several words are one prompt, - reads standard input")
  var prompt: [String] = []

  @Option(help: "The prompt, where it could be mistaken for something else")
  var text: String?

  @Option(help: "A file whose exact text is the prompt", completion: .file())
  var file: String?

  @Option(help: "Token ids, such as 1,2,3, or @FILE; used exactly as given, without a tokenizer")
  var ids: String?

  @Flag(help: "Add no special tokens, such as BOS or CLS")
  var noSpecial = false

  @Flag(
    help: "Write the prompt as a user's message, the way the checkpoint's chat template wants it")
  var chat = false

  @OptionGroup var extra: ExtraOptions

  @Option(
    help: "Name tokens START up to before END, NAME=START..END; may be given several times")
  var span: [String] = []

  @Flag(help: "Take <<NAME>> and <</NAME>> out of the prompt and name what stands between")
  var tags = false

  func validate() throws {
    let given = [!prompt.isEmpty, text != nil, file != nil, ids != nil].filter { $0 }.count
    if given > 1 {
      throw ValidationError("Give the prompt once: as words, --text, --file or --ids.")
    }
    if tags, ids != nil { throw ValidationError("--tags needs a text; name ids with --span.") }
    if chat, ids != nil { throw ValidationError("--chat needs a text, not --ids.") }
    if chat, tags {
      throw ValidationError("--tags marks a text as it stands; with --chat use --span.")
    }
    if chat, extra.pair != nil { throw ValidationError("--chat takes one text, not --pair.") }
  }

  /// Whether special tokens are added; a chat template writes its own.
  var addsSpecial: Bool { !noSpecial && !chat }

  /// What stands for a prompt when none is given.
  static let example = "When Mary and John went to the store, John gave a drink to"

  /// Whether a prompt was given.
  var isGiven: Bool {
    !prompt.isEmpty || text != nil || file != nil || ids != nil || extra.image != nil
      || extra.pixels != nil || extra.audio != nil
  }

  /// What stands for a prompt of a model when none is given.
  static func example(for model: String?) -> String {
    model == "sample:sort" ? "sort 41 7 93 12 58 3" : example
  }

  /// The prompt's bytes; nil when it was given as ids or not at all.
  func bytes() throws -> [UInt8]? {
    if let text { return Array(text.utf8) }
    if let file { return try Self.read(file) }
    if prompt == ["-"] { return Array(FileHandle.standardInput.readDataToEndOfFile()) }
    return prompt.isEmpty ? nil : Array(prompt.joined(separator: " ").utf8)
  }

  /// The prompt as a model takes it.
  ///
  /// - Parameters:
  ///   - source: Where the tokenizer lies; not needed for `--ids`, though used if it is there.
  ///   - fallback: The text when nothing was given; nil for commands that insist on one.
  ///   - answers: Whether an encoder-decoder that is given nothing for its decoder writes an answer.
  func prompt(
    _ source: TokenizerSource, _ model: Model, default fallback: String? = nil,
    answers: Bool = true
  ) throws -> Prompt {
    var extras = try extra.extras()
    extras.answers = answers
    // A vision sample brings images along; the text is not looked at.
    let isVision = model.plan.embedding.patches != nil
    if isVision, !extras.isMedia, !prompt.isEmpty || text != nil || file != nil || ids != nil {
      throw ModelError.imageMissing(family: model.plan.family)
    }
    let given = try given(default: fallback ?? (isVision && source.exampleImage != nil ? "" : nil))
    return try extras.prompt(given, source, model)
  }

  /// The text, or both texts, as tokens alone: it needs no model.
  func textPrompt(_ source: TokenizerSource) throws -> Prompt {
    try extra.extras().text(given(), source)
  }

  /// Reads what the prompt is made from, files and standard input included, and leaves its making,
  /// which needs the tokenizer, to whoever has that.
  ///
  /// - Parameter fallback: As for `prompt`.
  func given(default fallback: String? = nil) throws -> GivenPrompt {
    // Not the empty prompt: a forgotten one would be answered with what follows BOS.
    guard isGiven || fallback != nil else { throw Failure.noPrompt }
    let spans = try spans()
    if let ids { return GivenPrompt(source: .ids(try Self.parse(ids)), spans: spans) }
    var given = try GivenPrompt(
      bytes() ?? Array((fallback ?? "").utf8), addSpecial: addsSpecial, isTagged: tags)
    (given.spans, given.isChat) = (spans, chat)
    return given
  }

  /// The parts that are named by positions.
  func spans() throws -> [PromptSpan] {
    try span.map { text in
      guard let span = PromptSpan(parsing: text) else { throw PromptSpanError.malformed(text) }
      return span
    }
  }

  /// Refuses a prompt for maps that are there already.
  func refuse(forMapsOf file: String) throws {
    if isGiven { throw Failure.promptForMaps(file: file) }
  }

  static func parse(_ text: String, option: String = "ids") throws -> [Int] {
    var list = text
    if text.hasPrefix("@") {
      list = String(decoding: try read(String(text.dropFirst())), as: UTF8.self)
    }
    return try list.split { $0 == "," || $0.isWhitespace }.map { word in
      guard let id = Int(word) else { throw Failure.badIDs(option: option, text) }
      return id
    }
  }

  /// A file's bytes.
  static func read(_ path: String) throws -> [UInt8] {
    do {
      return try Array(Data(contentsOf: URL(fileURLWithPath: path)))
    } catch {
      throw Failure.unreadable(file: path, reason: reason(path))
    }
  }

  private static func reason(_ path: String) -> String {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      return "no such file"
    }
    return isFolder.boolValue ? "it is a folder" : "check its permissions"
  }
}

/// What a prompt is made from, once it is read.
struct GivenPrompt: Sendable {
  /// Text or ids.
  enum Source: Sendable {
    /// Text, which may be no UTF-8.
    case text([UInt8], addSpecial: Bool)
    /// Ids, used as they are.
    case ids([Int])
  }

  let source: Source
  /// Spans by positions.
  var spans: [PromptSpan] = []
  /// The text that `source` was taken out of, with its spans; nil without tags.
  private(set) var tagged: TaggedText?
  /// The same with its tags.
  private(set) var marked: [UInt8]?
  /// Whether the text is a message that the checkpoint's chat template puts into words.
  var isChat = false

  /// Text or ids as they are.
  init(source: Source, spans: [PromptSpan] = [], isChat: Bool = false) {
    (self.source, self.spans, self.isChat) = (source, spans, isChat)
  }

  /// A text.
  ///
  /// - Parameter isTagged: Whether tags name parts of it.
  /// - Throws: `PromptSpanError` for tags that do not belong together.
  init(_ bytes: [UInt8], addSpecial: Bool, isTagged: Bool) throws {
    let tagged = isTagged ? try TaggedText(bytes) : nil
    self.init(source: .text(tagged?.bytes ?? bytes, addSpecial: addSpecial))
    (self.tagged, marked) = (tagged, isTagged ? bytes : nil)
  }

  /// The prompt as tokens.
  func prompt(_ tokenizer: TokenizerSource) throws -> Prompt {
    let prompt = try unmarked(tokenizer)
    return try (tagged.map { try prompt.marking($0) } ?? prompt).marking(spans)
  }

  private func unmarked(_ tokenizer: TokenizerSource) throws -> Prompt {
    switch source {
    case .ids(let ids):
      guard let tokenizer = try? tokenizer.open() else { return Prompt(ids: ids) }
      return Prompt(tokens: tokenizer.tokens(ids: ids))
    case .text(var bytes, let addSpecial):
      if isChat {
        let message = String(decoding: bytes, as: UTF8.self)
        bytes = Array(try tokenizer.chatTemplate().asking(message).utf8)
      }
      let encoding = try tokenizer.open().encode(bytes, addSpecial: addSpecial)
      return Prompt(
        tokens: encoding.tokens, added: encoding.added, text: String(decoding: bytes, as: UTF8.self)
      )
    }
  }
}
