import Tensors

extension Model {
  /// The same architecture with weights as before training: the control that tells what a score owes to
  /// training.
  ///
  /// Matrices are drawn from a normal distribution of deviation 0.02, norms multiply by one, biases and
  /// learned sinks are zero; the same seed gives the same model. Deviations of single families, such as
  /// GPT-2's smaller output projections, are left out.
  ///
  /// Source: the usual `initializer_range`, of Radford et al. 2019, "Language Models are Unsupervised
  /// Multitask Learners".
  public func untrained(seed: UInt64 = 0) -> Model {
    var gains: [String: Double] = [:]
    for norm in plan.norms {
      if let gain = norm.gain { gains[gain.name] = 1 - norm.gainShift }
    }
    return replacingWeights { name, stored in
      let deviation = stored.shape.count > 1 ? 0.02 : 0
      return StoredTensor(
        name: stored.name, type: "F32",
        recipe: RandomRecipe(
          shape: stored.shape, mean: Float(gains[name] ?? 0),
          deviation: gains[name] == nil ? Float(deviation) : 0, seed: seed ^ stableHash(name)))
    }
  }

  /// The same model with other weights of the same shapes.
  private func replacingWeights(_ body: (String, StoredTensor) -> StoredTensor) -> Model {
    var model = self
    model.weights = weights.mapped(body)
    return model
  }

  /// The same in every process, unlike `hashValue` (FNV-1a).
  private func stableHash(_ text: String) -> UInt64 {
    text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }
}

extension ModelPlan {
  /// Every norm, some more than once.
  var norms: [NormPlan] {
    var all = [embedding.norm, head.norm].compactMap { $0 }
    for block in blocks {
      for placement in [block.attentionNorms, block.mlpNorms] {
        all += [placement.input, placement.output, placement.stream].compactMap { $0 }
      }
      let attention = block.attention
      all += [attention.queryLatent?.norm, attention.keyValueLatent?.norm].compactMap { $0 }
      for heads in [attention.queryNorm, attention.keyNorm].compactMap({ $0 }) {
        switch heads {
        case .shared(let norm), .joint(let norm): all.append(norm)
        case .separate(let norms): all += norms
        }
      }
    }
    return all
  }
}
