import Analysis
import Foundation
import Models
import Tokenizers

/// What scores read besides prompts: tokens, needles, ordered words, published gates.
enum ScoreFiles {
  /// The id of a token given as its text, or as `#ID`.
  static func token(_ option: String, _ text: String, _ source: TokenizerSource) throws -> Int {
    if text.hasPrefix("#"), let id = Int(text.dropFirst()), id >= 0 { return id }
    let ids = try source.open().ids(Array(text.utf8))
    guard ids.count == 1 else {
      throw Failure.badToken(option: option, text: text, reason: "it is \(ids.count) tokens")
    }
    return ids[0]
  }

  /// Another prompt: a text, or ids after `#`.
  static func prompt(
    _ option: String, _ text: String, _ source: TokenizerSource, addSpecial: Bool
  ) throws -> Prompt {
    guard !text.hasPrefix("#") else {
      return Prompt(ids: try PromptOptions.parse(String(text.dropFirst()), option: option))
    }
    return Prompt(tokens: try source.open().encode(text, addSpecial: addSpecial).tokens)
  }

  /// The one token of a word, with a space before it where that is one; nil when it takes several.
  static func oneToken(_ word: String, _ tokenizer: Tokenizer) -> Int? {
    for text in [" " + word, word] {
      let ids = tokenizer.ids(Array(text.utf8))
      if ids.count == 1 { return ids[0] }
    }
    return nil
  }

  /// A needle's ids and where its answer stands; nil when no token covers it.
  static func needle(
    _ text: NeedleText, _ tokenizer: Tokenizer, addSpecial: Bool
  ) -> Needle? {
    let encoding = tokenizer.encode(text.prompt, addSpecial: addSpecial)
    let prompt = Prompt(tokens: encoding.tokens, added: encoding.added, text: text.prompt)
    guard let bytes = text.answerBytes, let answer = prompt.tokens(covering: bytes) else {
      return nil
    }
    return Needle(ids: prompt.ids, answer: answer)
  }

  private struct NeedleLine: Decodable {
    let prompt, answer: String
  }

  /// Needles from lines of `{"prompt": …, "answer": …}`.
  static func needles(_ file: String) throws -> [NeedleText] {
    let found = try lines(file).map { number, line in
      guard let read = try? JSONDecoder().decode(NeedleLine.self, from: Data(line.utf8)),
        NeedleText(prompt: read.prompt, answer: read.answer).answerBytes != nil
      else {
        throw Failure.badTable(
          file: file, line: number, found: "no needle",
          expected: "{\"prompt\": …, \"answer\": …} with the answer standing in the prompt")
      }
      return NeedleText(prompt: read.prompt, answer: read.answer)
    }
    guard !found.isEmpty else { throw Failure.noPrompts(file: file) }
    return found
  }

  /// Ordered words, a class a line, separated by commas.
  static func classes(_ file: String) throws -> [[String]] {
    try lines(file).map { number, line in
      let words = line.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        .filter { !$0.isEmpty }
      guard words.count > 1 else {
        throw Failure.badTable(
          file: file, line: number, found: "fewer than two words",
          expected: "words in order, separated by commas")
      }
      return words
    }
  }

  /// Gates, a row for each layer, separated by tabs.
  static func gates(_ file: String) throws -> [[Double]] {
    try lines(file).map { number, line in
      let numbers = line.split(whereSeparator: \.isWhitespace).map { Double($0) }
      guard !numbers.isEmpty, numbers.allSatisfy({ $0?.isFinite ?? false }) else {
        throw Failure.badTable(
          file: file, line: number, found: "no row of numbers",
          expected: "a gate for each KV head, separated by tabs")
      }
      return numbers.compactMap { $0 }
    }
  }

  /// The lines that are not blank, numbered from 1.
  private static func lines(_ file: String) throws -> [(Int, String)] {
    String(decoding: try PromptOptions.read(file), as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false).enumerated()
      .map { ($0 + 1, String($1)) }.filter { !$0.1.allSatisfy(\.isWhitespace) }
  }
}
