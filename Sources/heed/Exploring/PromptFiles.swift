import Explorer
import Foundation
import Models
import Synchronization

/// Prompts that were read from files, and the parts of them that tags name.
final class PromptFiles: Sendable {
  /// Texts with named parts, by what they are without tags.
  private let tagged = Mutex<[String: TaggedText]>([:])

  /// Reads prompts, one a line as `PromptSet` has them, and takes the tags of their parts out; blank lines are
  /// none.
  ///
  /// - Returns: What the explorer is told: the prompts, or why there are none.
  func read(_ file: String) -> Action {
    do {
      let text = try String(contentsOfFile: file, encoding: .utf8)
      let lines = text.split(whereSeparator: \.isNewline).filter {
        !$0.allSatisfy(\.isWhitespace)
      }
      let texts = try lines.compactMap(PromptSet.text).map { try note(TaggedText(Array($0.utf8))) }
      return .promptFile(PromptFile(name: file, texts: texts, count: lines.count))
    } catch let error as PromptSpanError {
      return .failed("\(file): \(error)")
    } catch {
      return .failed("\(file): cannot be read as UTF-8 text; check its name")
    }
  }

  /// Keeps the parts of a text; returns it without tags.
  private func note(_ marked: TaggedText) -> String {
    let text = String(decoding: marked.bytes, as: UTF8.self)
    if !marked.marks.isEmpty { tagged.withLock { $0[text] = marked } }
    return text
  }

  /// A prompt with the parts that tags named when its text was read.
  func marking(_ prompt: Prompt, of text: String) throws -> Prompt {
    guard let marked = tagged.withLock({ $0[text] }) else { return prompt }
    return try prompt.marking(marked)
  }
}
