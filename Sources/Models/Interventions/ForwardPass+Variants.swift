import Tensors

extension ForwardPass {
  /// Runs variants of one run that differ from it in weighted values alone, all at once.
  ///
  /// Products then have the rows of all variants, and read each weight once for all of them.
  ///
  /// - Parameters:
  ///   - edits: One for each variant; none touches a layer before `start`.
  ///   - base: The run without them.
  ///   - start: The first touched layer, whose maps are still those of `base`.
  ///   - onBlock: Called before each block; what it throws ends the run.
  /// - Returns: The residual stream after the last block, `[variants · seq, dModel]`.
  mutating func run(
    variants edits: [Edits<K.Element>], of base: Trace<K.Element>, from start: Int,
    onBlock: () throws -> Void
  ) throws -> Tensor<K.Element> {
    var residual = copies(of: base.residuals[start], edits.count)
    var weightedValues = copies(of: base.attention[start].weightedValues, edits.count)
    for (layer, block) in plan.blocks.enumerated().dropFirst(start) {
      try onBlock()
      if layer > start {
        weightedValues = attend(layer, block, residual.matrix).weightedValues
      }
      let z = weightedValues.mutableMatrix()
      for (index, edits) in edits.enumerated() where edits.changesWeightedValues(layer) {
        let rows = index * prompt.seq..<(index + 1) * prompt.seq
        edits.weightedValues(layer, block.attention, z.rows(rows), K.self)
      }
      if let cross = block.cross, let memory {
        // Every variant's queries meet the same keys: they are one long prompt.
        _ = transform(layer, block, cross, reading: memory, z.matrix, &residual)
      } else {
        transform(block, z.matrix, &residual)
      }
      weights.releaseAll()
      try check(residual, block: layer)
    }
    return residual
  }

  private func copies(of tensor: Tensor<K.Element>, _ count: Int) -> Tensor<K.Element> {
    let (rows, columns) = (tensor.matrix.rows, tensor.matrix.columns)
    var result = Tensor<K.Element>(uninitialized: [count * rows, columns])
    let target = result.mutableMatrix()
    for index in 0..<count {
      target.rows(index * rows..<(index + 1) * rows).copy(from: tensor.matrix)
    }
    return result
  }
}
