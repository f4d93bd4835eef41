import Tensors

/// Tokens attend within clusters of similar tokens.
struct RoutingRule: AttentionRule {
  private static let clusters = RuleParameter.whole(
    "clusters", 0, 0...(1 << 20), "clusters; about √n when 0")
  private static let size = RuleParameter.whole(
    "size", 0, 0...(1 << 30), "queries and keys in each cluster; n / clusters when 0")
  private static let seed = RuleParameter.whole(
    "seed", 1, 0...(1 << 30), "chooses the keys that k-means starts from")
  private static let steps = RuleParameter.whole("steps", 8, help: "rounds of k-means")

  static let card = RuleCard(
    name: "routing", title: "Routing Transformer: clusters",
    formula:
      "q, k normed; each cluster takes the `size` queries and keys nearest its centroid; softmax"
      + " within; a query in several clusters has the mean, in none nothing",
    family: .factorised,
    label: .adapted(
      supplied:
        "centroids from spherical k-means on the keys; queries and keys apart; masked by true position"
    ),
    evidence: .code, source: "Roy et al. 2020; google-research routing_transformer",
    parameters: [clusters, size, seed, steps], rows: .oneOrZero, scope: .kvHead,
    kvFraction: "1 (a query's clusters are read: about size / n)")

  let clusters, size, seed, steps: Int

  init(_ spec: RuleSpec) {
    clusters = spec.whole(Self.clusters)
    size = spec.whole(Self.size)
    seed = spec.whole(Self.seed)
    steps = spec.whole(Self.steps)
  }

  func prepare<K: Kernels>(_ head: RuleHead<K>) -> HeadRule<K.Element> {
    let n = head.keyCount
    let count = min(n, clusters > 0 ? clusters : max(1, Int(Double(n).squareRoot().rounded())))
    let centroids = head.layer.memo.value("routing \(count) \(seed) \(steps) \(head.kvHead)") {
      Self.centroids(
        Self.normed(head.keys), count: count, steps: steps, seed: UInt64(clamping: seed))
    }
    return Self.rule(head, centroids: centroids, size: size > 0 ? size : max(1, n / count))
  }

  /// The rule with given centroids.
  static func rule<K: Kernels>(
    _ head: RuleHead<K>, centroids: [[Double]], size: Int
  ) -> HeadRule<K.Element> {
    let (queries, keys) = (normed(head.queries), normed(head.keys))
    var members: [[[Int]]] = Array(repeating: [], count: head.seq)
    for centroid in centroids {
      let chosen = keys.map { dot($0, centroid) }.largest(size)
      for query in queries.map({ dot($0, centroid) }).largest(size) {
        let visible = head.visible(query)
        let seen = chosen.filter(visible.contains)
        if !seen.isEmpty { members[query].append(seen) }
      }
    }
    let lists = members
    let scale = 1 / Double(head.plan.dHead).squareRoot()
    var rule = HeadRule<K.Element>.rows(of: head) { query, row in
      for keysOfCluster in lists[query] {
        let weights = keysOfCluster.map { dot(keys[$0], queries[query]) * scale }.softmax
        for (key, weight) in zip(keysOfCluster, weights) {
          row[key] += weight / Double(lists[query].count)
        }
      }
    }
    rule.facts = [
      RuleFact("clusters", centroids.count),
      RuleFact("rows without any key", lists.filter(\.isEmpty).count),
    ]
    return rule
  }

  /// Rows with mean 0 and variance 1, without learned scale.
  static func normed<Element: Scalar>(_ matrix: Matrix<Element>) -> [[Double]] {
    (0..<matrix.rows).map { row in
      let numbers = Rows.doubles(matrix, row)
      let count = Double(max(1, numbers.count))
      let mean = numbers.reduce(0, +) / count
      let variance = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
      let scale = 1 / (variance + 1e-6).squareRoot()
      return numbers.map { ($0 - mean) * scale }
    }
  }

  /// Spherical k-means: unit centroids, each the mean direction of the rows nearest to it.
  private static func centroids(
    _ rows: [[Double]], count: Int, steps: Int, seed: UInt64
  ) -> [[Double]] {
    func unit(_ v: [Double]) -> [Double] {
      let size = dot(v, v).squareRoot()
      return size > 0 ? v.map { $0 / size } : v
    }
    var state = seed
    // Fisher and Yates' first `count` draws with a 64-bit linear congruential generator (Knuth, MMIX).
    var order = Array(rows.indices)
    for i in 0..<count {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      order.swapAt(i, i + Int(state >> 33) % (order.count - i))
    }
    var centroids = order.prefix(count).map { unit(rows[$0]) }
    for _ in 0..<steps {
      var sums = centroids.map { [Double](repeating: 0, count: $0.count) }
      for row in rows {
        let nearest = centroids.indices.max { dot(row, centroids[$0]) < dot(row, centroids[$1]) }
        guard let nearest else { continue }
        for c in row.indices { sums[nearest][c] += row[c] }
      }
      // A centroid that nobody is nearest to stays.
      centroids = zip(centroids, sums).map { old, sum in
        sum.contains { $0 != 0 } ? unit(sum) : old
      }
    }
    return centroids
  }

  private static func dot(_ a: [Double], _ b: [Double]) -> Double {
    var sum = 0.0
    for i in 0..<min(a.count, b.count) { sum += a[i] * b[i] }
    return sum
  }
}
