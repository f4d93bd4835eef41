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
  /// What runs before and is read by this stack; nil for one stack alone.
  public let encoder: EncoderPlan?
  /// How its texts are compared with the images of the stack beside it; nil for others.
  public let contrast: ContrastPlan?
  /// What checkpoints of this family may put before all names.
  public let prefixes: [String]
  /// Endings of names that checkpoints of this family hold and no engine needs.
  public let ignoredSuffixes: [String]
  /// Beginnings of names of other parts of such checkpoints, which this plan does not run.
  public let ignoredPrefixes: [String]
  /// Names to look for where a weight is not there under its own, such as the embedding for a tied head.
  public let fallbacks: [String: String]

  init(
    family: String, dModel: Int, vocabularySize: Int, contextLength: Int, embedding: EmbeddingPlan,
    blocks: [BlockPlan], head: OutputPlan, encoder: EncoderPlan? = nil,
    contrast: ContrastPlan? = nil, prefixes: [String], ignoredSuffixes: [String],
    ignoredPrefixes: [String] = [], fallbacks: [String: String] = [:]
  ) {
    self.family = family
    self.dModel = dModel
    self.vocabularySize = vocabularySize
    self.contextLength = contextLength
    self.embedding = embedding
    self.blocks = blocks
    self.head = head
    self.encoder = encoder
    self.contrast = contrast
    self.prefixes = prefixes
    self.ignoredSuffixes = ignoredSuffixes
    self.ignoredPrefixes = ignoredPrefixes
    self.fallbacks = fallbacks
  }

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

  /// Whether no layer shows a query a later key.
  public var isCausal: Bool { blocks.allSatisfy(\.attention.mask.isCausal) }

  /// Whether a prompt may be an image, or hold one.
  public var takesImages: Bool {
    switch encoder {
    case .inserted, .beside: true
    case .attended, nil: embedding.patches != nil
    }
  }

  /// Whether a prompt may be a sound.
  public var takesSound: Bool {
    guard case .attended(let encoder, _) = encoder else { return embedding.frames != nil }
    return encoder.embedding.frames != nil
  }

  /// The other stacks of the model, and what each is called, in the order in which a prompt meets them.
  public var otherStacks: [(name: String, plan: ModelPlan)] {
    switch encoder {
    case .attended(let plan, _): [("encoder", plan), ("cross", ofCross)]
    case .inserted(let plan, _): [("encoder", plan)]
    case .beside(let plan): [("vision", plan)]
    case nil: []
    }
  }

  /// Every weight that a run without an output head reads, each once.
  var coreWeights: [WeightPlan] {
    var seen: Set<WeightPlan> = []
    let all =
      embedding.weights + blocks.flatMap(\.weights) + (head.norm?.weights ?? [])
      + (encoder?.weights ?? [])
    return all.filter { seen.insert($0).inserted }
  }
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
