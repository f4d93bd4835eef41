import Analysis
import ArgumentParser
import Explorer
import Foundation
import Models
import Tensors

/// `heed scores`: one number for every head.
struct Scores: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Head scores as a table of layers and heads.",
    discussion: """
      Without --score, all scores that one pass over the prompt's maps gives. Scores of weights \
      alone and of heed's own probe prompts need no prompt.
      """)

  @OptionGroup var model: ModelArgument
  @OptionGroup var prompt: PromptOptions

  @Option(help: "Names of scores, separated by commas, or all (default: those of maps)")
  var score: String?

  @Flag(help: "List the scores with formula, unit, range and source")
  var list = false

  /// The formats of `heed scores`.
  enum Format: String, CaseIterable, ExpressibleByArgument {
    case text, json, csv, tsv, npy
  }

  @Option(help: "How to write it; npy takes one score")
  var format = Format.text

  @OptionGroup var settings: ScoreSettings
  @OptionGroup var engine: EngineOptions
  @OptionGroup var output: OutputOption

  func validate() throws {
    if format == .npy, !list, score.map({ $0.contains(",") || $0 == "all" }) ?? true {
      throw ValidationError("--format npy writes one score; name it with --score.")
    }
  }

  func run() throws {
    if list { return try output.sink.write(ScoreCatalogue.text) }
    let scores = try chosen()
    if format == .npy, output.sink.isTerminal { throw Failure.binaryToTerminal(format: "npy") }
    if engine.precision == .f64 {
      try run(scores, Double.self)
    } else {
      try run(scores, Float.self)
    }
  }

  private func chosen() throws -> [any HeadScore.Type] {
    guard let score else { return HeadScores.ofMaps }
    guard score != "all" else { return HeadScores.all }
    return try score.split(separator: ",").map { name in
      guard let found = HeadScores.named(String(name)) else {
        throw Failure.unknownScore(String(name), known: HeadScores.all.map { $0.name })
      }
      return found
    }
  }

  private func run<Element: Scalar>(_ scores: [any HeadScore.Type], _: Element.Type) throws {
    let (model, tokenizer) = try Opening.model(model, engine)
    // A prompt that no score reads is not asked for.
    let needsPrompt = scores.contains { $0.needs.isDisjoint(with: [.weights, .probe]) }
    let prompt = needsPrompt || prompt.isGiven ? try prompt.prompt(tokenizer) : nil
    let trace = try prompt.map { try Running.trace(model, $0, engine, as: Element.self) }
    if trace == nil { try engine.prepare(model, seq: 1) }
    let results = try Running.scores(
      scores, model, trace, options: settings.options(),
      prefix: self.prompt.noSpecial ? [] : tokenizer.prefix)
    let report = ScoreReport(model: model.name, tokens: prompt?.tokens ?? [], results: results)
    try report.write(to: output.sink, format)
  }
}
