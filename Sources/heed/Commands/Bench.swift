import Analysis
import ArgumentParser
import Explorer
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

  @Option(help: "How often each stage runs")
  var repeats = 5

  /// The stages, in their order.
  enum Stage: String, CaseIterable, ExpressibleByArgument {
    case load, tokenise, forward, scores, map, coarse, pooled, frame, logits, loss, ablation
    case backward
  }

  @Option(help: "The last stage")
  var until = Stage.backward

  @Option(
    help: """
      Time an attention rule too, NAME or NAME:key=value,…, or all: in one head, and of the mask family in \
      all heads; may be given several times
      """)
  var rule: [String] = []

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
    /// Of a product of square matrices in this precision: what the machine gives at most.
    let peakGflops: Double
    let tokensPerSecond: Double
    let stages: [Stage]
    /// Nil unless they were asked for.
    let rules: [RuleTime]?
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
    let specs = try self.specs()
    var stages: [Report.Stage] = []
    let (opened, load) = try timed(times: 1) { try Opening.model(argument, engine) }
    let (model, tokenizer) = opened
    stages.append(.init(name: "load", seconds: load, gflops: nil))
    let (prompt, tokenise) = try timed(times: 1) {
      try given.prompt(tokenizer, model, default: PromptOptions.example)
    }
    stages.append(.init(name: "tokenise", seconds: tokenise, gflops: nil))
    let seq = prompt.seq

    _ = try run(model, prompt, as: Element.self)
    let (trace, forward): (Trace<Element>, Double) = try timed(times: repeats) {
      try run(model, prompt)
    }
    let work = Double(model.plan.operations(seq: seq))
    stages.append(.init(name: "forward", seconds: forward, gflops: work / forward / 1e9))
    let peak = Self.peakBytes
    for stage in Stage.allCases where stage > .forward && stage <= until {
      guard let seconds = try seconds(of: stage, model, trace) else { continue }
      stages.append(.init(name: stage.rawValue, seconds: seconds, gflops: nil))
    }
    let ruleTimes = specs.isEmpty ? nil : try times(of: specs, on: trace, model, forward: forward)
    let precision = engine.precision(for: model)
    let report = Report(
      machine: Self.machine, model: model.name, precision: precision.rawValue, tokens: prompt.seq,
      threads: Parallel.threadCount,
      peakGflops: precision == .bf16
        ? Self.peak(BFloat16Kernels.self) : Self.peak(Element.PreferredKernels.self),
      tokensPerSecond: Double(prompt.seq) / forward, stages: stages,
      rules: ruleTimes, peakBytes: peak, weightBytes: model.weightBytes)
    switch format {
    case .json: try output.sink.write(json: report)
    case .text: try output.sink.write(text(report))
    }
  }

  /// A run, kept where the budget says.
  private func run<Element: Scalar>(
    _ model: Model, _ prompt: Prompt, as _: Element.Type = Element.self
  ) throws -> Trace<Element> {
    try model.run(prompt, keeping: engine.prepare(model, model.shape(of: prompt)))
  }

  /// How long a stage that follows a run takes; nil where the model or the precision has none.
  private func seconds<Element: Scalar>(
    of stage: Stage, _ model: Model, _ trace: Trace<Element>
  ) throws -> Double? {
    switch stage {
    case .load, .tokenise, .forward: return nil
    case .scores: return try timed(times: repeats) { try HeadScores.tables(of: trace) }.seconds
    case .map:
      // A whole map of a long prompt never is in memory.
      let step = max(128, (16 << 20) / max(1, trace.keyCount))
      return try timed(times: repeats) {
        for start in stride(from: 0, to: trace.seq, by: step) {
          _ = trace.pattern(
            HeadIndex(layer: 0, head: 0), rows: start..<min(trace.seq, start + step),
            columns: 0..<trace.keyCount)
        }
      }.seconds
    case .coarse:
      let pool = Self.pool(trace)
      let taken = TileCache.taken(rows: trace.seq, keyCount: trace.keyCount, pool: pool)
      return try timed(times: repeats) {
        trace.pooledPattern(
          HeadIndex(layer: 0, head: 0), rows: 0..<trace.seq, columns: 0..<trace.keyCount,
          pool: pool, taking: taken)
      }.seconds
    case .pooled:
      return try timed(times: repeats) {
        try trace.pooledPattern(
          HeadIndex(layer: 0, head: 0), rows: 0..<trace.seq, columns: 0..<trace.keyCount,
          pool: Self.pool(trace)
        ) { _ in try Interruption.check() }
      }.seconds
    case .frame:
      guard let single = trace as? Trace<Float> else { return nil }
      var state = ExplorerState()
      _ = update(&state, .loaded(try Subject(model, single)))
      return try timed(times: repeats) {
        Snapshot.text(state, view: "map", width: 200, height: 60, charset: .half)
      }.seconds
    case .logits:
      guard model.hasOutputHead else { return nil }
      let last = trace.seq - 1
      return try timed(times: repeats) { try model.logits(trace, positions: last..<last + 1) }
        .seconds
    case .loss:
      guard model.hasOutputHead, trace.seq > 1 else { return nil }
      return try timed(times: repeats) { try model.losses(trace) }.seconds
    case .ablation:
      guard model.hasOutputHead, trace.seq > 1 else { return nil }
      try engine.prepare(model, model.shape(of: trace.wholePrompt), for: [.ablation])
      let heads = (0..<trace.layers).flatMap { layer in
        (0..<model.plan.blocks[layer].attention.heads).map { HeadIndex(layer: layer, head: $0) }
      }
      return try timed(times: 1) {
        try model.losses(of: heads.map { [.zero($0)] }, base: trace) { _ in
          try Interruption.check()
        }
      }.seconds
    case .backward:
      guard model.hasOutputHead, trace.seq > 1 else { return nil }
      return try timed(times: repeats) {
        try model.gradients(of: .nextTokenLoss(trace.prompt), trace)
      }.seconds
    }
  }

  /// Weights of a block, across and down, for a whole map on a screen of 200x60: some 55 rows of two blocks each.
  private static func pool<Element: Scalar>(_ trace: Trace<Element>) -> Int {
    max(1, (trace.seq + 109) / 110)
  }

  /// What the machine gives at most: the best of a few products of square matrices, in 10⁹ operations
  /// a second.
  private static func peak<K: Kernels>(_: K.Type) -> Double {
    let size = K.self == PlainKernels<Double>.self ? 256 : 1024
    let x = Tensor<K.Element>(repeating: 1, shape: [size, size])
    let bytes = ContiguousBytesOwner(count: 4 * size * size)
    let stored = StoredTensor(
      name: "peak", shape: [size, size], type: .float32, bytes: bytes.bytes, owner: bytes)
    guard let w = stored.widened(to: K.Weight.self) else { return 0 }
    var y = Tensor<K.Element>(uninitialized: [size, size])
    let target = y.mutableMatrix()
    let clock = ContinuousClock()
    let best = (0..<8).map { _ in
      let start = clock.now
      K.linear(
        x.matrix, w.matrix, transposed: true, bias: nil, activation: nil, adding: false,
        into: target)
      return (clock.now - start) / .seconds(1)
    }.min()
    return 2 * Double(size * size * size) / (best ?? .infinity) / 1e9
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
      "\(report.model), \(report.precision), \(report.tokens) tokens, \(report.threads) threads,"
      + " \(report.machine)\n"
      + table.text
      + "forward: \(Int(report.tokensPerSecond)) tokens a second; a large product here:"
      + " \(Int(report.peakGflops)) GFLOP/s\n"
      + "peak memory after forward: \(ByteCount(report.peakBytes))"
      + " (weights on disk: \(ByteCount(report.weightBytes)))\n"
      + (report.rules.map(RuleTime.text) ?? "")
  }

  /// The result of the last call, and the median time of all.
  func timed<Result>(
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

extension Bench.Stage: Comparable {
  static func < (a: Self, b: Self) -> Bool {
    (allCases.firstIndex(of: a) ?? 0) < (allCases.firstIndex(of: b) ?? 0)
  }
}

/// Memory of zeros for a tensor.
private final class ContiguousBytesOwner: ByteOwner, @unchecked Sendable {
  let bytes: UnsafeRawBufferPointer
  init(count: Int) {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 64)
    memory.initializeMemory(as: UInt8.self, repeating: 0)
    bytes = UnsafeRawBufferPointer(memory)
  }
  deinit { bytes.deallocate() }
}
