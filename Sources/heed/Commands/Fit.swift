import Analysis
import ArgumentParser
import Foundation
import Models
import Tensors

/// `heed fit`: the rule that each head tolerates.
struct Fit: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "The attention rule that each head tolerates best at a budget of keys.",
    discussion: """
      Each head gets the rule with the smallest output error on its frozen inputs; then the model runs \
      under the whole plan, and under each rule in all heads. --format tsv writes DuoAttention's \
      full_attention_heads.tsv [layers, KV heads], which --rule duo:pattern=FILE reads.
      """)

  @OptionGroup var model: ModelArgument
  @OptionGroup var prompt: PromptOptions

  @Option(help: "The share of keys that a query may read, such as 25%")
  var budget = "25%"

  @Option(
    help: "Rules to try, separated by commas (default: all that have a budget and fit the model)")
  var rules: String?

  /// The formats of `heed fit`.
  enum Format: String, CaseIterable, ExpressibleByArgument {
    case text, json, tsv
  }

  @Option(help: "How to write it; tsv is full_attention_heads.tsv")
  var format = Format.text

  @OptionGroup var engine: EngineOptions
  @OptionGroup var output: OutputOption

  /// The budget as a share; nil when it is none.
  private var share: Double? {
    let isPercent = budget.hasSuffix("%")
    guard let number = Double(isPercent ? String(budget.dropLast()) : budget) else { return nil }
    let share = isPercent ? number / 100 : number
    return share > 0 && share <= 1 ? share : nil
  }

  private var names: [String] {
    rules?.split(separator: ",").map(String.init) ?? RuleBudget.names
  }

  func validate() throws {
    if share == nil {
      throw ValidationError("--budget takes a share above 0 and up to 1, such as 25% or 0.25.")
    }
    for name in names where !RuleBudget.names.contains(name) {
      throw ValidationError(
        "--rules: \(name) has no budget, expected some of \(RuleBudget.names.joined(separator: ", "))."
      )
    }
    if format == .tsv, !names.contains("streaming") {
      throw ValidationError(
        "--format tsv says how much heads lose by streaming; name it in --rules.")
    }
  }

  func run() throws {
    if engine.precision == .f64 { try run(Double.self) } else { try run(Float.self) }
  }

  private func run<Element: Scalar>(_: Element.Type) throws {
    guard let share else { return }
    let (model, source) = try Opening.model(model, engine)
    let prompt = try prompt.prompt(source, model)
    let whole = try Running.whole(model, prompt, engine, as: Element.self, for: [.rerun])
    let trace = try model.stream(engine.stream, of: whole)
    defer { Console.progress(nil) }
    let tried = rules == nil ? RuleBudget.names(fitting: trace.plan) : names
    let fit = try RuleFit(model, trace, names: tried, budget: share) { done in
      try Interruption.check()
      Console.progress("trying rules: \(Int(done * 100)) %")
    }
    if format == .tsv {
      let rows = fit.fullAttention(trace.plan) ?? []
      return try output.sink.write(
        rows.map { $0.map { "\($0)" }.joined(separator: "\t") + "\n" }.joined())
    }
    var losses: [RuleFit.Loss] = []
    var before = Double.nan
    if model.hasOutputHead {
      let objective = try model.naturalObjective(of: whole)
      before = try model.outcome(of: whole, by: objective).value
      losses = try fit.losses(model, in: engine.stream, whole, by: objective) { done in
        try Interruption.check()
        Console.progress("running plans: \(Int(done * 100)) %")
      }
    }
    Console.progress(nil)
    let report = FitReport(model: model, fit: fit, lossBefore: before, losses: losses)
    try format == .json ? output.sink.write(json: report.file) : output.sink.write(report.text)
  }
}

/// A fit as it is written out.
struct FitReport {
  let model: Model
  let fit: RuleFit
  let lossBefore: Double
  let losses: [RuleFit.Loss]

  /// As JSON; undefined is null.
  struct File: Encodable {
    struct Head: Encodable {
      let head, rule: String
      let outputError: Double
      /// Of every rule tried.
      let errors: [String: Double?]
    }
    struct Uniform: Encodable {
      let rule: String
      let loss: Double?
    }
    let version = 1
    let model: String
    let budget: Double
    let plan: [Head]
    /// Nats per token: propagated, while errors are local.
    let lossBefore, lossOfPlan: Double?
    let uniform: [Uniform]
    let fullAttention: [[Double]]?
  }

  private func defined(_ number: Double?) -> Double? { number.flatMap { $0.isFinite ? $0 : nil } }

  private var heads: [(head: HeadIndex, spec: RuleSpec, error: Double)] {
    fit.plan.heads.sorted { $0.key < $1.key }.compactMap { head, spec in
      guard let index = fit.candidates.firstIndex(of: spec) else { return nil }
      return (head, spec, fit.errors[index][head])
    }
  }

  var file: File {
    File(
      model: model.name, budget: fit.budget,
      plan: heads.map { head, spec, error in
        let errors = zip(fit.candidates, fit.errors).map { ($0.name, defined($1[head])) }
        return File.Head(
          head: "\(head)", rule: "\(spec)", outputError: error,
          errors: Dictionary(errors) { first, _ in first })
      }, lossBefore: defined(lossBefore),
      lossOfPlan: defined(losses.first { $0.uniform == nil }?.loss),
      uniform: losses.compactMap { loss in
        loss.uniform.map { File.Uniform(rule: "\($0)", loss: defined(loss.loss)) }
      }, fullAttention: fit.fullAttention(model.plan))
  }

  var text: String {
    var table = TextTable(
      ["head", "rule"] + fit.candidates.map(\.name), leading: [0, 1])
    for (head, spec, _) in heads {
      table.add(["\(head)", spec.name] + fit.errors.map { Cell.number($0[head]) })
    }
    var text = "output error of each rule, local, at \(Cell.percent(fit.budget)) of the keys\n\n"
    text += table.text + "\n"
    for spec in fit.candidates { text += "\(spec)  \(spec.card.label.text)\n" }
    guard !losses.isEmpty else { return text + "\nno output head: no loss\n" }
    text += "\nloss, propagated, in nats per token\n"
    text += "the model: \(Cell.number(lossBefore))\n"
    for loss in losses {
      let name = loss.uniform.map { "\($0.name) in all heads" } ?? "the plan"
      text += "\(name): \(Cell.number(loss.loss)) (\(Cell.signed(loss.loss - lossBefore)))\n"
    }
    return text
  }
}
