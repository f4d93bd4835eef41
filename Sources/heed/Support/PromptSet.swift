import Analysis
import Checkpoints
import Foundation
import Models
import Tokenizers

/// The prompts of a file: one text a line, or one JSON object a line.
///
/// An object holds `text` or `ids`, and may hold `tags`, a list of words, and `spans`: for each name a
/// part of the text, or the first and the last token. `target` and `against` are the tokens that direct
/// attribution is of. `image` stands for a text where a model looks at images, `class` is what it shows;
/// of a model that fills in masked tokens `target` is what is masked. `corrupt` is the other prompt of
/// patching; `decoder` the ids that an encoder-decoder's decoder is given, by default what it writes by itself.
struct PromptSet {
  /// One prompt and what is known about it.
  struct Entry {
    var prompt: Prompt
    let tags: [String]
    let target: ScoreOptions.Target?
    /// What is right, as far as the line says it; nil for what suits the model.
    var objective: Objective?
    /// The other prompt of patching.
    var corrupt: Prompt?

    /// The options of scores of this prompt.
    func options(_ options: ScoreOptions) -> ScoreOptions {
      var own = options
      own.target = target ?? own.target
      own.objective = objective ?? own.objective
      own.corrupt = corrupt ?? own.corrupt
      return own
    }
  }

  private struct Line: Decodable {
    let text: String?
    let ids, decoder: [Int]?
    let tags: [String]?
    let spans: [String: Place]?
    let target, against, corrupt, image: String?
    let `class`: Label?
  }

  /// A class by number or by name.
  private enum Label: Decodable {
    case number(Int)
    case name(String)

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let number = try? container.decode(Int.self) {
        self = .number(number)
      } else {
        self = .name(try container.decode(String.self))
      }
    }
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
  /// - Parameters:
  ///   - model: Tells what a line without any says is right; a text without a masked token, for a model
  ///     that fills them in, has every seventh masked, about as many as BERT was trained on.
  ///   - isChat: Whether every text is a message for the checkpoint's chat template.
  ///   - isTagged: Whether tags in a text name parts of it.
  /// - Throws: `Failure` that names the line; `TokenizerError` when a text needs a tokenizer that is not
  ///   there.
  init(
    file: String, _ source: TokenizerSource, addSpecial: Bool, model: Model? = nil,
    isChat: Bool = false, isTagged: Bool = false
  ) throws {
    let lines = String(decoding: try PromptOptions.read(file), as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false)
    var tokenizer: Tokenizer?
    let template = try isChat ? source.chatTemplate() : nil
    func encode(_ given: String) throws -> Prompt {
      let tagged = isTagged ? try TaggedText(Array(given.utf8)) : nil
      let bare = tagged.map { String(decoding: $0.bytes, as: UTF8.self) } ?? given
      let text = try template?.asking(bare) ?? bare
      let opened = try tokenizer ?? source.open()
      tokenizer = opened
      let encoding = opened.encode(text, addSpecial: addSpecial)
      let prompt = Prompt(tokens: encoding.tokens, added: encoding.added, text: text)
      return try tagged.map { try prompt.marking($0) } ?? prompt
    }
    var entries: [Entry] = []
    for (number, line) in lines.enumerated() where !line.allSatisfy(\.isWhitespace) {
      let text = line.hasSuffix("\r") ? String(line.dropLast()) : String(line)
      func wrong(_ found: String) -> Failure {
        .promptLine(file: file, line: number + 1, found: found)
      }
      /// Adds what the model needs besides, and checks that it takes it.
      func complete(_ entry: inout Entry, for model: Model, decoder ids: [Int]? = nil) throws {
        do throws(ModelError) {
          try model.check(entry.prompt)
        } catch ModelError.promptTooLong(let tokens, let limit) {
          throw Failure.promptLong(file: file, line: number + 1, tokens: tokens, limit: limit)
        }
        try PromptExtras(decoderIDs: ids).addDecoder(to: &entry.prompt, source, model)
        entry = try entry.masked(for: model, source)
      }
      guard text.first(where: { !$0.isWhitespace }) == "{" else {
        var entry = Entry(prompt: try encode(text), tags: [], target: nil)
        if let model { try complete(&entry, for: model) }
        entries.append(entry)
        continue
      }
      guard let object = try? JSONDecoder().decode(Line.self, from: Data(text.utf8)) else {
        throw wrong("found no object with text or ids, tags and spans")
      }
      let prompt: Prompt
      switch (object.text, object.ids, object.image, model) {
      case (let text?, nil, nil, _): prompt = try encode(text)
      case (nil, nil, let image?, let model?):
        // A path is meant from where the file lies.
        let path = image.hasPrefix("/") ? image : Self.folder(of: file) + image
        prompt = try PromptExtras(image: path).prompt(
          GivenPrompt(source: .ids([])), source, model)
      case (nil, let ids?, nil, _):
        prompt =
          (try? source.open()).map { Prompt(tokens: $0.tokens(ids: ids)) } ?? Prompt(ids: ids)
      case (nil, nil, nil, _): throw wrong("found neither text nor ids")
      case (nil, nil, .some, nil): throw wrong("found an image, which these scores do not take,")
      default: throw wrong("found both text and ids")
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
      var entry = Entry(
        prompt: try prompt.marking(spans), tags: object.tags ?? [], target: target,
        corrupt: try object.corrupt.map(encode))
      if let label = object.class {
        guard let model, model.plan.head.isOfClasses,
          let id = Self.id(of: label, source), (0..<model.plan.head.outputCount).contains(id)
        else { throw wrong("found a class that the model does not have") }
        entry.objective = .classLoss(id)
      }
      if let model { try complete(&entry, for: model, decoder: object.decoder) }
      entries.append(entry)
    }
    guard !entries.isEmpty else { throw Failure.noPrompts(file: file) }
    self.entries = entries
  }

  /// The text of a line; nil for an object with ids or an image in its place, or for no object at all.
  static func text(of line: some StringProtocol) -> String? {
    guard line.first(where: { !$0.isWhitespace }) == "{" else { return String(line) }
    return (try? JSONDecoder().decode(Line.self, from: Data(line.utf8)))?.text
  }

  private static func folder(of file: String) -> String {
    file.lastIndex(of: "/").map { String(file[...$0]) } ?? ""
  }

  private static func id(of label: Label, _ source: TokenizerSource) -> Int? {
    switch label {
    case .number(let number): number
    case .name(let name): source.classNames.first { $0.value == name }?.key
    }
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

extension PromptSet.Entry {
  /// The entry with what a model that fills in masked tokens is judged by.
  fileprivate func masked(
    for model: Model, _ source: TokenizerSource
  ) throws -> PromptSet.Entry {
    guard model.hasOutputHead, model.plan.encoder == nil, !model.plan.isCausal,
      !model.plan.head.isOfClasses
    else { return self }
    var entry = self
    let places = prompt.maskPositions
    if !places.isEmpty {
      if let target {
        entry.objective = .loss(places.map { .init(position: $0, id: target.id) })
      }
      return entry
    }
    guard let tokenizer = try? source.open(),
      let mask = Prompt.masks.compactMap({ word -> Token? in
        let tokens = tokenizer.encode(word, addSpecial: false).tokens
        return tokens.count == 1 ? tokens.first : nil
      }).first
    else { return entry }
    // Special tokens cover no text.
    let words = prompt.tokens.indices.filter { prompt.tokens[$0].start < prompt.tokens[$0].end }
    let hidden = words.enumerated().filter { $0.offset % 7 == 3 }.map(\.element)
    let chosen = hidden.isEmpty ? Array(words.suffix(1)) : hidden
    entry.objective = .loss(chosen.map { .init(position: $0, id: prompt.tokens[$0].id) })
    var tokens = prompt.tokens
    for place in chosen { tokens[place] = mask }
    entry.prompt = try Prompt(tokens: tokens, added: prompt.added, text: prompt.text)
      .marking(prompt.spans)
    return entry
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
