import Analysis
import Foundation
import Models
import Tensors

/// Scores of many prompts, one prompt at a time, that can be interrupted and gone on with.
struct ScoresOverPrompts {
  let scores: [any HeadScore.Type]
  let model: Model
  let options: ScoreOptions
  let prefix: [Int]
  let engine: EngineOptions
  let output: Output
  /// The same architecture before training, to hold the scores against; nil without a control.
  let control: Model?
  /// Rules to score under, and how far they reach; nil for the model's own.
  let rules: RulePlan?
  let reach: RuleReach
  /// The file of prompts, and what else the numbers depend on.
  let file, settings: String

  /// Where the state of an interrupted run lies; nil when the output is no file.
  private var partialFile: String? { output.path.map { $0 + ".partial" } }

  /// Scores all prompts that are not done yet.
  ///
  /// ^C writes what is done, named as partial: beside the output file as `FILE.partial`, from which the
  /// same command goes on; to standard output as a report that says so.
  func run<Element: Scalar>(
    _ entries: [PromptSet.Entry], _ format: Scores.Format, as _: Element.Type
  ) throws {
    var state = resumed(entries.count)
    defer { Console.progress(nil) }
    Interruption.listen()
    do {
      for entry in entries.dropFirst(state.done) {
        Console.progress("prompt \(state.done + 1) of \(state.total)")
        // Of a prompt that was given up nothing is kept.
        var next = state
        try add(entry, to: &next, as: Element.self)
        try Interruption.check()
        state = next
      }
    } catch is CancellationError {
      try keep(state, format)
      throw CancellationError()
    }
    try SummaryReport(state: state, scores: scores).write(to: output, format)
    if let partialFile { try? FileManager.default.removeItem(atPath: partialFile) }
  }

  private func add<Element: Scalar>(
    _ entry: PromptSet.Entry, to state: inout SummaryReport.State, as _: Element.Type
  ) throws {
    for result in try results(model, entry, as: Element.self) {
      if let reason = result.reason {
        state.reasons[result.name, default: [:]][reason, default: 0] += 1
      }
      Self.add(result, entry.tags, to: &state.summaries)
    }
    if let control {
      var summaries = state.control ?? []
      for result in try results(control, entry, as: Element.self) {
        Self.add(result, entry.tags, to: &summaries)
      }
      state.control = summaries
    }
    state.done += 1
  }

  private func results<Element: Scalar>(
    _ model: Model, _ entry: PromptSet.Entry, as _: Element.Type
  ) throws -> [ScoreResult] {
    let works =
      MemoryPlan.Work.of(scores) + (rules != nil && reach == .propagated ? [.rerun] : [])
    var trace = try Running.trace(model, entry.prompt, engine, as: Element.self, for: works)
    if let rules { trace = try Running.ruled(model, trace, rules, reach) }
    let options = entry.options(options)
    return try Running.scores(scores, model, trace, options: options, prefix: prefix)
  }

  private static func add(
    _ result: ScoreResult, _ tags: [String], to summaries: inout [ScoreSummary]
  ) {
    let place = summaries.firstIndex { $0.name == result.name }
    if place == nil {
      summaries.append(
        ScoreSummary(name: result.name, layers: result.table.layers, heads: result.table.heads))
    }
    summaries[place ?? summaries.count - 1].add(result.table, tags: tags)
  }

  /// The rule in force, for headers; nil for the model's own.
  private var notice: String? {
    rules.map { "rule \($0.text(model.plan)), \(reach.rawValue)" }
  }

  /// The state to go on from: that of an interrupted run of the same work, or an empty one.
  private func resumed(_ total: Int) -> SummaryReport.State {
    let fresh = SummaryReport.State(
      model: model.name, prompts: file, settings: settings, rule: notice, done: 0, total: total,
      summaries: [], control: nil, reasons: [:])
    guard let partialFile,
      let data = FileManager.default.contents(atPath: partialFile),
      let found = try? JSONDecoder().decode(SummaryReport.State.self, from: data)
    else { return fresh }
    guard found.model == fresh.model, found.prompts == fresh.prompts,
      found.settings == fresh.settings, found.total == total
    else {
      Console.warning(
        "\(partialFile): it is of other prompts or scores, so everything is done anew")
      return fresh
    }
    Console.warning("\(partialFile): going on after \(found.done) of \(total) prompts")
    return found
  }

  private func keep(_ state: SummaryReport.State, _ format: Scores.Format) throws {
    guard state.done > 0 else { return }
    if let partialFile {
      let data = try JSONEncoder().encode(state)
      // Not through `Output`, which an interruption ends.
      try data.write(to: URL(fileURLWithPath: partialFile), options: .atomic)
      Console.warning(
        "interrupted after \(state.done) of \(state.total) prompts; \(partialFile) keeps them, and "
          + "the same command goes on")
    } else {
      Interruption.forget()
      try SummaryReport(state: state, scores: scores).write(to: output, format)
    }
  }
}
