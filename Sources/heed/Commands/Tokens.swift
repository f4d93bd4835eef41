import ArgumentParser
import Explorer
import Models
import Tokenizers

/// `heed tokens`: the prompt as the model sees it.
struct Tokens: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Ids, pieces and byte offsets of a prompt, and what was added to it.",
    discussion: "Needs only a tokenizer, no weights.")

  @OptionGroup var model: ModelArgument
  @OptionGroup var prompt: PromptOptions

  @Option(help: "How to write it")
  var format = TableFormat.text

  @Flag(help: "Print how many tokens there are, and nothing else")
  var count = false

  @OptionGroup var output: OutputOption

  func validate() throws {
    if count, format != .text {
      throw ValidationError("--count prints one number; leave --format out.")
    }
  }

  private struct Report: Encodable {
    struct Token: Encodable {
      let id: Int
      let piece: String
      let start, end: Int
    }
    let tokens: [Token]
    let added: [String]
  }

  func run() throws {
    let prompt = try prompt.textPrompt(Opening.tokenizer(model))
    guard !count else { return try output.sink.write("\(prompt.seq)\n") }
    switch format {
    case .json:
      let tokens = prompt.tokens.map {
        Report.Token(id: $0.id, piece: $0.piece, start: $0.start, end: $0.end)
      }
      try output.sink.write(json: Report(tokens: tokens, added: prompt.added))
    case .csv, .tsv:
      let rows = prompt.tokens.enumerated().map { index, token in
        ["\(index)", "\(token.id)", token.piece, "\(token.start)", "\(token.end)"]
      }
      try output.sink.write(
        SeparatedTable.text([["index", "id", "piece", "start", "end"]] + rows, format: format))
    case .text:
      try output.sink.write(text(prompt))
    }
  }

  private func text(_ prompt: Prompt) -> String {
    var table = TextTable(["index", "id", "piece", "bytes", "text"], leading: [2, 4])
    for (index, token) in prompt.tokens.enumerated() {
      table.add([
        "\(index)", "\(token.id)", TokenText.shown(Array(token.piece.utf8), charset: .half),
        token.start == token.end ? "added" : "\(token.start)–\(token.end)",
        TokenText.exact(token.bytes, charset: .half),
      ])
    }
    let added = prompt.added.isEmpty ? "nothing" : prompt.added.joined(separator: ", ")
    return table.text + "\(prompt.seq) tokens; added: \(added)\n"
  }
}
