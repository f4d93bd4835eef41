/// A model as a description: what `ForwardPass` interprets.
public struct ModelPlan: Sendable, Hashable {
  /// The family, as `config.json` spells its `model_type`.
  public let family: String
  /// The width of the residual stream.
  public let dModel: Int
  /// The number of token ids.
  public let vocabularySize: Int
  /// The longest prompt.
  public let contextLength: Int
  /// How tokens enter the residual stream.
  public let embedding: EmbeddingPlan
  /// The blocks, first to last.
  public let blocks: [BlockPlan]
  /// How the residual stream becomes logits.
  public let head: OutputPlan
  /// What checkpoints of this family may put before all names.
  public let prefixes: [String]
  /// Endings of names that checkpoints of this family hold and no engine needs.
  public let ignoredSuffixes: [String]

  /// The number of blocks.
  public var layers: Int { blocks.count }
  /// The number of query heads in each layer.
  public var heads: Int { blocks.first?.attention.heads ?? 0 }
  /// The number of key/value heads in each layer.
  public var kvHeads: Int { blocks.first?.attention.kvHeads ?? 0 }
  /// The width of one head's queries and keys.
  public var dHead: Int { blocks.first?.attention.dHead ?? 0 }
  /// The width of one head's values.
  public var dValue: Int { blocks.first?.attention.dValue ?? 0 }
  /// The width between the two halves of an MLP; the widest there is.
  public var dMLP: Int { blocks.map(\.mlp.dMLP).max() ?? 0 }

  /// Every weight that a run without an output head reads, each once.
  var coreWeights: [WeightPlan] {
    var seen: Set<WeightPlan> = []
    let all = embedding.weights + blocks.flatMap(\.weights) + (head.norm?.weights ?? [])
    return all.filter { seen.insert($0).inserted }
  }
}

/// How tokens enter the residual stream.
public struct EmbeddingPlan: Sendable, Hashable {
  /// `[vocabularySize, width]`.
  public let token: WeightPlan
  /// What token embeddings are multiplied by.
  public let scale: Double
  /// From the embeddings' width to the residual stream's; nil where they are the same.
  public let projection: LinearPlan?
  /// `[positions, dModel]`, added; nil when position enters elsewhere.
  public let position: WeightPlan?
  /// The row of `position` that the first token takes.
  public let firstPosition: Int
  /// Of the sum; nil for none.
  public let norm: NormPlan?

  init(
    token: WeightPlan, scale: Double = 1, projection: LinearPlan? = nil,
    position: WeightPlan? = nil, firstPosition: Int = 0, norm: NormPlan? = nil
  ) {
    self.token = token
    self.scale = scale
    self.projection = projection
    self.position = position
    self.firstPosition = firstPosition
    self.norm = norm
  }

  var weights: [WeightPlan] {
    [token] + (position.map { [$0] } ?? []) + (projection?.weights ?? []) + (norm?.weights ?? [])
  }
}

/// How the residual stream becomes logits.
public struct OutputPlan: Sendable, Hashable {
  /// Of the residual stream after the last block; nil for none.
  public let norm: NormPlan?
  /// From the residual stream's width to the embeddings'; nil where they are the same.
  public let projection: LinearPlan?
  /// `[width] → [vocabularySize]`.
  public let linear: LinearPlan
  /// What logits are multiplied by.
  public let scale: Double
  /// Logits become `cap · tanh(logit / cap)`; nil for no cap.
  public let cap: Double?

  init(
    norm: NormPlan?, projection: LinearPlan? = nil, linear: LinearPlan, scale: Double = 1,
    cap: Double? = nil
  ) {
    self.norm = norm
    self.projection = projection
    self.linear = linear
    self.scale = scale
    self.cap = cap
  }

  /// What only predictions need.
  var weights: [WeightPlan] { (projection?.weights ?? []) + linear.weights }
}

extension ModelPlan {
  /// Additions and multiplications of a run without the output head, as the reference would count
  /// them: of a map, only the weights that can differ from zero.
  public func operations(seq: Int) -> Int {
    blocks.reduce(0) { sum, block in
      let attention = block.attention
      let linears = (attention.linears + block.mlp.activeLinears).reduce(0) {
        $0 + 2 * seq * $1.inputCount * $1.outputs.count
      }
      let weights = (0..<seq).reduce(0) {
        $0 + attention.mask.visible(query: $1, keyCount: seq).count
      }
      return sum + linears + 2 * weights * attention.heads * (attention.dHead + attention.dValue)
    }
  }
}
