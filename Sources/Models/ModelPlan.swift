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
  /// `[vocabularySize, dModel]`.
  public let tokenEmbedding: WeightPlan
  /// `[contextLength, dModel]`, added to the token embedding; nil when position enters elsewhere.
  public let positionEmbedding: WeightPlan?
  /// The blocks, first to last.
  public let blocks: [BlockPlan]
  /// Before the output head.
  public let finalNorm: NormPlan
  /// From the residual stream to logits.
  public let output: LinearPlan
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
  /// The width of one head.
  public var dHead: Int { blocks.first?.attention.dHead ?? 0 }
  /// The width between the two halves of an MLP.
  public var dMLP: Int { blocks.first?.mlp.dMLP ?? 0 }

  /// The embeddings' weights.
  var embeddings: [WeightPlan] { [tokenEmbedding] + (positionEmbedding.map { [$0] } ?? []) }

  /// Every weight that a run without an output head reads, each once.
  var coreWeights: [WeightPlan] {
    var seen: Set<WeightPlan> = []
    let all =
      embeddings + blocks.flatMap(\.weights) + finalNorm.weights
    return all.filter { seen.insert($0).inserted }
  }
}

extension ModelPlan {
  /// Additions and multiplications of a run without the output head, as the reference would count
  /// them: of a causal map, only the weights that can differ from zero.
  public func operations(seq: Int) -> Int {
    blocks.reduce(0) { sum, block in
      let linears = (block.attention.linears + block.mlp.linears).reduce(0) {
        $0 + 2 * seq * $1.inputCount * $1.outputs.count
      }
      let weights = seq * (seq + 1) / 2
      return sum + linears + 4 * weights * block.attention.heads * block.attention.dHead
    }
  }
}
