import Analysis
import Models
import Tensors

/// What is known about a model and its run, for people.
public struct ModelReport: Sendable {
  /// One line of the description.
  public struct Line: Sendable {
    /// What is described.
    public let name: String
    /// How it is.
    public let value: String
    /// Whether it is as it should be.
    public let isFine: Bool

    /// A line.
    public init(_ name: String, _ value: String, isFine: Bool = true) {
      (self.name, self.value, self.isFine) = (name, value, isFine)
    }
  }

  /// Family, sizes, memory.
  public let plan: [Line]
  /// What was checked in the maps.
  public let checks: [Line]

  /// A report.
  public init(plan: [Line], checks: [Line]) { (self.plan, self.checks) = (plan, checks) }

  /// The report of a run.
  ///
  /// - Parameters:
  ///   - prompt: What the model was given.
  ///   - trace: The part that is looked at.
  /// - Throws: What `onProgress` throws, and what the runs throw that measure a precision.
  init(
    _ model: Model, _ prompt: Prompt, _ trace: Trace<Float>,
    onProgress: (Double) throws -> Void
  ) throws {
    let plan = model.plan
    let shape = model.shape(of: prompt)
    let need = model.memoryPlan(shape, threads: Parallel.threadCount)
    let place = trace.file.map { " in a file in \($0.folder)" } ?? ""
    let lines = [
      Line("family", plan.family),
      Line("layers", "\(plan.layers)"),
      Line("heads", "\(plan.heads) of width \(plan.dHead), \(plan.kvHeads) key/value heads"),
      Line("widths", "\(plan.dModel) residual stream, \(plan.dMLP) MLP"),
      Line("vocabulary", "\(plan.vocabularySize)"),
      Line("context", "\(plan.contextLength) tokens"),
      Line("weights", "\(ByteCount(model.weightBytes))"),
      Line(
        "this run",
        "\(shape.text): \(ByteCount(need.trace)) kept\(place), \(ByteCount(need.working)) while running"
      ),
    ]
    let warnings = model.warnings.map { Line("warning", $0, isFine: false) }
    let facts = try TrustFacts(trace, onProgress: onProgress)
    self.init(
      plan: lines + warnings,
      checks: Self.lines(facts, precision: try Self.precision(model, trace, onProgress)))
  }

  /// What was computed with, and what products of bfloat16 numbers cost or would cost: measured on the first
  /// tokens, against single precision.
  private static func precision(
    _ model: Model, _ trace: Trace<Float>, _ onProgress: (Double) throws -> Void
  ) throws -> [Line] {
    let isRounded = model.multipliesBFloat16
    let name = Line("precision", isRounded ? "products of bfloat16 numbers" : "float32")
    // An encoder-decoder's streams have no prompt of their own to run again.
    guard model.plan.encoder == nil, trace.streamNames.count == 1, trace.interventions.isEmpty
    else { return [name] }
    let prompt = trace.prompt.prefix(64)
    let error = try model.precisionError(prompt) {
      try onProgress(Double($0.done) / Double(max(1, $0.total)))
    }
    let (moved, weight, residual) = (
      scientific(error.moved), scientific(error.pattern), scientific(error.residual)
    )
    let how =
      error.sample.map { "estimated from \($0.count) of \(model.plan.layers) layers, each alone" }
      ?? "the first \(prompt.seq) tokens"
    return [
      name,
      Line(
        isRounded ? "off float32" : "bf16 is off",
        "\(moved) of attention moved, a weight by at most \(weight)"),
      Line("", "residual stream by \(residual); \(how)"),
    ]
  }

  /// The report of maps from elsewhere.
  init(_ maps: OpenMaps, onProgress: (Double) throws -> Void) rethrows {
    let patterns = maps.patterns
    let facts = try TrustFacts(maps: patterns, onProgress: onProgress)
    let shown = ["row sums", "future keys", "undefined"]
    self.init(
      plan: [
        Line("maps", "of a file, without a model"), Line("layers", "\(patterns.layers)"),
        Line("heads", "\(patterns.heads)"), Line("queries", "\(patterns.queryCount)"),
        Line("keys", "\(patterns.keyCount)"),
      ], checks: Self.lines(facts).filter { shown.contains($0.name) })
  }

  /// What was checked, as lines.
  ///
  /// Sums of float32 softmax rows differ from one by some 1e-7 for each key of a row; 1e-4 leaves room
  /// for the longest prompts, and is far below what a wrong mask or scale would show.
  private static func lines(_ facts: TrustFacts, precision: [Line] = []) -> [Line] {
    [
      Line(
        "row sums",
        "at most \(scientific(facts.rowSumError)) from 1"
          + (facts.rowSumHead.map { ", in \($0)" } ?? ""), isFine: facts.rowSumError < 1e-4),
      Line(
        "future keys",
        facts.causalLeak.map { "\(scientific($0)) of weight in all maps" } ?? "seen by design",
        isFine: facts.causalLeak ?? 0 == 0),
      Line(
        "undefined",
        facts.brokenRows == 0
          ? "no row holds NaN"
          : "\(facts.brokenRows) rows hold NaN, in "
            + facts.brokenHeads.prefix(3).map(\.description).joined(separator: " "),
        isFine: facts.brokenRows == 0),
      Line(
        "special tokens",
        facts.added.isEmpty ? "none added" : "added: \(facts.added.joined(separator: ", "))"),
    ] + precision + [
      Line(
        "parity", "in heed's tests every family's maps are within 1e-5 of Hugging Face's")
    ]
  }

  /// A small number as `1.2e-7`.
  private static func scientific(_ value: Double) -> String {
    guard value > 0, value.isFinite else { return value == 0 ? "0" : "\(value)" }
    var (digits, exponent) = (value, 0)
    while digits < 1 {
      digits *= 10
      exponent -= 1
    }
    return exponent < -2 ? "\(digits.fixed(1))e\(exponent)" : value.fixed(4)
  }
}
