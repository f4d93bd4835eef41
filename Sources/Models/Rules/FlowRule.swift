import Tensors

/// Attention as a flow that is conserved at queries and at keys.
struct FlowRule: AttentionRule {
  static let card = RuleCard(
    name: "flow", title: "Flow-Attention",
    formula: "σ(Î) · φ(q)·φ(k) / I · n · softmax(Ô), φ = σ; causal: every sum runs up to the query",
    family: .factorised, label: .adapted(supplied: "on a model not trained with it"),
    evidence: .checked, source: "Wu et al. 2022; thuml/Flowformer Flow_Attention.py",
    rows: .free("about σ(incoming flow)"), kvFraction: "a d × d state")

  /// Added to both factors of every flow sum, as the authors' code has it.
  private static let epsilon = 1e-6

  init(_ spec: RuleSpec) {}

  func prepare<K: Kernels>(_ head: RuleHead<K>) -> HeadRule<K.Element> {
    func gates(_ m: Matrix<K.Element>) -> [Double] {
      Rows.doubles(m).map { 1 / (1 + Double.exp(-$0)) }
    }
    let (q, k) = (gates(head.queries), gates(head.keys))
    let width = head.plan.dHead
    let queries: Tensor<K.Element> = Rows.tensor(q, shape: [head.seq, width])
    let keys: Tensor<K.Element> = Rows.tensor(k, shape: [head.keyCount, width])
    let flow =
      head.isCausal
      ? Self.causal(q, k, width) : Self.plain(q, k, width)
    var rule = HeadRule<K.Element>.map { rows in
      let count = head.width(rows)
      var tile = Tensor<K.Element>(uninitialized: [rows.count, count])
      K.multiply(
        queries.matrix.rows(rows), keys.matrix.rows(0..<count), transposed: true, scale: 1,
        adding: false, into: tile.mutableMatrix())
      Rows.change(tile.mutableMatrix(), firstQuery: rows.lowerBound) { query, row in
        let factor = flow.ofQuery[query]
        for j in row.indices { row[j] *= factor * flow.ofKey[j] }
        for j in head.visible(query).upperBound..<row.count { row[j] = 0 }
      }
      return tile
    }
    rule.cache = .state
    return rule
  }

  /// What a product φ(q)·φ(k) is multiplied by, for its query and for its key.
  private struct Factors: Sendable {
    var ofQuery, ofKey: [Double]
  }

  private static func plain(_ q: [Double], _ k: [Double], _ width: Int) -> Factors {
    let (n, m) = (q.count / width, k.count / width)
    func sums(_ a: [Double], dividedBy divisors: [Double]? = nil) -> [Double] {
      var sums = [Double](repeating: 0, count: width)
      for i in 0..<a.count / width {
        let divisor = divisors?[i] ?? 1
        for c in 0..<width { sums[c] += a[i * width + c] / divisor }
      }
      return sums
    }
    func flow(_ a: [Double], _ i: Int, _ sums: [Double]) -> Double {
      (0..<width).reduce(0) { $0 + (a[i * width + $1] + epsilon) * (sums[$1] + epsilon) }
    }
    let (sumQ, sumK) = (sums(q), sums(k))
    let incoming = (0..<n).map { flow(q, $0, sumK) }
    let outgoing = (0..<m).map { flow(k, $0, sumQ) }
    let (sourceSums, sinkSums) = (sums(k, dividedBy: outgoing), sums(q, dividedBy: incoming))
    let conserved = (0..<m).map { min(max(flow(k, $0, sinkSums), -1), 1) }
    return Factors(
      ofQuery: (0..<n).map { i in
        let allocation = flow(q, i, sourceSums) * Double(n) / Double(m)
        return 1 / (1 + Double.exp(-allocation)) / incoming[i]
      },
      ofKey: conserved.softmax.map { $0 * Double(m) })
  }

  private static func causal(_ q: [Double], _ k: [Double], _ width: Int) -> Factors {
    let n = q.count / width
    /// Σ over columns of (a + ε) · (running sum of b / divisor + ε), over the position's count.
    func flows(_ a: [Double], _ b: [Double], dividedBy divisors: [Double]?) -> [Double] {
      var running = [Double](repeating: 0, count: width)
      return (0..<n).map { i in
        let divisor = divisors?[i] ?? 1
        var sum = 0.0
        for c in 0..<width {
          running[c] += b[i * width + c] / divisor
          sum += (a[i * width + c] + epsilon) * (running[c] + epsilon)
        }
        return sum / Double(i + 1)
      }
    }
    let incoming = flows(q, k, dividedBy: nil)
    let outgoing = flows(k, q, dividedBy: nil)
    let allocation = flows(q, k, dividedBy: outgoing)
    let competition = flows(k, q, dividedBy: incoming).map { Double.exp(min(max($0, -1), 1)) }
    var sum = 0.0
    return Factors(
      ofQuery: (0..<n).map {
        1 / (1 + Double.exp(-allocation[$0])) / (incoming[$0] * Double($0 + 1))
      },
      ofKey: (0..<n).map {
        sum += competition[$0]
        return competition[$0] / sum * Double($0 + 1)
      })
  }
}
