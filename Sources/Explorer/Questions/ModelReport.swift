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
  init(
    _ model: Model, _ trace: Trace<Float>, onProgress: (Double) throws -> Void
  ) rethrows {
    let plan = model.plan
    let need = model.memoryPlan(seq: trace.seq, threads: Parallel.threadCount)
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
        "\(trace.seq) tokens: \(ByteCount(need.trace)) kept, \(ByteCount(need.working)) while running"
      ),
    ]
    let warnings = model.warnings.map { Line("warning", $0, isFine: false) }
    let checks = try MapChecks(trace, onProgress: onProgress)
    let added = trace.prompt.added
    self.init(
      plan: lines + warnings,
      checks: Self.lines(checks) + [
        Line(
          "special tokens", added.isEmpty ? "none added" : "added: \(added.joined(separator: ", "))"
        ),
        Line("precision", "maps are computed in float32"),
      ])
  }

  /// The checks of maps as lines.
  static func lines(_ checks: MapChecks) -> [Line] {
    let scope =
      checks.rows < checks.allRows
      ? "\(checks.rows) of \(checks.allRows) rows" : "all \(checks.allRows) rows"
    return [
      Line(
        "row sums",
        "at most \(scientific(checks.worstSum)) from 1"
          + (checks.worstHead.map { ", in \($0)" } ?? "") + "; \(scope)",
        isFine: checks.worstSum < 1e-4),
      Line(
        "future keys",
        checks.isCausal ? "at most \(scientific(checks.leak)) of weight" : "seen by design",
        isFine: !checks.isCausal || checks.leak == 0),
      Line("undefined", "\(checks.undefined) weights are NaN", isFine: checks.undefined == 0),
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
