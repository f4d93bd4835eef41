import ArgumentParser
import Explorer
import Foundation
import Models
import Tensors
import Tokenizers

/// How the engine computes.
struct EngineOptions: ParsableArguments {
  /// How a run computes.
  enum Precision: String, CaseIterable, ExpressibleByArgument {
    /// Float on oneDNN.
    case f32
    /// Float on oneDNN, products of bfloat16 numbers.
    case bf16
    /// Double on the plain kernels.
    case f64
  }

  @Option(
    help: """
      f32, or bf16 products with sums in f32, or f64 on the plain kernels, which settles disagreements \
      (default: f32; bf16 for bfloat16 weights above 1 GiB where the processor multiplies such numbers)
      """)
  var precision: Precision?

  @Option(
    name: .customLong("stream"),
    help: "Which part of an encoder-decoder: encoder, decoder or cross (default: decoder)")
  var givenStream: StreamName?

  /// The part that was asked for, else the decoder.
  var stream: StreamName { givenStream ?? .decoder }

  @Option(help: "Threads to use (default: one for each physical core this process may use)")
  var threads: Int?

  @Option(
    help: """
      Memory that work may hold, such as 4G: what a run keeps goes to a file in TMPDIR where that fits it in, \
      and what needs more is refused (default: what is free here)
      """)
  var memory: String?

  func validate() throws {
    if let threads, threads < 1 { throw ValidationError("--threads takes a number above 0.") }
    if let memory, ByteCount(memory) == nil {
      throw ValidationError("--memory takes a size such as 900M or 4G.")
    }
  }

  /// What a run of a model computes in: what was asked for, else what suits the model.
  func precision(for model: Model) -> Precision {
    precision ?? (model.prefersBFloat16 ? .bf16 : .f32)
  }

  /// The same, with the precision of a session where none was asked for.
  func filled(from session: Session) -> EngineOptions {
    var options = self
    options.precision = precision ?? session.option("precision").flatMap(Precision.init(rawValue:))
    return options
  }

  /// The model, set to compute as was asked for.
  func applied(to model: Model) -> Model {
    var model = model
    model.multipliesBFloat16 = precision(for: model) == .bf16
    return model
  }

  /// What the configuration prefers; `prepare` reports a file that cannot be used.
  private var preferences: Configuration { (try? Configuration.current()) ?? Configuration() }

  /// Bytes that work may hold: what was asked for, else what is free, less what every process needs.
  ///
  /// - Parameter held: Bytes that earlier runs hold; of what is free, they are gone already.
  func budget(holding held: Int = 0) -> Int? {
    if let memory = memory ?? preferences.memory {
      return ByteCount(memory).map { max(0, $0.bytes - held) }
    }
    return MachineLimits.current.freeMemory.map { max(0, $0 - 96 << 20) }
  }

  /// How many threads work: as many as were asked for, else one for each core.
  var threadCount: Int { threads ?? preferences.threads ?? MachineLimits.current.cores }

  /// Checks work against the budget; call on the thread that will do it.
  ///
  /// - Parameters:
  ///   - shape: The stacks that the prompt runs through.
  ///   - held: Bytes that earlier runs hold.
  ///   - base: Bytes of them that are the run which the work is done on.
  ///   - isFiled: Whether what a run keeps may go to a file.
  /// - Returns: The file in which the run is to keep what maps are derived from; nil where memory holds it.
  @discardableResult
  func prepare(
    _ model: Model, _ shape: RunShape, for works: [MemoryPlan.Work] = [.run],
    holding held: Int = 0, base: Int = 0, isFiled: Bool = true
  ) throws -> KeptFile? {
    _ = try Configuration.current()
    Parallel.setThreadCount(threadCount)
    let isDouble = precision == .f64
    // What a plan counts is there already.
    let budget = budget(holding: held).map { $0 + base }
    let place = try model.place(
      for: works, shape, threads: Parallel.threadCount, isDouble: isDouble, budget: budget,
      room: isFiled ? MachineLimits.current.fileRoom : nil,
      // A limit of the address space counts mapped files.
      takesFile: isFiled && MachineLimits.current.addressSpace == nil)
    let plan = model.memoryPlan(shape, threads: Parallel.threadCount, isDouble: isDouble)
    if let budget {
      IdleMemory.keep(
        atMost: budget - (works.map { plan.total($0, keeping: place) }.max() ?? 0))
    }
    guard place == .file, let room = MachineLimits.current.fileRoom, let budget else {
      try MemoryRefusal.probe((works.map { plan.total($0) }.max() ?? 0) - base)
      return nil
    }
    Console.note(
      "keeping \(ByteCount(works.map(plan.filed).max() ?? 0)) of the run in a file in \(room.folder):"
        + " \(ByteCount(budget)) of memory would not hold them")
    return try KeptFile(in: room.folder)
  }

  /// Checks what the explorer is about to do.
  func prepare(_ model: Model, _ shape: RunShape, _ planned: PlannedWork) throws -> KeptFile? {
    try prepare(
      model, shape, for: planned.works, holding: planned.held, base: planned.base,
      isFiled: planned.isFiled)
  }
}
