import Tensors

extension Trace {
  /// What a head's mean query sees of its mean key at every distance: the weights of the last query of a
  /// prompt in which all tokens are the mean token.
  ///
  /// Means are taken before position enters, over the tokens of the run; then the mean key is turned to
  /// each position and the mean query to the last one. Without rotary positions all weights are equal.
  ///
  /// - Parameter length: How many positions.
  /// - Returns: `[length]`, summing to one.
  ///
  /// Source: kvpress, `DuoAttentionPress`, its on-the-fly scores.
  public func meanTokenWeights(_ head: HeadIndex, length: Int) -> [Double] {
    typealias K = Element.PreferredKernels
    let attention = plan.blocks[head.layer].attention
    func repeated(_ vectors: Tensor<Element>) -> Tensor<Element> {
      var result = Tensor<Element>(
        uninitialized: [length, vectors.shape[1]])
      let target = result.mutableMatrix()
      let ones = Tensor<Element>(
        repeating: 1 / Element(vectors.shape[0]), shape: [vectors.shape[0], length])
      K.multiply(transposing: ones.matrix, vectors.matrix, adding: false, into: target)
      if case .rotary(let rotary) = attention.position {
        Rotation(rotary, seq: length).turn(
          target, rows: 0..<length, dHead: attention.dHead, K.self)
      }
      return result
    }
    let queries = repeated(unturnedQueries(head))
    let keys = repeated(unturnedKeys(head))
    var scores = Tensor<Element>(uninitialized: [1, length])
    K.multiply(
      queries.matrix.rows(length - 1..<length), keys.matrix, transposed: true,
      scale: Element(attention.scale), adding: false, into: scores.mutableMatrix())
    K.softmax(scores.mutableMatrix())
    return scores.elements.map(Double.init)
  }
}
