import Analysis
import ArgumentParser
import Explorer
import Foundation
import Models
import Tensors

/// `heed whatif`: another attention rule, and what it changes.
struct WhatIf: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "whatif",
    abstract: "What if heads followed another attention rule?",
    discussion: """
      --scope local swaps the rule in each head on its own, its inputs frozen, and says how far map and \
      output move. --scope propagated runs the model under the rule and says what becomes of its \
      predictions. The two are never mixed.
      """)

  @OptionGroup var model: ModelArgument
  @OptionGroup var prompt: PromptOptions
  @OptionGroup var options: RuleOptions

  @Option(help: "Heads, such as L5.H1,L3 (a layer alone means all of its heads; default: all)")
  var heads: String?

  @Option(
    help: """
      Heads to take out as well, with --scope propagated; encoder:L5.H1 is of a part that --stream does not name
      """)
  var without: String?

  /// The formats of `heed whatif`.
  enum Format: String, CaseIterable, ExpressibleByArgument {
    case text, json
  }

  @Option(help: "How to write it")
  var format = Format.text

  @OptionGroup var engine: EngineOptions
  @OptionGroup var output: OutputOption

  func validate() throws {
    if options.rule == nil {
      throw ValidationError("Name a rule: --rule NAME or --rule NAME:key=value,…")
    }
    if without != nil, options.scope == .local {
      throw ValidationError("--without changes what follows; give it with --scope propagated.")
    }
  }

  func run() throws {
    if engine.precision == .f64 { try run(Double.self) } else { try run(Float.self) }
  }

  private func run<Element: Scalar>(_: Element.Type) throws {
    guard let spec = try options.spec() else { return }
    let (model, source) = try Opening.model(model, engine)
    if options.scope == .propagated, !model.hasOutputHead {
      throw ModelError.outputHeadMissing(checkpoint: model.name)
    }
    let prompt = try prompt.prompt(source, model)
    let stream = engine.stream
    let plan = try model.plan(stream, for: prompt)
    let chosen = try heads.map { try plan.heads(named: $0) } ?? plan.allHeads
    let removed = try without.map { try model.heads(named: $0, in: stream, of: prompt) }
    let whole = try Running.whole(
      model, prompt, engine, as: Element.self,
      for: [options.scope == .propagated ? .rerun : .scores])
    let rules = RulePlan(spec, in: chosen)
    switch options.scope {
    case .local:
      let plain = try model.stream(stream, of: whole)
      let ruled = try Running.ruled(model, whole, rules, .local, in: stream)
      let drifts = try RuleDrift.measure(
        chosen, plain: plain, ruled: ruled, ranks: plain.seq <= 512
      ) { _ in try Interruption.check() }
      let report = DriftReport(
        model: model.name, rules: rules.text(plan), card: spec.card, drifts: drifts)
      try format == .json
        ? output.sink.write(json: report.file) : output.sink.write(report.text)
    case .propagated:
      let ruled = try model.run(
        under: [stream: rules], reach: .propagated, beside: removed?.zeroed ?? [:], base: whole
      ) { _ in
        try Interruption.check()
      }
      let effect = try RuleEffect(model, before: whole, after: ruled) { _ in
        try Interruption.check()
      }
      let isOfClasses = model.plan.head.isOfClasses
      let classes = isOfClasses ? source.classNames : [:]
      let tokenizer = isOfClasses ? nil : try? source.open()
      let report = EffectReport(
        model: model.name, rules: rules.text(plan), card: spec.card,
        without: removed?.names(in: stream) ?? [], prompt: whole.prompt, effect: effect,
        isOfClasses: isOfClasses
      ) { id in
        classes[id]
          ?? String(decoding: tokenizer?.bytes(id) ?? Array("<\(id)>".utf8), as: UTF8.self)
      }
      try format == .json
        ? output.sink.write(json: report.file) : output.sink.write(report.text)
    }
  }
}
