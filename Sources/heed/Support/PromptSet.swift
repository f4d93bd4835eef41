import Analysis
import Checkpoints
import Foundation
import Models
import Tokenizers

/// The prompts of a file: one text a line, or one JSON object a line.
///
/// An object holds `text` or `ids`, and may hold `tags`, a list of words, and `spans`: for each name a
/// part of the text, or the first and the last token. `target` and `against` are the tokens that direct
/// attribution is of.
struct PromptSet {
  /// One prompt and what is known about it.
  struct Entry {
    let prompt: Prompt
    let tags: [String]
    let target: ScoreOptions.Target?
  }

  private struct Line: Decodable {
    let text: String?
    let ids: [Int]?
    let tags: [String]?
    let spans: [String: Place]?
    let target, against: String?
  }

  private enum Place: Decodable {
    case text(String)
    case tokens(Int, Int)

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let text = try? container.decode(String.self) {
        self = .text(text)
      } else {
        let ends = try container.decode([Int].self)
        guard ends.count == 2 else {
          throw DecodingError.dataCorruptedError(
            in: container, debugDescription: "expected a text, or [first, last]")
        }
        self = .tokens(ends[0], ends[1])
      }
    }
  }

  /// The prompts, in order.
  let entries: [Entry]

  /// Reads a file.
  ///
  /// - Parameter isChat: Whether every text is a message for the checkpoint's chat template.
  ///
  /// - Throws: `Failure` that names the line; `TokenizerError` when a text needs a tokenizer that is not
  ///   there.
  init(file: String, _ source: TokenizerSource, addSpecial: Bool, isChat: Bool = false) throws {
    let lines = String(decoding: try PromptOptions.read(file), as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false)
    var tokenizer: Tokenizer?
    let template = try isChat ? source.chatTemplate() : nil
    func encode(_ given: String) throws -> Prompt {
      let text = try template?.asking(given) ?? given
      let opened = try tokenizer ?? source.open()
      tokenizer = opened
      let encoding = opened.encode(text, addSpecial: addSpecial)
      return Prompt(tokens: encoding.tokens, added: encoding.added, text: text)
    }
    var entries: [Entry] = []
    for (number, line) in lines.enumerated() where !line.allSatisfy(\.isWhitespace) {
      let text = line.hasSuffix("\r") ? String(line.dropLast()) : String(line)
      func wrong(_ found: String) -> Failure {
        .promptLine(file: file, line: number + 1, found: found)
      }
      guard text.first(where: { !$0.isWhitespace }) == "{" else {
        entries.append(Entry(prompt: try encode(text), tags: [], target: nil))
        continue
      }
      guard let object = try? JSONDecoder().decode(Line.self, from: Data(text.utf8)) else {
        throw wrong("found no object with text or ids, tags and spans")
      }
      let prompt: Prompt
      switch (object.text, object.ids) {
      case (let text?, nil): prompt = try encode(text)
      case (nil, let ids?):
        prompt =
          (try? source.open()).map { Prompt(tokens: $0.tokens(ids: ids)) } ?? Prompt(ids: ids)
      default: throw wrong("found \(object.text == nil ? "neither" : "both") text and ids")
      }
      let spans = try (object.spans ?? [:]).sorted { $0.key < $1.key }.map { name, place in
        guard let keys = Self.keys(place, in: prompt) else {
          throw wrong("found no tokens for the span \(name)")
        }
        return PromptSpan(name: name, tokens: keys)
      }
      func token(_ text: String) throws -> Int {
        do {
          return try ScoreFiles.token("target", text, source)
        } catch Failure.badToken {
          throw wrong("found \"\(text)\", which is no single token,")
        }
      }
      let target = try object.target.map {
        ScoreOptions.Target(id: try token($0), against: try object.against.map(token))
      }
      entries.append(
        Entry(
          prompt: try prompt.marking(spans), tags: object.tags ?? [], target: target))
    }
    guard !entries.isEmpty else { throw Failure.noPrompts(file: file) }
    self.entries = entries
  }

  private static func keys(_ place: Place, in prompt: Prompt) -> Range<Int>? {
    switch place {
    case .tokens(let first, let last):
      return first >= 0 && first <= last && last < prompt.seq ? first..<last + 1 : nil
    case .text(let part):
      guard let text = prompt.text,
        let bytes = NeedleText(prompt: text, answer: part).answerBytes
      else { return nil }
      return prompt.tokens(covering: bytes)
    }
  }
}

extension Prompt {
  /// The tokens that cover some bytes of the text; nil when none does.
  func tokens(covering bytes: Range<Int>) -> Range<Int>? {
    let covering = tokens.indices.filter {
      tokens[$0].start < bytes.upperBound && tokens[$0].end > bytes.lowerBound
    }
    guard let first = covering.first, let last = covering.last else { return nil }
    return first..<last + 1
  }
}
