import Tensors

/// DaViT's channel attention, which no token-by-token map can stand for: a diagnostic, and not a rule.
///
/// There the map mixes the channels of Q, and the head would do something else altogether.
///
/// Source: Ding et al. 2022, "DaViT"; dingmyu/davit davit.py, `ChannelAttention`.
enum ChannelMap {
  /// `softmax((K · dHead^−½)ᵀ V)`, `[dHead, dValue]`.
  ///
  /// - Parameters:
  ///   - keys: `[keys, dHead]`.
  ///   - values: `[keys, dValue]`.
  static func of<K: Kernels>(
    keys: Matrix<K.Element>, values: Matrix<K.Element>, _: K.Type
  ) -> Tensor<K.Element> {
    var map = Tensor<K.Element>(uninitialized: [keys.columns, values.columns])
    let target = map.mutableMatrix()
    K.multiply(transposing: keys, values, adding: false, into: target)
    K.scale(target, by: K.Element(1 / Double(max(1, keys.columns)).squareRoot()))
    K.softmax(target)
    return map
  }
}

extension Trace {
  /// How one head's channels, not its tokens, would attend to each other in DaViT, `[dHead, dValue]`; rows sum to
  /// one.
  ///
  /// - Complexity: O(keys × dHead × dValue).
  ///
  /// Source: Ding et al. 2022, "DaViT"; dingmyu/davit davit.py, `ChannelAttention`.
  public func channelMap(_ head: HeadIndex) -> Tensor<Element> {
    ChannelMap.of(keys: keys(head), values: values(head), Element.PreferredKernels.self)
  }
}
