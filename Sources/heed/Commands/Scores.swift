import Analysis
import ArgumentParser
import Explorer
import Foundation
import Models
import Tensors

/// `heed scores`: one number for every head.
struct Scores: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Head scores as a table of layers and heads.")

  @OptionGroup var model: ModelArgument
  @OptionGroup var prompt: PromptOptions

  @Option(help: "Names of scores, separated by commas (default: all)")
  var score: String?

  @Flag(help: "List the scores with formula, unit and source")
  var list = false

  /// The formats of `heed scores`.
  enum Format: String, CaseIterable, ExpressibleByArgument {
    case text, json, csv, tsv, npy
  }

  @Option(help: "How to write it; npy takes one score")
  var format = Format.text

  @OptionGroup var engine: EngineOptions
  @OptionGroup var output: OutputOption

  func validate() throws {
    if format == .npy, !list, score.map({ $0.contains(",") }) ?? true {
      throw ValidationError("--format npy writes one score; name it with --score.")
    }
  }

  func run() throws {
    if list { return try output.sink.write(catalogue) }
    let scores = try chosen()
    if format == .npy, output.sink.isTerminal { throw Failure.binaryToTerminal(format: "npy") }
    let (model, tokenizer) = try Opening.model(model)
    let prompt = try prompt.prompt(tokenizer)
    let tables: [HeadTable]
    switch engine.precision {
    case .f32: tables = try compute(scores, model, prompt, Float.self)
    case .f64: tables = try compute(scores, model, prompt, Double.self)
    }
    try write(zip(scores, tables).map { ($0, $1) }, model, prompt)
  }

  private func chosen() throws -> [any HeadScore.Type] {
    guard let score else { return HeadScores.all }
    return try score.split(separator: ",").map { name in
      guard let found = HeadScores.named(String(name)) else {
        throw Failure.unknownScore(String(name), known: HeadScores.all.map { $0.name })
      }
      return found
    }
  }

  private func compute<Element: Scalar>(
    _ scores: [any HeadScore.Type], _ model: Model, _ prompt: Prompt, _: Element.Type
  ) throws -> [HeadTable] {
    let trace = try Running.trace(model, prompt, engine, as: Element.self)
    return try HeadScores.tables(scores, of: trace) { _ in try Interruption.check() }
  }

  private struct Report: Encodable {
    struct Score: Encodable {
      let unit: String
      let values: [[Double?]]
    }
    let version = 1
    let model: String
    let tokens: [String]
    let scores: [String: Score]
  }

  private func write(
    _ results: [(score: any HeadScore.Type, table: HeadTable)], _ model: Model, _ prompt: Prompt
  ) throws {
    switch format {
    case .json:
      let scores = results.map { score, table in
        let rows = table.rows.map { $0.map { $0.isNaN ? nil : $0 } }
        return (score.name, Report.Score(unit: score.unit, values: rows))
      }
      try output.sink.write(
        json: Report(
          model: model.name, tokens: prompt.tokens.map(\.piece),
          scores: Dictionary(scores) { first, _ in first }))
    case .csv, .tsv:
      var rows = [["layer", "head"] + results.map { $0.score.name }]
      for layer in 0..<model.plan.layers {
        for head in 0..<model.plan.heads {
          let values = results.map { $0.table[HeadIndex(layer: layer, head: head)] }
          rows.append(["\(layer)", "\(head)"] + values.map { $0.isNaN ? "" : "\($0)" })
        }
      }
      try output.sink.write(SeparatedTable.text(rows, format: format == .csv ? .csv : .tsv))
    case .npy:
      guard let table = results.first?.table else { return }
      try output.sink.write { write in
        try write(NPYHeader.bytes(shape: [table.layers, table.heads], type: "<f8")[...])
        try table.values.withUnsafeBytes { try write(Array($0)[...]) }
      }
    case .text:
      try output.sink.write(results.map(text).joined(separator: "\n"))
    }
  }

  private func text(_ score: any HeadScore.Type, _ table: HeadTable) -> String {
    var text = TextTable(["\(score.name) [\(score.unit)]"] + (0..<table.heads).map { "H\($0)" })
    for (layer, row) in table.rows.enumerated() {
      text.add(["L\(layer)"] + row.map { $0.isNaN ? "·" : String(format: "%.3f", $0) })
    }
    return text.text
  }

  private var catalogue: String {
    var table = TextTable(["score", "unit", "formula", "source"], leading: [0, 1, 2, 3])
    for score in HeadScores.all {
      table.add([score.name, score.unit, score.formula, score.source])
    }
    return table.text
  }
}
