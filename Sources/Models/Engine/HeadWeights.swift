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

/// One layer's attention weights, made ready once for all of its heads.
public struct LayerHeadWeights<Element: Scalar>: Sendable {
  private let plan: AttentionPlan
  /// `[dModel, heads · dHead]`, `[dModel, kvHeads · dHead]` and `[dModel, kvHeads · dValue]`.
  public let queries, keys, values: Tensor<Element>
  /// `[heads · dValue, dModel]`.
  public let outputs: Tensor<Element>

  fileprivate init(
    _ plan: AttentionPlan, queries: Tensor<Element>, keys: Tensor<Element>,
    values: Tensor<Element>, outputs: Tensor<Element>
  ) {
    self.plan = plan
    self.queries = queries
    self.keys = keys
    self.values = values
    self.outputs = outputs
  }

  /// The number of query heads.
  public var heads: Int { plan.heads }

  /// One query head's, and those of the key/value head that it reads.
  public subscript(head: Int) -> HeadWeights<Element> {
    let shared = plan.kvHead(of: head)
    return HeadWeights(
      query: queries.matrix.columns(plan.columns(head)).copied,
      key: keys.matrix.columns(plan.columns(shared)).copied,
      value: values.matrix.columns(plan.valueColumns(shared)).copied,
      output: outputs.matrix.rows(plan.valueColumns(head)).copied)
  }
}

extension Model {
  /// One layer's attention weights.
  ///
  /// - Parameters:
  ///   - isFolded: Whether the norm before attention is folded in: its gain into what reads the residual
  ///     stream, and with a layer norm, which takes the mean away, that too; what writes is then centred,
  ///     as nothing reads the mean. Biases are left out.
  /// - Complexity: O(dModel × heads × dHead): the layer's four matrices are widened once.
  ///
  /// Source of the folding: TransformerLens, `fold_layer_norm` and `center_writing_weights`.
  public func headWeights<Element: Scalar>(
    layer: Int, isFolded: Bool = true, as _: Element.Type = Element.self
  ) -> LayerHeadWeights<Element> {
    typealias K = Element.PreferredKernels
    let attention = plan.blocks[layer].attention
    let norm = isFolded ? plan.blocks[layer].attentionNorms.input : nil
    var reader = WeightReader<K>(weights)
    let gains = norm?.gain.map { gain in
      reader.tensor(gain).elements.map { $0 + Element(norm?.gainShift ?? 0) }
    }
    func reading(_ plan: LinearPlan) -> Tensor<Element> {
      var matrix: Tensor<Element> = inputsFirst(plan, &reader)
      let target = matrix.mutableMatrix()
      if let gains {
        for row in gains.indices { K.scale(target.rows(row..<row + 1), by: gains[row]) }
      }
      if norm?.kind == .layer { target.centreColumns(K.self) }
      return matrix
    }
    var outputs: Tensor<Element> = inputsFirst(attention.output, &reader)
    if norm?.kind == .layer { outputs.mutableMatrix().centreRows(K.self) }
    return LayerHeadWeights(
      attention, queries: reading(attention.query), keys: reading(attention.key),
      values: reading(attention.value), outputs: outputs)
  }

  /// One head's weights; of several heads of a layer, ask for the layer.
  ///
  /// - Complexity: That of its layer.
  public func headWeights<Element: Scalar>(
    _ head: HeadIndex, isFolded: Bool = true, as _: Element.Type = Element.self
  ) -> HeadWeights<Element> {
    headWeights(layer: head.layer, isFolded: isFolded, as: Element.self)[head.head]
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
    let attention = trace.plan.blocks[layer].attention
    let output = Linear<Element.PreferredKernels>(attention.output, &reader)
    return output.applied(to: trace.attention[layer].weightedValues.matrix)
  }

  /// The output projection of all heads of a layer, `[heads · dValue, dModel]`.
  public func outputProjection<Element: Scalar>(
    layer: Int, as _: Element.Type = Element.self
  ) -> Tensor<Element> {
    var reader = WeightReader<Element.PreferredKernels>(weights)
    return inputsFirst(plan.blocks[layer].attention.output, &reader)
  }

  /// A linear layer's matrix, `[inputs, outputs]`.
  private func inputsFirst<Element: Scalar>(
    _ plan: LinearPlan, _ reader: inout WeightReader<Element.PreferredKernels>
  ) -> Tensor<Element> {
    let stored = reader.tensor(plan.weight).matrix
    return plan.layout == .outputsFirst
      ? stored.rows(plan.outputs.ranges).transposed
      : stored.columns(plan.outputs.ranges).copied
  }
}

/// Means are taken away by products, which are as fast here as anywhere.
extension MutableMatrix where Element: Scalar {
  /// Takes each row's mean away.
  func centreRows<K: Kernels>(_: K.Type) where K.Element == Element {
    guard columns > 0 else { return }
    let ones = Tensor<Element>(repeating: 1, shape: [columns, 1])
    var means = Tensor<Element>(uninitialized: [rows, 1])
    K.multiply(
      matrix, ones.matrix, transposed: false, scale: 1 / Element(columns), adding: false,
      into: means.mutableMatrix())
    K.multiply(
      means.matrix, ones.matrix, transposed: true, scale: -1, adding: true, into: self)
  }

  /// Takes each column's mean away.
  func centreColumns<K: Kernels>(_: K.Type) where K.Element == Element {
    guard rows > 0 else { return }
    let ones = Tensor<Element>(repeating: 1, shape: [rows, 1])
    var means = Tensor<Element>(uninitialized: [1, columns])
    K.multiply(
      ones.reshaped([1, rows]).matrix, matrix, transposed: false, scale: 1 / Element(rows),
      adding: false, into: means.mutableMatrix())
    K.multiply(
      ones.matrix, means.matrix, transposed: false, scale: -1, adding: true, into: self)
  }
}
