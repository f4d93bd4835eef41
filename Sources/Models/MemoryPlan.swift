import Tensors

/// What work on a prompt will hold in memory, computed before anything is allocated; bytes, mapped
/// weights aside.
public struct MemoryPlan: Sendable, Hashable {
  /// What is done with a prompt.
  public enum Work: String, Sendable, CaseIterable {
    /// A run with capture.
    case run
    /// A run, then all scores of all its maps.
    case scores
    /// A run, then runs without single heads.
    case ablation
    /// A run, then the gradients of something that it comes to.
    case backward
    /// A run, then another one beside it, such as under another rule or without some heads, and the scores of
    /// its maps.
    case rerun
    /// A run, then all its maps, written one tile after the other.
    case export
  }

  /// Where a run keeps what maps are derived from.
  public enum Place: Sendable, Hashable {
    /// In memory.
    case memory
    /// In a file without a name that is mapped, all but the sums of softmaxes: see `KeptFile`.
    case file
  }

  /// Residual streams, queries, keys, values and weighted values of every stack and of cross attention, the sums
  /// of every row's softmax and what positions add to scores, kept until the run is forgotten.
  public let trace: Int
  /// The part of the trace that a file can hold: all but the sums and what positions add.
  public let filed: Int
  /// Held while the run lasts: one block's weights where they are converted, its activations, and the
  /// tiles of attention.
  public let working: Int
  /// Held while maps are scored: tiles, and what the scores of the heads at work are made of.
  ///
  /// This and what follows is of the part of the run that takes the most.
  public let scores: Int
  /// Held while runs without single heads last; where they are an encoder's, one run of the decoder as well.
  public let ablation: Int
  /// Held while a run is differentiated: the gradients of all residual streams and weighted values, one
  /// block's weights and its activations with their gradients, and one block of logits.
  public let backward: Int
  /// The size of all maps in single precision, which only a file ever holds.
  public let maps: Int
  /// Held while maps are written: some queries' rows over all keys, and the same as text.
  private let exportTile: Int
  /// One layer's queries, keys, values and weighted values as they are computed.
  private let layer: Int

  /// What a run takes: what it keeps and what it works with.
  public var total: Int { trace + working }

  /// The most that some work holds in memory at any time.
  public func total(_ work: Work, keeping place: Place = .memory) -> Int {
    let kept = place == .memory ? trace : trace - filed
    // A layer is computed in memory before it is written to the file.
    let running = kept + working + (place == .memory ? 0 : layer)
    switch work {
    case .run: return running
    case .scores: return max(running, kept + scores)
    case .ablation: return max(running, kept + ablation)
    case .backward: return max(running, kept + backward)
    case .rerun: return max(running + kept, 2 * kept + scores)
    case .export: return max(running, kept + exportTile)
    }
  }

  /// What some work holds in a file where a run keeps its trace there.
  public func filed(_ work: Work) -> Int { work == .rerun ? 2 * filed : filed }

  /// The plan of work with capture.
  ///
  /// - Parameters:
  ///   - shape: The stacks that the prompt runs through.
  ///   - threads: Each holds one tile of attention.
  ///   - bytesPerNumber: 4 for Float, 8 for Double.
  ///   - bytesKept: 2 where queries, keys, values and weighted values are kept as bfloat16; nil for as
  ///     many as a number takes.
  ///   - converted: Bytes of the weights of one block that are converted before use.
  public init(
    _ shape: RunShape, threads: Int, bytesPerNumber: Int = 4, bytesKept: Int? = nil,
    converted: Int = 0
  ) {
    let parts = [shape.own, shape.cross, shape.encoding].compactMap { $0 }
    let costs = PartCosts(
      bytes: bytesPerNumber, keptBytes: bytesKept, threads: threads, converted: converted)
    let bytes = bytesPerNumber
    let reading = [shape.own, shape.cross].compactMap { $0 }
    /// What cross attention or the embedding reads of the other stack.
    let memory = bytes * shape.encoderSeq * shape.plan.dModel
    filed = parts.reduce(0) { $0 + costs.filed($1) }
    trace = parts.reduce(filed) { $0 + costs.unfiled($1) }
    layer = bytesKept == nil ? bytes * (parts.map(\.widest).max() ?? 0) : 0
    // One stack runs after the other.
    let own = memory + costs.working(shape.own, shape.cross)
    working = max(own, shape.encoding.map { costs.working($0) } ?? 0)
    scores = parts.map(costs.scores).max() ?? 0
    // Variants of an encoder each run the decoder, one after the other.
    let encoding = shape.encoding.map { part in
      let variants = max(1, Model.rowsOfVariants / max(1, part.queries))
      let outputs =
        variants * (part.queries * part.plan.dModel + shape.seq * shape.plan.dModel)
      let decoder = reading.reduce(own) { $0 + costs.filed($1) + costs.unfiled($1) }
      return max(costs.ablation(part), bytes * outputs + decoder)
    }
    ablation = max(memory + costs.ablation(shape.own, shape.cross), encoding ?? 0)
    let gradients = parts.reduce(0) {
      $0 + $1.residuals * $1.queries * $1.plan.dModel + $1.values.reduce(0, +)
    }
    backward =
      bytes * gradients
      + max(
        // What was read of the other stack, and the gradient of it.
        2 * memory + costs.backward(shape.own, shape.cross),
        shape.encoding.map { costs.backward($0) } ?? 0)
    exportTile = parts.map { 4 * 4 * min($0.queries, 256) * $0.keys }.max() ?? 0
    maps = parts.reduce(0) { $0 + 4 * $1.heads * $1.queries * $1.keys }
  }
}

/// What the parts of a run hold, in bytes.
private struct PartCosts {
  let bytes: Int
  let keptBytes: Int?
  let threads, converted: Int

  func filed(_ part: RunShape.Part) -> Int {
    let streams = part.residuals * part.queries * part.plan.dModel
    return (keptBytes ?? bytes) * (part.kept - streams) + bytes * streams
  }

  func unfiled(_ part: RunShape.Part) -> Int {
    bytes * (2 * part.queries * part.heads + part.extras)
  }

  /// The MLP's two halves and their rounding, for every thread's slice of rows.
  private func slices(_ part: RunShape.Part, rows: Int) -> Int {
    bytes * threads * 3 * min(rows, 1024) * part.plan.dMLP
  }

  private func activations(_ part: RunShape.Part, rows: Int) -> Int {
    bytes * 2 * rows * part.plan.dModel + slices(part, rows: rows)
  }

  /// Scores of a tile for every thread, and what they are rounded to.
  private func tiles(_ part: RunShape.Part) -> Int {
    2 * bytes * threads * min(part.queries, AttentionTiling.rows)
      * min(part.keys, AttentionTiling.keys)
  }

  /// Whole rows of a map for every thread.
  private func rows(_ part: RunShape.Part) -> Int {
    bytes * threads * 3 * min(AttentionTiling.rowsPerTile(seq: part.keys), part.queries)
      * part.keys / 2
  }

  private func logits(_ part: RunShape.Part) -> Int {
    bytes * min(part.queries * part.plan.vocabularySize, 16 << 20)
  }

  /// What is kept rounded is computed before, a layer at a time.
  private func unrounded(_ part: RunShape.Part?) -> Int {
    keptBytes == nil ? 0 : bytes * (part?.widest ?? 0)
  }

  func working(_ part: RunShape.Part, _ cross: RunShape.Part? = nil) -> Int {
    let stream = bytes * part.queries * part.plan.dModel
    return converted + max(unrounded(part), unrounded(cross))
      + max(
        activations(part, rows: part.queries) + (cross == nil ? 0 : stream),
        2 * stream + max(tiles(part), cross.map(tiles) ?? 0))
  }

  func scores(_ part: RunShape.Part) -> Int {
    // Thirteen sums in double precision for each query of the heads at work: `MapStatistics`.
    // One residual stream in double precision and one block of logits, which some scores read.
    rows(part) + 104 * part.queries * min(threads, part.plan.heads)
      + 8 * part.queries * part.plan.dModel + logits(part)
  }

  func ablation(_ part: RunShape.Part, _ cross: RunShape.Part? = nil) -> Int {
    let batch = max(part.queries, Model.rowsOfVariants)
    let own = RunShape.Part(plan: part.plan, queries: batch, keys: batch, residuals: 0)
    // Queries of every variant meet the same keys.
    let crossed = cross.map {
      RunShape.Part(plan: $0.plan, queries: batch, keys: $0.keys, residuals: 0)
    }
    return converted
      + bytes * (2 * batch * part.plan.dModel + 2 * own.widest + 2 * (crossed?.widest ?? 0))
      + max(activations(part, rows: batch), tiles(part), cross.map(tiles) ?? 0)
  }

  /// Of a block: both gradients of the residual stream, those of weighted values and of each head's queries,
  /// keys and values; of every thread, rows of a map with their gradient, and a slice of the MLP with its own.
  func backward(_ part: RunShape.Part, _ cross: RunShape.Part? = nil) -> Int {
    let values = (part.values.max() ?? 0) + (cross?.values.max() ?? 0)
    let block =
      2 * part.queries * part.plan.dModel + 2 * values + 2 * (part.widest + (cross?.widest ?? 0))
    return converted + bytes * block
      + max(
        2 * max(rows(part), cross.map(rows) ?? 0), 3 * slices(part, rows: part.queries),
        2 * logits(part))
  }
}
