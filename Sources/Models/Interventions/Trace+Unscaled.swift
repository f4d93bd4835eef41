import Tensors

extension Trace {
  /// The run with every head's weighted values as its softmax made them, whatever changed them afterwards;
  /// everything else as it was.
  ///
  /// What a factor on weighted values multiplied, also where it was zero: the derivative by the factor is
  /// `⟨these, ∂/∂z⟩`.
  ///
  /// - Complexity: One pass over all maps.
  public var unscaled: Trace {
    typealias K = Element.PreferredKernels
    let layers = zip(plan.blocks, attention).enumerated().map { index, layer in
      let (block, read) = layer
      let heads = read.heads(block.attention, index)
      var z = Tensor<Element>(
        uninitialized: [seq, block.attention.heads * block.attention.dValue])
      AttentionOutput<K>.fill(z.mutableMatrix(), heads: heads, seq: seq)
      var plain = read
      plain.replaceWeightedValues(z, K.self)
      return plain
    }
    return Trace(
      prompt: prompt, plan: plan, residuals: residuals, attention: layers, streams: streams,
      keyPrompt: keyPrompt)
  }
}
