import Foundation
import Testing

@testable import Tokenizers

/// What transformers makes of conversations; `Fixtures/make_chat_goldens.py` wrote it.
private struct ChatGoldens: Decodable {
  struct Message: Decodable {
    let role, content: String
  }
  struct Case: Decodable {
    let template: String
    let messages: [Message]
    let asks: Bool
    let text, refused: String?
  }
  let now: Int
  let tokens: [String: String]
  let cases: [Case]

  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Fixtures")

  static func read() throws -> ChatGoldens {
    try JSONDecoder().decode(
      ChatGoldens.self, from: Data(contentsOf: folder.appendingPathComponent("chat.json")))
  }

  static func template(_ name: String) throws -> String {
    try String(
      contentsOf: folder.appendingPathComponent("chat/" + name), encoding: .utf8)
  }
}

@Suite struct ChatTemplateTests {
  @Test(arguments: [
    "llama3.jinja", "chatml.jinja", "mistral.jinja", "gemma.jinja", "zephyr.jinja",
    "everything.jinja",
  ])
  func `a conversation is written as transformers writes it`(name: String) throws {
    let goldens = try ChatGoldens.read()
    let cases = goldens.cases.filter { $0.template == name }
    #expect(cases.count == 10)
    let template = try ChatTemplate(
      ChatGoldens.template(name), file: name, tokens: goldens.tokens)
    for golden in cases {
      let messages = golden.messages.map {
        ChatTemplate.Message(role: $0.role, content: $0.content)
      }
      func written() throws -> String {
        try template.text(
          messages, asksForAnswer: golden.asks,
          now: Date(timeIntervalSince1970: Double(goldens.now)))
      }
      if let reason = golden.refused {
        let error = #expect(throws: TokenizerError.self) { try written() }
        #expect(error?.description.contains(reason) == true)
      } else {
        #expect(try written() == golden.text)
      }
    }
  }

  /// The error of a template; nil when it is followed to its end.
  private func refusal(_ source: String) -> String? {
    do {
      let template = try ChatTemplate(source, file: "t")
      _ = try template.text([.init(role: "user", content: "hello")])
      return nil
    } catch { return error.description }
  }

  @Test(arguments: [
    ("{% if true %}", 1, "the end of the template, before elif or else or endif"),
    ("a\n\n{{ 1 + }}", 3, "the end of a tag inside an expression"),
    ("{{ 'a }}", 1, "a text without its end"), ("{{ 1", 1, "a tag without its }}"),
    ("{# a", 1, "a comment without its end"), ("{% raw %}", 1, "raw without endraw"),
    ("{% endif %}", 1, "the statement endif"), ("{% include 'x' %}", 1, "the statement include"),
    ("{{ 1 $ 2 }}", 1, "'$' in a tag"),
    ("{{ nothing.more }}", 1, "more of nothing, which is not defined"),
    ("{{ messages.append(1) }}", 1, "append of a list"),
    ("{{ 1 | wordwrap }}", 1, "a loop through a number"),
    ("{{ [] | wordwrap }}", 1, "the filter wordwrap, which is not known"),
    ("{{ open('/etc/passwd') }}", 1, "a call of open, which is not known"),
    ("{{ 1 / 0 }}", 1, "a division by zero"), ("{{ 'a' + 1 }}", 1, "a text + a number"),
    ("{{ range(1000000000) }}", 1, "a range over 100000 numbers"),
    ("{{ 'a' * 100000000 }}", 1, "a text without an end"),
    ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", 1, "work nested over 100 deep"),
    (
      "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}", 1,
      "work without an end"
    ),
    (String(repeating: "{% if 1 %}", count: 200), 1, "blocks nested over 100 deep"),
    (
      "{{" + String(repeating: "(", count: 500) + String(repeating: ")", count: 500) + "}}", 1,
      "an expression nested over 100 deep"
    ),
    ("\n{{ raise_exception('no') }}", 2, "its own objection: no"),
  ])
  func `what cannot be followed is refused with its line`(
    source: String, line: Int, found: String
  ) {
    #expect(
      refusal(source)
        == "t: found \(found) on line \(line) of the chat template, expected what heed follows of "
        + "Jinja; write the conversation out and leave --chat out")
  }

  @Test func `damaged templates are refused and never crash`() throws {
    var random = SeededGenerator(seed: 11)
    for name in ["llama3.jinja", "chatml.jinja", "everything.jinja"] {
      let whole = Array(try ChatGoldens.template(name).utf8)
      for _ in 0..<80 {
        var bytes = whole
        for _ in 0..<Int.random(in: 1...4, using: &random) {
          let start = Int.random(in: 0..<bytes.count, using: &random)
          let end = min(bytes.count, start + Int.random(in: 1...12, using: &random))
          switch Int.random(in: 0..<3, using: &random) {
          case 0: bytes.removeSubrange(start..<end)
          case 1: bytes.insert(contentsOf: bytes[start..<end], at: start)
          default: bytes[start] = .random(in: 0...255, using: &random)
          }
        }
        let error = refusal(String(decoding: bytes, as: UTF8.self))
        #expect(error?.hasPrefix("t: found ") ?? true)
      }
    }
  }

  @Test func `a folder's template is found where transformers looks for it`() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "heed-chat-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    func write(_ name: String, _ text: String) throws {
      try text.write(to: folder.appendingPathComponent(name), atomically: true, encoding: .utf8)
    }
    func said() throws -> String {
      try ChatTemplate.open(folder: folder.path).text([.init(role: "user", content: "hi")])
    }
    let missing = #expect(throws: TokenizerError.self) { try said() }
    #expect(missing == .noChatTemplate(place: folder.path))
    #expect(
      missing?.description == "\(folder.path): found no chat template, expected "
        + "chat_template.jinja or chat_template in tokenizer_config.json; leave --chat out")
    try write(
      "tokenizer_config.json",
      #"{"bos_token":{"content":"<b>"},"chat_template":"{{ bos_token }}{{ messages[0].content }}"}"#
    )
    #expect(try said() == "<b>hi")
    try write(
      "tokenizer_config.json",
      #"{"chat_template":[{"name":"tool_use","template":"no"},{"name":"default","template":"yes"}]}"#
    )
    #expect(try said() == "yes")
    try write("chat_template.jinja", "{{ messages[0].role }}\n")
    #expect(try said() == "user")
  }
}
