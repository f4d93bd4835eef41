import Tensors

/// What weight-space scores need of the whole vocabulary.
extension Model {
  /// How a token enters a head.
  public enum EffectiveEmbedding: Sendable {
    /// The token embedding.
    case token
    /// The token embedding and what the first block's MLP makes of its norm.
    case withMLP
    /// What the first block's MLP alone makes of it.
    case onlyMLP
  }

  /// The effective embeddings of some tokens, `[ids, dModel]`; nil where the first block has no plain
  /// MLP.
  ///
  /// Positions and the first attention are left out.
  public func effectiveEmbeddings<Element: Scalar>(
    _ ids: [Int], _ kind: EffectiveEmbedding, as _: Element.Type = Element.self
  ) -> Tensor<Element>? {
    typealias K = Element.PreferredKernels
    var reader = WeightReader<Element.PreferredKernels>(weights)
    let embedding = plan.embedding
    guard embedding.projection == nil, let table = embedding.token else { return nil }
    guard var tokens = weights[table].rows(ids, as: Element.self) else { return nil }
    let target = tokens.mutableMatrix()
    if embedding.scale != 1 { K.scale(target, by: Element(embedding.scale)) }
    guard kind != .token else { return tokens }
    guard let block = plan.blocks.first, let mlp = MLP<K>(block.mlp, &reader) else { return nil }
    let norm = block.mlpNorms.input.map { Norm<K>($0, width: plan.dModel, &reader) }
    let read = norm?.applied(to: tokens.matrix) ?? tokens
    var result =
      kind == .withMLP ? tokens : Tensor<Element>(repeating: 0, shape: [ids.count, plan.dModel])
    mlp.apply(to: read.matrix, adding: true, into: result.mutableMatrix())
    return result
  }

  /// The rows of the output head for some tokens with the final norm's gain folded in,
  /// `[ids, dModel]`; nil where the head reads something narrower than the residual stream.
  ///
  /// With a layer norm each row's mean is taken away, as the norm takes it from what the head reads.
  ///
  /// - Throws: `ModelError.outputHeadMissing`.
  public func unembedding<Element: Scalar>(
    _ ids: [Int], as _: Element.Type = Element.self
  ) throws(ModelError) -> Tensor<Element>? {
    guard hasOutputHead else { throw .outputHeadMissing(checkpoint: name) }
    guard plan.head.projection == nil else { return nil }
    var reader = WeightReader<Element.PreferredKernels>(weights)
    let gains = plan.head.norm?.gain.map { reader.tensor($0).elements }
    let shift = Element(plan.head.norm?.gainShift ?? 0)
    guard var result = weights[plan.head.linear.weight].rows(ids, as: Element.self) else {
      return nil
    }
    let target = result.mutableMatrix()
    if let gains {
      let gain = Tensor(gains.map { $0 + shift }, shape: [1, gains.count])
      for row in 0..<target.rows {
        Element.PreferredKernels.multiply(target.rows(row..<row + 1), by: gain.matrix)
      }
    }
    if plan.head.norm?.kind == .layer { target.centreRows(Element.PreferredKernels.self) }
    return result
  }

  /// `Σ over the vocabulary of unembeddingᵀ · embedding`, `[dModel, dModel]`: with it a head's circuit
  /// from tokens to logits has the same eigenvalues as one small product; nil where the parts are.
  ///
  /// - Throws: `ModelError.outputHeadMissing`.
  /// - Complexity: O(vocabularySize × dModel²).
  public func vocabularyProduct<Element: Scalar>(
    _ kind: EffectiveEmbedding, as _: Element.Type = Element.self
  ) throws(ModelError) -> Tensor<Element>? {
    var product = Tensor<Element>(repeating: 0, shape: [plan.dModel, plan.dModel])
    for start in stride(from: 0, to: plan.vocabularySize, by: 2048) {
      let ids = Array(start..<min(plan.vocabularySize, start + 2048))
      guard let embeddings = effectiveEmbeddings(ids, kind, as: Element.self),
        let rows = try unembedding(ids, as: Element.self)
      else { return nil }
      Element.PreferredKernels.multiply(
        transposing: rows.matrix, embeddings.matrix, adding: true,
        into: product.mutableMatrix())
    }
    return product
  }

  /// By how much the final norm divides each token's residual stream after the last block; 1 without a
  /// norm.
  public func finalScales<Element: Scalar>(_ trace: Trace<Element>) -> [Double] {
    guard let norm = plan.head.norm else { return Array(repeating: 1, count: trace.seq) }
    let residual = trace.residuals[plan.layers].converted(to: Double.self).matrix
    return (0..<residual.rows).map { row in
      residual.withRow(row) { numbers in
        let count = Double(numbers.count)
        let mean = norm.kind == .layer ? numbers.reduce(0, +) / count : 0
        let square = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
        return (square + norm.epsilon).squareRoot()
      }
    }
  }
}

extension StoredTensor {
  /// Some rows, widened, `[ids, columns]`; nil for a type that is no floating-point one.
  ///
  /// Rows that follow each other are widened together.
  fileprivate func rows<Element: Scalar>(
    _ ids: [Int], as _: Element.Type
  ) -> Tensor<Element>? {
    var result = Tensor<Element>(uninitialized: [ids.count, shape.last ?? 1])
    let target = result.mutableMatrix()
    var start = 0
    while start < ids.count {
      var end = start + 1
      while end < ids.count, ids[end] == ids[end - 1] + 1 { end += 1 }
      guard let part = rows(ids[start]..<ids[end - 1] + 1).widened(to: Element.self) else {
        return nil
      }
      target.rows(start..<end).copy(from: part.matrix)
      start = end
    }
    return result
  }
}
