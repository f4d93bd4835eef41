/// A narrow vector per token that projections read instead of the residual stream.
///
/// Source: DeepSeek-AI 2024, "DeepSeek-V2", section 2.1.
public struct LatentPlan: Sendable, Hashable {
  /// From the residual stream to the narrow vector.
  public let down: LinearPlan
  /// Of the narrow vector; nil for none.
  public let norm: NormPlan?

  var weights: [WeightPlan] { down.weights + (norm?.weights ?? []) }
}

/// One layer's attention.
public struct AttentionPlan: Sendable, Hashable {
  /// Query heads, key/value heads, and the width of queries and keys.
  public let heads, kvHeads, dHead: Int
  /// The width of values and weighted values.
  public let dValue: Int
  /// What scores are multiplied by before softmax.
  public let scale: Double
  /// Where queries, keys and values come from: `[dModel] → [heads · dHead]`, `kvHeads · dHead` and
  /// `kvHeads · dValue`.
  public let query, key, value: LinearPlan
  /// The output projection, `[heads · dValue] → [dModel]`.
  public let output: LinearPlan
  /// What `query` reads; nil for the residual stream.
  public let queryLatent: LatentPlan?
  /// What `key` and `value` read; nil for the residual stream.
  public let keyValueLatent: LatentPlan?
  /// The last numbers of every head's key, from the residual stream, the same for all heads.
  ///
  /// `key` then gives only what comes before; nil for none.
  public let sharedKey: LinearPlan?
  /// Queries, keys and values are cut to this magnitude; nil for no limit.
  public let clip: Double?
  /// The normalisation of queries and of keys; nil for none.
  public let queryNorm, keyNorm: HeadNormPlan?
  /// Scores become `cap · tanh(score / cap)`; nil for no cap.
  public let cap: Double?
  /// A learned score for each head, `[heads]`, that takes part in softmax and belongs to no key; nil
  /// for none.
  public let sinks: WeightPlan?
  /// How position enters.
  public let position: PositionPlan
  /// Which keys a query can see.
  public let mask: MaskPlan

  init(
    heads: Int, kvHeads: Int, dHead: Int, dValue: Int? = nil, scale: Double, query: LinearPlan,
    key: LinearPlan, value: LinearPlan, output: LinearPlan, queryLatent: LatentPlan? = nil,
    keyValueLatent: LatentPlan? = nil, sharedKey: LinearPlan? = nil, clip: Double? = nil,
    queryNorm: HeadNormPlan? = nil, keyNorm: HeadNormPlan? = nil, cap: Double? = nil,
    sinks: WeightPlan? = nil, position: PositionPlan, mask: MaskPlan
  ) {
    self.heads = heads
    self.kvHeads = kvHeads
    self.dHead = dHead
    self.dValue = dValue ?? dHead
    self.scale = scale
    self.query = query
    self.key = key
    self.value = value
    self.output = output
    self.queryLatent = queryLatent
    self.keyValueLatent = keyValueLatent
    self.sharedKey = sharedKey
    self.clip = clip
    self.queryNorm = queryNorm
    self.keyNorm = keyNorm
    self.cap = cap
    self.sinks = sinks
    self.position = position
    self.mask = mask
  }

  /// The key/value head that a query head reads.
  public func kvHead(of head: Int) -> Int { head / (heads / kvHeads) }

  /// Where a head lies in a row of queries or keys.
  func columns(_ head: Int) -> Range<Int> { head * dHead..<(head + 1) * dHead }

  /// Where a head lies in a row of values or weighted values.
  func valueColumns(_ head: Int) -> Range<Int> { head * dValue..<(head + 1) * dValue }

  var linears: [LinearPlan] {
    [queryLatent?.down, keyValueLatent?.down, sharedKey].compactMap { $0 }
      + [query, key, value, output]
  }

  var weights: [WeightPlan] {
    let latents = [queryLatent, keyValueLatent].compactMap { $0 }.flatMap(\.weights)
    let norms = [queryNorm, keyNorm].compactMap { $0 }.flatMap(\.weights)
    return linears.flatMap(\.weights) + latents + norms + (sinks.map { [$0] } ?? [])
      + position.weights
  }
}
