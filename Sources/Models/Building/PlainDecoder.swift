import Tensors

/// The decoder of the GPT tradition: layer norms and a plain MLP, every name the family's own.
struct PlainDecoder {
  /// A layer by its name below the block and whether it has a bias.
  typealias Named = (name: String, bias: Bool)

  let config: ConfigReader
  let layers, dModel, heads, dMLP, vocabularySize, contextLength: Int
  var kvHeads: Int
  let dHead: Int
  let activation: Activation
  let epsilon: Double
  /// Where blocks are, without the number.
  let blocks: String
  /// The norms before attention and before the MLP; one name for both where they share it.
  let norms: (attention: String, mlp: String)
  let output, up, down: Named
  /// Queries, keys and values by the block's name.
  let projections: (PlainDecoder, String) -> (query: LinearPlan, key: LinearPlan, value: LinearPlan)
  let embedding: EmbeddingPlan
  let head: OutputPlan
  let prefixes: [String]
  var ignoredSuffixes: [String] = [".attn.bias", ".attn.masked_bias", "rotary_emb.inv_freq"]
  var hasNormBias = true
  var hasNormGain = true
  var isParallel = false
  /// Whether norms follow the addition instead of coming first.
  var isPostNorm = false
  var scale: Double?
  var clip: Double?
  /// By layer.
  var position: PositionPlan = .none
  var mask: (Int) -> MaskPlan = { _ in .causal }

  /// A layer whose matrix has its outputs first.
  func linear(
    _ name: String, _ inputs: Int, _ stored: Int, _ outputs: Outputs? = nil, bias: Bool
  ) -> LinearPlan {
    LinearPlan(name, inputs: inputs, stored: stored, outputs: outputs, bias: bias)
  }

  /// Queries, keys and values from three matrices.
  func separate(
    _ query: String, _ key: String, _ value: String, bias: Bool
  ) -> (query: LinearPlan, key: LinearPlan, value: LinearPlan) {
    func part(_ name: String, _ heads: Int) -> LinearPlan {
      linear(name, dModel, heads * dHead, bias: bias)
    }
    return (part(query, heads), part(key, kvHeads), part(value, kvHeads))
  }

  /// Queries, keys and values from one matrix, first those of the first group of heads, then those of the
  /// next: of each group its queries, one key, one value.
  func grouped(
    _ name: String, bias: Bool
  ) -> (query: LinearPlan, key: LinearPlan, value: LinearPlan) {
    let group = heads / kvHeads
    func part(_ first: Int, _ width: Int) -> LinearPlan {
      linear(
        name, dModel, kvHeads * (group + 2) * dHead,
        Outputs(
          first: first * dHead, width: width * dHead, distance: (group + 2) * dHead,
          stretches: kvHeads), bias: bias)
    }
    return (part(0, group), part(group, 1), part(group + 1, 1))
  }

  /// Queries, keys and values from one matrix, one after the other.
  func joined(
    _ name: String, bias: Bool
  ) -> (query: LinearPlan, key: LinearPlan, value: LinearPlan) {
    let (own, shared) = (heads * dHead, kvHeads * dHead)
    func part(_ first: Int, _ width: Int) -> LinearPlan {
      linear(name, dModel, own + 2 * shared, Outputs(first..<first + width), bias: bias)
    }
    return (part(0, own), part(own, shared), part(own + shared, shared))
  }

  /// A norm of the residual stream.
  static func norm(
    _ name: String, _ width: Int, epsilon: Double, gain: Bool = true, bias: Bool = true
  ) -> NormPlan {
    NormPlan(
      .layer, gain: gain ? WeightPlan("\(name).weight", [width]) : nil,
      bias: gain && bias ? WeightPlan("\(name).bias", [width]) : nil, epsilon: epsilon)
  }

  /// The plan of the whole model.
  func plan() -> ModelPlan {
    ModelPlan(
      family: config.modelType, dModel: dModel, vocabularySize: vocabularySize,
      contextLength: contextLength, embedding: embedding,
      blocks: (0..<layers).map { block($0, "\(blocks)\($0)") }, head: head, prefixes: prefixes,
      // A tied head may be stored beside the embedding that it is.
      ignoredSuffixes: ignoredSuffixes + ["lm_head.weight"])
  }

  private func block(_ layer: Int, _ name: String) -> BlockPlan {
    func placement(_ part: String) -> NormPlacement {
      let norm = Self.norm(
        "\(name).\(part)", dModel, epsilon: epsilon, gain: hasNormGain, bias: hasNormBias)
      return isPostNorm ? NormPlacement(stream: norm) : NormPlacement(input: norm)
    }
    let (query, key, value) = projections(self, name)
    return BlockPlan(
      attentionNorms: placement(norms.attention),
      attention: AttentionPlan(
        heads: heads, kvHeads: kvHeads, dHead: dHead,
        scale: scale ?? 1 / Double(dHead).squareRoot(), query: query, key: key, value: value,
        output: linear("\(name).\(output.name)", heads * dHead, dModel, bias: output.bias),
        clip: clip, position: position, mask: mask(layer)),
      mlpNorms: placement(norms.mlp),
      mlp: .plain(
        up: linear("\(name).\(up.name)", dModel, dMLP, bias: up.bias),
        down: linear("\(name).\(down.name)", dMLP, dModel, bias: down.bias),
        activation: activation),
      isParallel: isParallel)
  }
}
