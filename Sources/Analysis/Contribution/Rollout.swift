import Models
import Tensors

/// How attention adds up over layers: rollout, max-flow and VL-SAM's regularised flow.
///
/// All of them hold `[seq, seq]` matrices in double precision: they are for prompts of hundreds of tokens,
/// and run when someone asks.
public enum AttentionFlow {
  /// The mean over heads of every layer's maps, `[layer][query, key]`.
  ///
  /// - Complexity: O(layers × seq²) memory.
  public static func meanMaps(
    _ maps: any PatternSource, onProgress: (Double) throws -> Void = { _ in }
  ) rethrows -> [Tensor<Double>] {
    var result: [Tensor<Double>] = []
    for layer in 0..<maps.layers {
      result.append(weighted(maps, layer: layer) { _, _ in 1 })
      try onProgress(Double(layer + 1) / Double(maps.layers))
    }
    return result
  }

  /// Attention rollout: how much of each token's first state lies in each token's last.
  ///
  /// With `Â = rows of (A + 1) divided by their sums`: `R₀ = Â₀`, `R_l = Â_l R_(l−1)`.
  ///
  /// - Parameter means: `meanMaps`.
  /// - Returns: `R` after every layer.
  ///
  /// Source: Abnar and Zuidema 2020, "Quantifying Attention Flow in Transformers",
  /// `compute_joint_attention`.
  public static func rollout(_ means: [Tensor<Double>]) -> [Tensor<Double>] {
    var result: [Tensor<Double>] = []
    for mean in means {
      let step = residual(mean)
      result.append(result.last.map { product(step, $0) } ?? step)
    }
    return result
  }

  /// VL-SAM's flow of maps weighted by their heads' confidence, in the last layer.
  ///
  /// `S = mean over heads of maximum weight · A`, `F₀ = S₀`, `F_l = (1 + S_l)(1 + F_(l−1))`; regularised, each
  /// column that L₀ queries can see is multiplied by `1 − (L₀ − 1) / seq` after every layer.
  ///
  /// - Parameter layers: How many layers, the first ones; nil for all.
  ///
  /// Source: Lin et al. 2024, "VL-SAM", from notes on the paper [S]; the meaning of L₀ is an interpretation.
  public static func regularised(
    _ maps: any PatternSource, layers: Int? = nil, isRegularised: Bool = true
  ) -> Tensor<Double> {
    var flow: Tensor<Double>?
    for layer in 0..<min(layers ?? maps.layers, maps.layers) {
      let confidence = (0..<maps.heads).map { head -> Double in
        let map = maps.pattern(HeadIndex(layer: layer, head: head))
        let rows = (0..<maps.queryCount).map { row in
          map.matrix.withRow(row) { Double($0.max() ?? 0) }
        }
        return Statistics.mean(rows)
      }
      let weighted = weighted(maps, layer: layer) { head, _ in confidence[head] }
      flow = next(flow, weighted, isCausal: maps.isCausal, isRegularised: isRegularised)
    }
    return flow ?? Tensor(repeating: 0, shape: [maps.queryCount, maps.keyCount])
  }

  /// One layer of VL-SAM's flow.
  static func next(
    _ flow: Tensor<Double>?, _ weighted: Tensor<Double>, isCausal: Bool, isRegularised: Bool
  ) -> Tensor<Double> {
    var result = flow.map { product(withIdentity(weighted), withIdentity($0)) } ?? weighted
    guard isRegularised else { return result }
    let seq = result.shape[0]
    let target = result.mutableMatrix()
    for row in 0..<target.rows {
      target.withRow(row) { numbers in
        for key in numbers.indices {
          let seen = isCausal ? seq - key : seq
          numbers[key] *= 1 - Double(seen - 1) / Double(seq)
        }
      }
    }
    return result
  }

  /// Σ over a layer's heads of factor · map, divided by the number of heads.
  private static func weighted(
    _ maps: any PatternSource, layer: Int, _ factor: (_ head: Int, _ row: Int) -> Double
  ) -> Tensor<Double> {
    var sum = Tensor<Double>(repeating: 0, shape: [maps.queryCount, maps.keyCount])
    let target = sum.mutableMatrix()
    for head in 0..<maps.heads {
      let map = maps.pattern(HeadIndex(layer: layer, head: head)).converted(to: Double.self)
      for row in 0..<target.rows {
        let scale = factor(head, row) / Double(maps.heads)
        target.withRow(row) { numbers in
          map.matrix.withRow(row) { weights in
            for key in numbers.indices { numbers[key] += scale * weights[key] }
          }
        }
      }
    }
    return sum
  }

  /// Rows of `A + 1` divided by their sums.
  static func residual(_ map: Tensor<Double>) -> Tensor<Double> {
    var result = withIdentity(map)
    let target = result.mutableMatrix()
    for row in 0..<target.rows {
      target.withRow(row) { numbers in
        let sum = numbers.reduce(0, +)
        for key in numbers.indices { numbers[key] /= sum }
      }
    }
    return result
  }

  static func withIdentity(_ map: Tensor<Double>) -> Tensor<Double> {
    var result = map
    let target = result.mutableMatrix()
    for row in 0..<min(target.rows, target.columns) { target[row, row] += 1 }
    return result
  }

  static func product(_ a: Tensor<Double>, _ b: Tensor<Double>) -> Tensor<Double> {
    SmallProducts.product(a, b)
  }
}
