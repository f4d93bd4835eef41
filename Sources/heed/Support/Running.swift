import Analysis
import Foundation
import Models
import Tensors

/// Runs with progress on standard error and ^C.
enum Running {
  /// Runs a prompt; of an encoder-decoder, the part that was asked for.
  ///
  /// - Parameter works: What is to be done with it.
  static func trace<Element: Scalar>(
    _ model: Model, _ prompt: Prompt, _ options: EngineOptions, as _: Element.Type,
    for works: [MemoryPlan.Work] = [.run]
  ) throws -> Trace<Element> {
    _ = try model.plan(options.stream, for: prompt)
    let whole = try whole(model, prompt, options, as: Element.self, for: works)
    return try model.stream(options.stream, of: whole)
  }

  /// Runs a prompt through all parts of a model.
  static func whole<Element: Scalar>(
    _ model: Model, _ prompt: Prompt, _ options: EngineOptions, as _: Element.Type,
    for works: [MemoryPlan.Work] = [.run]
  ) throws -> Trace<Element> {
    try model.check(prompt)
    let file = try options.prepare(model, model.shape(of: prompt), for: [.run] + works)
    Interruption.listen()
    let start = Date()
    defer { Console.progress(nil) }
    return try model.run(prompt, as: Element.self, keeping: file) { progress in
      try Interruption.check()
      // Nothing flickers past for a run that is over at once.
      if Date().timeIntervalSince(start) > 0.3 {
        Console.progress("running: layer \(progress.done) of \(progress.total)")
      }
    }
  }

  /// Scores of a prompt's run, of the part that was asked for.
  ///
  /// - Parameters:
  ///   - prompt: nil when no score reads one.
  ///   - rules: Rules to score under, and how far they reach; nil for the model's own.
  ///   - prefix: Special tokens that begin a text.
  /// - Returns: The scores, and which rule is in force; nil for the model's own.
  static func scores<Element: Scalar>(
    _ scores: [any HeadScore.Type], _ model: Model, _ prompt: Prompt?, _ engine: EngineOptions,
    rules: RulePlan?, _ reach: RuleReach, options: ScoreOptions, prefix: [Int], as _: Element.Type
  ) throws -> (results: [ScoreResult], rule: String?) {
    var (trace, stream): (Trace<Element>?, StreamName) = (nil, engine.stream)
    if let prompt {
      _ = try model.plan(stream, for: prompt)
      let works =
        MemoryPlan.Work.of(scores) + (rules != nil && reach == .propagated ? [.rerun] : [])
      let whole = try whole(model, prompt, engine, as: Element.self, for: works)
      trace = whole
      if let rules {
        // Under a rule the part is looked at by itself.
        trace = try ruled(model, whole, rules, reach, in: stream)
        stream = .decoder
      }
    } else {
      try engine.prepare(model, model.shape(seq: 1))
    }
    let results = try analysis("scoring heads") { onProgress in
      try HeadScores.results(
        scores,
        of: ScoreInput(
          model, trace, stream: stream, options: options, prefix: prefix, onProgress: onProgress))
    }
    return (results, trace?.ruleNotice)
  }

  /// Work on a run, with progress on standard error and ^C.
  ///
  /// - Parameters:
  ///   - text: What is being done.
  ///   - body: Gets what to call with a share from 0 to 1.
  static func analysis<Result>(
    _ text: String, _ body: (@escaping @Sendable (Double) throws -> Void) throws -> Result
  ) throws -> Result {
    Interruption.listen()
    let start = Date()
    defer { Console.progress(nil) }
    let result = try body { share in
      try Interruption.check()
      if Date().timeIntervalSince(start) > 0.3 {
        Console.progress("\(text): \(Int(share * 100)) %")
      }
    }
    // What is learned goes on with the best so far; everything else has thrown.
    if Interruption.isCaught {
      Interruption.forget()
      Console.progress(nil)
      Console.warning("\(text): interrupted; going on with what was found so far")
    }
    return result
  }
}
