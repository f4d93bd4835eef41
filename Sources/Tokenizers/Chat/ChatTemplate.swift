import Foundation

/// How a model that was trained on conversations wants a message to be written.
///
/// A Jinja template, followed in the subset that chat templates use: `for`, `if`, `set`, macros, filters, tests,
/// and the functions that transformers gives to it.
///
/// Source: transformers 5, `utils/chat_template_utils.py`; Jinja 3.1.
public struct ChatTemplate: Sendable {
  /// Who says what.
  public struct Message: Sendable, Hashable {
    /// `system`, `user` or `assistant`.
    public let role: String
    /// The words.
    public let content: String

    /// A message.
    public init(role: String, content: String) {
      self.role = role
      self.content = content
    }
  }

  private let statements: [JinjaStatement]
  private let file: String
  private let names: [String: JinjaValue]

  /// Reads a template.
  ///
  /// - Parameters:
  ///   - source: The template.
  ///   - file: Where it was found, for errors.
  ///   - tokens: The special tokens that it may write, such as `bos_token`.
  /// - Throws: `TokenizerError.chatTemplate` that names the line.
  public init(
    _ source: String, file: String, tokens: [String: String] = [:]
  ) throws(TokenizerError) {
    do {
      statements = try JinjaParser.parse(source)
    } catch {
      throw .chatTemplate(file: file, line: error.line, found: error.found)
    }
    self.file = file
    names = tokens.mapValues { .string($0) }
  }

  /// A conversation as the model reads it.
  ///
  /// - Parameters:
  ///   - messages: The conversation so far.
  ///   - asksForAnswer: Whether the beginning of the model's answer follows.
  ///   - now: The time that a template may ask for.
  /// - Throws: `TokenizerError.chatTemplate` when the template refuses the conversation or asks for
  ///   something that is not known.
  public func text(
    _ messages: [Message], asksForAnswer: Bool = true, now: Date = Date()
  ) throws(TokenizerError) -> String {
    var names = names
    names["messages"] = .list(
      messages.map {
        .dictionary([("role", .string($0.role)), ("content", .string($0.content))])
      })
    names["add_generation_prompt"] = .bool(asksForAnswer)
    names["tools"] = JinjaValue.none
    names["documents"] = JinjaValue.none
    do {
      return try JinjaRun.text(of: statements, with: names, now: now)
    } catch {
      throw .chatTemplate(file: file, line: error.line, found: error.found)
    }
  }
}

extension ChatTemplate {
  /// The template of the checkpoint in a folder: `chat_template.jinja`, else `chat_template` of
  /// tokenizer_config.json, else `chat_template.json`.
  ///
  /// Of several, the one called `default`.
  ///
  /// - Throws: `TokenizerError.noChatTemplate`; what reading the files and `init` throw.
  public static func open(folder: String) throws(TokenizerError) -> ChatTemplate {
    let settings = try TokenizerSettings(folder: folder)
    guard let (source, file) = try source(settings) else { throw .noChatTemplate(place: folder) }
    var tokens: [String: String] = [:]
    for name in ["bos", "eos", "unk", "sep", "pad", "cls", "mask"] {
      tokens["\(name)_token"] = try settings.token("\(name)_token")
    }
    return try ChatTemplate(source, file: file, tokens: tokens)
  }

  private static func source(
    _ settings: TokenizerSettings
  ) throws(TokenizerError) -> (source: String, file: String)? {
    let own = settings.path("chat_template.jinja")
    if settings.has("chat_template.jinja") {
      return (String(decoding: try TokenizerSettings.bytes(own), as: UTF8.self), own)
    }
    for name in ["tokenizer_config.json", "chat_template.json"] where settings.has(name) {
      let file = settings.path(name)
      let object = try TokenizerSettings.object(file)
      switch object.value("chat_template") {
      case .string(let source): return (source, file)
      case .array:
        let named = try object.sections("chat_template")
        for template in named where try template.string("name") == "default" {
          return (try template.string("template"), file)
        }
        if named.count == 1 { return (try named[0].string("template"), file) }
        throw object.wrong("chat_template", expected: "a template called default")
      case nil: continue
      default: throw object.wrong("chat_template", expected: "a text or a list of templates")
      }
    }
    return nil
  }
}
