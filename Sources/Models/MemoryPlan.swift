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

  /// The number of tokens it is for.
  public let seq: Int
  /// Residual streams, queries, keys, values and weighted values, and the sums of every row's softmax, kept
  /// until the run is forgotten.
  public let trace: Int
  /// The part of the trace that a file can hold: all but the sums.
  public let filed: Int
  /// Held while the run lasts: one block's weights where they are converted, its activations, and the
  /// tiles of attention.
  public let working: Int
  /// Held while maps are scored: tiles, and what the scores of the heads at work are made of.
  public let scores: Int
  /// Held while runs without single heads last.
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
    let widest = widths.max() ?? 0
    filed =
      seq * ((bytesKept ?? bytes) * widths.reduce(0, +) + bytes * (plan.layers + 1) * plan.dModel)
    trace = filed + 2 * bytes * seq * heads
    // Scores, and what they are rounded to.
    let tiles =
      2 * bytes * threads * min(seq, AttentionTiling.rows) * min(seq, AttentionTiling.keys)
    let rows = bytes * threads * 3 * min(AttentionTiling.rowsPerTile(seq: seq), seq) * seq / 2
    /// The MLP's two halves and their rounding, for every thread's slice of rows.
    func slices(_ rows: Int) -> Int { bytes * threads * 3 * min(rows, 1024) * plan.dMLP }
    func activations(_ rows: Int) -> Int { bytes * 2 * rows * plan.dModel + slices(rows) }
    // What is kept rounded is computed before, a layer at a time.
    layer = bytesKept == nil ? bytes * seq * widest : 0
    working =
      converted + (bytesKept == nil ? 0 : bytes * seq * widest)
      + max(activations(seq), 2 * bytes * seq * plan.dModel + tiles)
    // Thirteen sums in double precision for each query of the heads at work: `MapStatistics`.
    // One residual stream in double precision and one block of logits, which some scores read.
    let logits = bytes * min(seq * plan.vocabularySize, 16 << 20)
    scores =
      rows + 104 * seq * min(threads, plan.heads) + 8 * seq * plan.dModel + logits
    let batch = max(seq, Model.rowsOfVariants)
    ablation =
      converted + bytes * batch * (2 * plan.dModel + 2 * widest)
      + max(activations(batch), tiles)
    let values = plan.blocks.map { $0.attention.heads * $0.attention.dValue }
    let gradients = (plan.layers + 1) * plan.dModel + values.reduce(0, +)
    // Of a block: both gradients of the residual stream, those of weighted values and of each head's queries,
    // keys and values; of every thread, rows of a map with their gradient, and a slice of the MLP with its own.
    let block = 2 * plan.dModel + 2 * (values.max() ?? 0) + 2 * widest
    backward =
      converted + bytes * seq * (gradients + block)
      + max(2 * rows, 3 * slices(seq), 2 * logits)
    exportTile = 4 * 4 * min(seq, 256) * seq
    maps = 4 * heads * seq * seq
  }
}
