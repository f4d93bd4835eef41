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

  @Option(
    help: "A file of prompts, a text or an object a line: mean, deviation, extremes and ranks",
    completion: .file())
  var prompts: String?

  /// What scores can be held against.
  enum Control: String, CaseIterable, ExpressibleByArgument {
    case untrained
  }

  @Option(help: "Score the same architecture before training, too, and show the difference")
  var control: Control?

  @OptionGroup var settings: ScoreSettings
  @OptionGroup var rule: RuleOptions

  @Option(help: "The heads that the rule stands in, such as L5.H1,L3 (default: all)")
  var heads: String?

  @OptionGroup var engine: EngineOptions
  @OptionGroup var output: OutputOption

  func validate() throws {
    if format == .npy, !list, score.map({ $0.contains(",") || $0 == "all" }) ?? true {
      throw ValidationError("--format npy writes one score; name it with --score.")
    }
    if prompts != nil, prompt.isGiven {
      throw ValidationError("Give the prompt once: a file of --prompts, or one prompt.")
    }
  }

  func run() throws {
    if list { return try output.sink.write(ScoreCatalogue.text) }
    let scores = try chosen()
    if format == .npy, output.sink.isTerminal { throw Failure.binaryToTerminal(format: "npy") }
    if let file = model.model, Opening.isMaps(file) { return try run(scores, mapsOf: file) }
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

  /// - Parameter prompt: What runs; nil for none, or for many of one kind.
  private func ruledHeads(_ model: Model, _ prompt: Prompt?) throws -> [HeadIndex] {
    let plan = try model.plan(engine.stream, for: prompt ?? Prompt(ids: []))
    return try heads.map { try plan.heads(named: $0) } ?? plan.allHeads
  }

  /// Scores of maps that something else computed.
  private func run(_ scores: [any HeadScore.Type], mapsOf file: String) throws {
    try prompt.refuse(forMapsOf: file)
    let ofMaps = scores.compactMap { $0 as? any MapScore.Type }
    guard ofMaps.count == scores.count, prompts == nil, control == nil, rule.rule == nil else {
      throw Failure.mapsOnly(file: file)
    }
    let maps = try Opening.maps(Opening.locate(file), as: file)
    let results = try Running.analysis("scoring heads") { try maps.results(ofMaps, onProgress: $0) }
    let report = ScoreReport(model: maps.name, tokens: maps.keys.tokens, results: results)
    try report.write(to: output.sink, format)
  }

  private func run<Element: Scalar>(_ scores: [any HeadScore.Type], _: Element.Type) throws {
    let spec = try rule.spec()
    let (model, tokenizer) = try Opening.model(model, engine)
    let addSpecial = prompt.addsSpecial
    let prefix = addSpecial ? tokenizer.prefix : []
    if let probe = settings.probe.flatMap(RepeatProbe.init),
      prefix.count + 2 * probe.length > model.plan.contextLength
    {
      Console.warning(
        "--probe \(probe.description): the model takes \(model.plan.contextLength) tokens; as many"
          + " random ones are repeated as fit")
    }
    if let prompts {
      let set = try PromptSet(
        file: prompts, tokenizer, addSpecial: addSpecial, model: model, isChat: prompt.chat)
      let work = ScoresOverPrompts(
        scores: scores, model: model,
        options: try settings.options(scores, tokenizer, addSpecial: addSpecial),
        measured: settings.measured, prefix: prefix, engine: engine, output: output.sink,
        control: control.map { _ in model.untrained() },
        rules: try spec.map { RulePlan($0, in: try ruledHeads(model, set.entries.first?.prompt)) },
        reach: rule.scope,
        file: prompts,
        settings: CommandLine.arguments.dropFirst().joined(separator: " "))
      return try work.run(set.entries, format, as: Element.self)
    }
    // A prompt that no score reads is not asked for.
    let needsPrompt = scores.contains { $0.needs.isDisjoint(with: [.weights, .probe]) }
    let prompt = needsPrompt || prompt.isGiven ? try prompt.prompt(tokenizer, model) : nil
    let options = try settings.options(
      scores, tokenizer, addSpecial: addSpecial, seq: prompt.map(model.outputSeq))
    func scored(_ model: Model) throws -> (results: [ScoreResult], rule: String?) {
      try Running.scores(
        scores, model, prompt, engine,
        rules: try spec.map { RulePlan($0, in: try ruledHeads(model, prompt)) }, rule.scope,
        options: options, prefix: prefix, as: Element.self)
    }
    let own = try scored(model)
    let report = ScoreReport(
      model: model.name, tokens: prompt?.tokens ?? [], results: own.results,
      control: try control.map { _ in try scored(model.untrained()).results } ?? [],
      rule: own.rule)
    try report.write(to: output.sink, format)
  }
}
