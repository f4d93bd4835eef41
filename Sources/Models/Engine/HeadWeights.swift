import Tensors

/// One head's weights as row vectors meet them: `x · query`, `z · output`.
public struct HeadWeights<Element: Scalar>: Sendable {
  /// `[dModel, dHead]`.
  public let query, key: Tensor<Element>
  /// `[dModel, dValue]`.
  public let value: Tensor<Element>
  /// `[dValue, dModel]`.
  public let output: Tensor<Element>
}

extension ModelPlan {
  /// Why heads' weights are no matrices of the residual stream, as one line for people; nil when they
  /// are.
  public var headWeightsObstacle: String? {
    let isNarrow = blocks.contains {
      $0.attention.queryLatent != nil || $0.attention.keyValueLatent != nil
    }
    return isNarrow ? "the model's heads read a latent vector, not the residual stream" : nil
  }

  /// Why logits cannot be taken back to the residual stream and tokens into it; nil when they can.
  public var vocabularyObstacle: String? {
    head.projection == nil && embedding.projection == nil
      ? nil : "the model's embeddings are narrower than its residual stream"
  }

  /// Why the first block's MLP cannot be asked about single tokens; nil when it can.
  public var firstMLPObstacle: String? {
    if case .experts = blocks.first?.mlp { "the first MLP is a choice of experts" } else { nil }
  }
}

extension Model {
  /// One head's weights.
  ///
  /// - Parameters:
  ///   - isFolded: Whether the norm before attention is folded in: its gain into what reads the residual
  ///     stream, and with a layer norm, which takes the mean away, that too; what writes is then centred,
  ///     as nothing reads the mean. Biases are left out.
  /// - Complexity: O(dModel × dHead), and widening the layer's four matrices.
  ///
  /// Source of the folding: TransformerLens, `fold_layer_norm` and `center_writing_weights`.
  public func headWeights<Element: Scalar>(
    _ head: HeadIndex, isFolded: Bool = true, as _: Element.Type = Element.self
  ) -> HeadWeights<Element> {
    let attention = plan.blocks[head.layer].attention
    let norm = isFolded ? plan.blocks[head.layer].attentionNorms.input : nil
    let own = attention.columns(head.head)
    let shared = attention.kvHead(of: head.head)
    var reader = WeightReader<Element.PreferredKernels>(weights)
    func reading(_ plan: LinearPlan, _ columns: Range<Int>) -> Tensor<Element> {
      let matrix: Tensor<Element> = inputsFirst(plan, columns, &reader)
      return norm.map { folded($0, into: matrix, &reader) } ?? matrix
    }
    let query = reading(attention.query, own)
    let key = reading(attention.key, attention.columns(shared))
    let value = reading(attention.value, attention.valueColumns(shared))
    var output: Tensor<Element> = rows(attention.output, attention.valueColumns(head.head), &reader)
    if isFolded, norm?.kind == .layer { centre(output.mutableMatrix()) }
    return HeadWeights(query: query, key: key, value: value, output: output)
  }

  /// What is added to one head's values, `[1, dValue]`; nil for nothing.
  public func valueBias<Element: Scalar>(
    _ head: HeadIndex, as _: Element.Type = Element.self
  ) -> Tensor<Element>? {
    let attention = plan.blocks[head.layer].attention
    guard let bias = attention.value.bias else { return nil }
    var reader = WeightReader<Element.PreferredKernels>(weights)
    return reader.tensor(bias).matrix.columns(attention.value.outputs.ranges)
      .columns(attention.valueColumns(attention.kvHead(of: head.head))).copied
  }

  /// What a layer's attention adds to the residual stream before norms and scaling, `[seq, dModel]`.
  public func attentionOutput<Element: Scalar>(
    _ trace: Trace<Element>, layer: Int
  ) -> Tensor<Element> {
    var reader = WeightReader<Element.PreferredKernels>(weights)
    let output = Linear<Element.PreferredKernels>(plan.blocks[layer].attention.output, &reader)
    return output.applied(to: trace.attention[layer].weightedValues.matrix)
  }

  /// The output projection of all heads of a layer, `[heads · dValue, dModel]`.
  public func outputProjection<Element: Scalar>(
    layer: Int, as _: Element.Type = Element.self
  ) -> Tensor<Element> {
    var reader = WeightReader<Element.PreferredKernels>(weights)
    let output = plan.blocks[layer].attention.output
    return rows(output, 0..<output.inputCount, &reader)
  }

  /// Some outputs of a linear layer, `[inputs, columns]`.
  private func inputsFirst<Element: Scalar>(
    _ plan: LinearPlan, _ columns: Range<Int>,
    _ reader: inout WeightReader<Element.PreferredKernels>
  ) -> Tensor<Element> {
    let stored = reader.tensor(plan.weight).matrix
    return plan.layout == .outputsFirst
      ? stored.rows(plan.outputs.ranges).rows(columns).transposed
      : stored.columns(plan.outputs.ranges).columns(columns).copied
  }

  /// Some inputs of a linear layer, `[rows, outputs]`.
  private func rows<Element: Scalar>(
    _ plan: LinearPlan, _ rows: Range<Int>, _ reader: inout WeightReader<Element.PreferredKernels>
  ) -> Tensor<Element> {
    let stored = reader.tensor(plan.weight).matrix
    return plan.layout == .outputsFirst
      ? stored.rows(plan.outputs.ranges).columns(rows).transposed
      : stored.columns(plan.outputs.ranges).rows(rows).copied
  }

  /// A matrix that reads normalised rows, as one that reads rows divided by their scale alone.
  private func folded<Element: Scalar>(
    _ norm: NormPlan, into matrix: Tensor<Element>,
    _ reader: inout WeightReader<Element.PreferredKernels>
  ) -> Tensor<Element> {
    var folded = matrix
    let target = folded.mutableMatrix()
    if let gain = norm.gain {
      let gains = reader.tensor(gain).elements
      for row in 0..<target.rows {
        Element.PreferredKernels.scale(
          target.rows(row..<row + 1), by: gains[row] + Element(norm.gainShift))
      }
    }
    guard norm.kind == .layer else { return folded }
    var centred = folded.matrix.transposed
    centre(centred.mutableMatrix())
    return centred.matrix.transposed
  }

  /// Takes each row's mean away.
  private func centre<Element: Scalar>(_ matrix: MutableMatrix<Element>) {
    for row in 0..<matrix.rows {
      matrix.withRow(row) { numbers in
        var sum = 0.0
        for number in numbers { sum += Double(number) }
        let mean = Element(sum / Double(numbers.count))
        for i in numbers.indices { numbers[i] -= mean }
      }
    }
  }
}
