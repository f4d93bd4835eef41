/// What a run will hold in memory, computed before anything is allocated; bytes, weights aside.
public struct MemoryPlan: Sendable, Hashable {
  /// The number of tokens it is for.
  public let seq: Int
  /// Residual streams, queries, keys, values and weighted values, kept until the run is forgotten.
  public let trace: Int
  /// Held while the run lasts: one block's activations and the tiles of attention.
  public let working: Int

  /// Both together.
  public var total: Int { trace + working }

  /// The plan of a single-precision run with capture.
  ///
  /// - Parameters:
  ///   - seq: Tokens of the prompt.
  ///   - threads: Each holds one tile of attention.
  ///   - bytesPerNumber: 4 for Float, 8 for Double.
  public init(_ plan: ModelPlan, seq: Int, threads: Int, bytesPerNumber: Int = 4) {
    self.seq = seq
    let perToken = plan.blocks.reduce((plan.layers + 1) * plan.dModel) { sum, block in
      let attention = block.attention
      return sum + (attention.heads + attention.kvHeads) * (attention.dHead + attention.dValue)
    }
    trace = bytesPerNumber * seq * perToken
    let rows = AttentionTiling.rowsPerTile(seq: seq)
    let slice = min(seq, 1024)
    working =
      bytesPerNumber * (2 * seq * plan.dModel + threads * max(rows * seq, 2 * slice * plan.dMLP))
  }

  /// Refuses a run that does not fit.
  ///
  /// - Parameter budget: Bytes; nil for no limit.
  public func check(budget: Int?) throws(ModelError) {
    guard let budget, total > budget else { return }
    throw .overBudget(needed: total, budget: budget, tokens: seq)
  }
}
