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
    /// A run, then all its maps, written one tile after the other.
    case export
  }

  /// The number of tokens it is for.
  public let seq: Int
  /// Residual streams, queries, keys, values and weighted values, and the sums of every row's softmax, kept
  /// until the run is forgotten.
  public let trace: Int
  /// Held while the run lasts: one block's weights where they are converted, its activations, and the
  /// tiles of attention.
  public let working: Int
  /// Held while maps are scored: tiles, and what the scores of the heads at work are made of.
  public let scores: Int
  /// Held while runs without single heads last.
  public let ablation: Int
  /// The size of all maps in single precision, which only a file ever holds.
  public let maps: Int

  /// What a run takes: what it keeps and what it works with.
  public var total: Int { trace + working }

  /// The most that some work holds at any time.
  public func total(_ work: Work) -> Int {
    switch work {
    case .run: total
    case .scores: max(total, trace + scores)
    case .ablation: max(total, trace + ablation)
    case .export: max(total, trace + exportTile)
    }
  }

  /// Held while maps are written: some queries' rows over all keys, and the same as text.
  private let exportTile: Int

  /// The plan of work with capture.
  ///
  /// - Parameters:
  ///   - seq: Tokens of the prompt.
  ///   - threads: Each holds one tile of attention.
  ///   - bytesPerNumber: 4 for Float, 8 for Double.
  ///   - bytesKept: 2 where queries, keys, values and weighted values are kept as bfloat16; nil for as
  ///     many as a number takes.
  ///   - converted: Bytes of the weights of one block that are converted before use.
  public init(
    _ plan: ModelPlan, seq: Int, threads: Int, bytesPerNumber: Int = 4, bytesKept: Int? = nil,
    converted: Int = 0
  ) {
    self.seq = seq
    let bytes = bytesPerNumber
    let widths = plan.blocks.map { block in
      (block.attention.heads + block.attention.kvHeads)
        * (block.attention.dHead + block.attention.dValue)
    }
    let heads = plan.blocks.reduce(0) { $0 + $1.attention.heads }
    trace =
      seq
      * ((bytesKept ?? bytes) * widths.reduce(0, +)
        + bytes * ((plan.layers + 1) * plan.dModel + 2 * heads))
    // Scores, and what they are rounded to.
    let tiles =
      2 * bytes * threads * min(seq, AttentionTiling.rows) * min(seq, AttentionTiling.keys)
    let rows = bytes * threads * 3 * min(AttentionTiling.rowsPerTile(seq: seq), seq) * seq / 2
    func activations(_ rows: Int) -> Int {
      // The MLP's two halves and their rounding, for every thread's slice of rows.
      bytes * (2 * rows * plan.dModel + threads * 3 * min(rows, 1024) * plan.dMLP)
    }
    // What is kept rounded is computed before, a layer at a time.
    let layer = bytesKept == nil ? 0 : bytes * seq * (widths.max() ?? 0)
    working =
      converted + layer + max(activations(seq), 2 * bytes * seq * plan.dModel + tiles)
    // Thirteen sums in double precision for each query of the heads at work: `MapStatistics`.
    scores = rows + 104 * seq * min(threads, plan.heads)
    let batch = max(seq, Model.rowsOfVariants)
    ablation =
      converted + bytes * batch * (2 * plan.dModel + 2 * (widths.max() ?? 0))
      + max(activations(batch), tiles)
    exportTile = 4 * 4 * min(seq, 256) * seq
    maps = 4 * heads * seq * seq
  }
}

extension Model {
  /// What work on a prompt of this model will hold in memory.
  ///
  /// - Parameters:
  ///   - seq: Tokens of the prompt.
  ///   - threads: How many will work.
  ///   - isDouble: Whether in double precision.
  public func memoryPlan(seq: Int, threads: Int, isDouble: Bool = false) -> MemoryPlan {
    MemoryPlan(
      plan, seq: seq, threads: threads, bytesPerNumber: isDouble ? 8 : 4,
      bytesKept: !isDouble && multipliesBFloat16 ? 2 : nil,
      converted: convertedBytes(isDouble: isDouble))
  }

  /// Refuses work that does not fit.
  ///
  /// - Parameter budget: Bytes; nil for no limit.
  /// - Throws: `ModelError.overBudget`, with the longest prompt that fits, and whether this one would with
  ///   `--precision bf16`.
  public func checkMemory(
    _ work: MemoryPlan.Work = .run, seq: Int, threads: Int, isDouble: Bool = false, budget: Int?
  ) throws(ModelError) {
    guard let budget else { return }
    func needed(_ seq: Int, _ model: Model) -> Int {
      model.memoryPlan(seq: seq, threads: threads, isDouble: isDouble).total(work)
    }
    guard needed(seq, self) > budget else { return }
    var (fitting, tooLong) = (0, seq)
    while tooLong - fitting > 1 {
      let middle = (fitting + tooLong) / 2
      if needed(middle, self) > budget { tooLong = middle } else { fitting = middle }
    }
    var rounded = self
    rounded.multipliesBFloat16 = true
    throw .overBudget(
      work: work, needed: needed(seq, self), budget: budget, tokens: seq, fitting: fitting,
      fitsRounded: !isDouble && !multipliesBFloat16 && needed(seq, rounded) <= budget)
  }

  /// Bytes of the largest block's weights that are not multiplied where they lie.
  private func convertedBytes(isDouble: Bool) -> Int {
    let matrix: (type: StorageType, bytes: Int) =
      isDouble ? (.unknown(""), 8) : multipliesBFloat16 ? (.bfloat16, 2) : (.float32, 4)
    return plan.blocks.map { block in
      var plans = Set(block.weights)
      if case .experts(let experts) = block.mlp {
        // One expert after the other is read into the same memory.
        for expert in experts.experts.dropFirst() { plans.subtract(expert.weights) }
      }
      return plans.reduce(0) { sum, plan in
        let stored = weights[plan]
        guard stored.type != matrix.type else { return sum }
        return sum + matrix.bytes * plan.usedShape.reduce(1, *)
      }
    }.max() ?? 0
  }
}
