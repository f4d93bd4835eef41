import Foundation
import Models
import Tensors

/// Heads as experts that tokens are routed to by the length of their queries.
enum QueryRouting {
  /// The mean over tokens of the softmax over a layer's heads of `‖q‖ / σ`, σ the deviation of `‖q‖` over
  /// heads.
  static func table<Element: Scalar>(_ trace: Trace<Element>) -> HeadTable {
    HeadTable(
      rows: (0..<trace.layers).map { layer in
        let norms = trace.plan.heads(inLayer: layer).map { head in
          let queries = trace.queries(head)
          return Element.PreferredKernels.dots(queries, queries).map { $0.squareRoot() }
        }
        return shares(norms)
      })
  }

  /// - Parameter norms: `[head][token]`.
  static func shares(_ norms: [[Double]]) -> [Double] {
    let (count, tokens) = (Double(norms.count), norms.first?.count ?? 0)
    var sums = [Double](repeating: 0, count: norms.count)
    for token in 0..<tokens {
      let row = norms.map { $0[token] }
      let mean = row.reduce(0, +) / count
      // As PyTorch's `std`: divided by one less than the number of heads.
      let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)
      let terms = row.map { Foundation.exp(($0 - mean) / (variance.squareRoot() + 1e-20)) }
      let sum = terms.reduce(0, +)
      for head in sums.indices { sums[head] += terms[head] / sum }
    }
    return sums.map { $0 / Double(tokens) }
  }
}

extension ScoreFacts {
  /// There is nothing to route between.
  var routingObstacle: String? {
    plan.heads < 2 ? "a layer has one head, so that there is nothing to choose" : nil
  }
}
