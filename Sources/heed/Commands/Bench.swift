import Analysis
import ArgumentParser
import Foundation
import Models
import Tensors

/// `heed bench`: how long each stage takes here.
struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Times of each stage, and the memory at their peak.",
    discussion: "Each stage runs several times after a warm-up; the median is printed.")

  @OptionGroup var model: ModelArgument
  @OptionGroup var prompt: PromptOptions

  @Flag(help: "Also time gradients of all heads, and all heads taken out one by one")
  var importance = false

  @Option(help: "How often each stage runs")
  var repeats = 5

  @Option(help: "How to write it")
  var format = Info.Format.text

  @OptionGroup var engine: EngineOptions
  @OptionGroup var output: OutputOption

  private struct Report: Encodable {
    struct Stage: Encodable {
      let name: String
      let seconds: Double
      let gflops: Double?
    }
    let version = 1
    let machine, model: String
    let precision: String
    let tokens, threads: Int
    let stages: [Stage]
    /// The process's largest resident memory, mapped weights that were touched included.
    let peakBytes: Int
    /// Bytes of the weight files, for telling what of the peak is not weights.
    let weightBytes: Int
  }

  func validate() throws {
    if repeats < 1 { throw ValidationError("--repeats takes a number above 0.") }
  }

  func run() throws {
    if engine.precision == .f64 { try run(Double.self) } else { try run(Float.self) }
  }

  private func run<Element: Scalar>(_: Element.Type) throws {
    Interruption.listen()
    let argument = model
    let given = prompt
    var stages: [Report.Stage] = []
    let (opened, load) = try timed(times: 1) { try Opening.model(argument, engine) }
    let (model, tokenizer) = opened
    stages.append(.init(name: "load", seconds: load, gflops: nil))
    let (prompt, tokenise) = try timed(times: 1) {
      try given.prompt(tokenizer, default: PromptOptions.example)
    }
    stages.append(.init(name: "tokenise", seconds: tokenise, gflops: nil))
    try engine.prepare(model, seq: prompt.seq)

    _ = try model.run(prompt, as: Element.self)
    let (trace, forward): (Trace<Element>, Double) = try timed(times: repeats) {
      try model.run(prompt)
    }
    let work = Double(model.plan.operations(seq: prompt.seq))
    stages.append(.init(name: "forward", seconds: forward, gflops: work / forward / 1e9))
    let peak = Self.peakBytes
    let (_, scores) = try timed(times: repeats) { try HeadScores.tables(of: trace) }
    stages.append(.init(name: "scores", seconds: scores, gflops: nil))
    let (_, map) = try timed(times: repeats) { trace.pattern(HeadIndex(layer: 0, head: 0)) }
    stages.append(.init(name: "map", seconds: map, gflops: nil))
    if importance, model.hasOutputHead, prompt.seq > 1 {
      let (_, backward) = try timed(times: repeats) {
        try model.gradients(of: .nextTokenLoss(prompt), trace) { _ in try Interruption.check() }
      }
      stages.append(.init(name: "backward", seconds: backward, gflops: nil))
      let (_, sweep) = try timed(times: repeats) {
        try model.losses(of: model.plan.allHeads.map { [.zero($0)] }, base: trace) { _ in
          try Interruption.check()
        }
      }
      stages.append(.init(name: "ablation sweep", seconds: sweep, gflops: nil))
    }
    if model.hasOutputHead {
      let last = prompt.seq - 1
      let (_, head) = try timed(times: repeats) {
        try model.logits(trace, positions: last..<last + 1)
      }
      stages.append(.init(name: "logits of the last token", seconds: head, gflops: nil))
    }
    let report = Report(
      machine: Self.machine, model: model.name, precision: engine.precision(for: model).rawValue,
      tokens: prompt.seq, threads: Parallel.threadCount,
      stages: stages, peakBytes: peak, weightBytes: model.weightBytes)
    switch format {
    case .json: try output.sink.write(json: report)
    case .text: try output.sink.write(text(report))
    }
  }

  private func text(_ report: Report) -> String {
    var table = TextTable(["stage", "milliseconds", "GFLOP/s"], leading: [0])
    for stage in report.stages {
      table.add([
        stage.name, String(format: "%.2f", stage.seconds * 1000),
        stage.gflops.map { String(format: "%.0f", $0) } ?? "",
      ])
    }
    return
      "\(report.model), \(report.precision), \(report.tokens) tokens, \(report.threads) threads, \(report.machine)\n"
      + table.text + "peak memory after forward: \(ByteCount(report.peakBytes))"
      + " (weights on disk: \(ByteCount(report.weightBytes)))\n"
  }

  /// The result of the last call, and the median time of all.
  private func timed<Result>(
    times: Int, _ body: () throws -> Result
  ) throws -> (Result, seconds: Double) {
    let clock = ContinuousClock()
    var seconds: [Double] = []
    func once() throws -> Result {
      try Interruption.check()
      let start = clock.now
      let result = try body()
      seconds.append((clock.now - start) / .seconds(1))
      return result
    }
    // Each result is let go before the next is made: two traces would count as the peak.
    for _ in 1..<max(1, times) { _ = try once() }
    let result = try once()
    return (result, seconds.sorted()[seconds.count / 2])
  }

  private static var peakBytes: Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss * 1024
  }

  private static var machine: String {
    let info = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let line = info.split(separator: "\n").first { $0.hasPrefix("model name") }
    let name = line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) }
    return "\(name ?? "unknown processor"), oneDNN \(OneDNNKernels.version)"
  }
}
