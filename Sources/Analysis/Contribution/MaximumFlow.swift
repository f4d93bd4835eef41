import Tensors

/// Attention flow: the most that can pass from each token of the last layer down to each input token,
/// when every attention edge is a pipe as wide as its weight.
///
/// Source: Abnar and Zuidema 2020, "Quantifying Attention Flow in Transformers".
public enum MaximumFlow {
  /// The longest prompt, in tokens: beyond it the flows of all pairs would take hours.
  public static let longest = 64

  /// Refuses a prompt that is too long.
  public static func check(seq: Int) throws(MaximumFlowError) {
    guard seq <= longest else { throw .promptTooLong(tokens: seq, limit: longest) }
  }

  /// The flow from every last token to every input, rows divided by their sums, `[query, key]`.
  ///
  /// - Parameter means: The mean map of every layer, as `AttentionFlow.meanMaps` gives them; the residual
  ///   stream is added to each as in rollout.
  /// - Complexity: One maximum flow for each pair of tokens, each O(layers² × seq⁴) at worst: for prompts of
  ///   tens of tokens.
  public static func table(
    _ means: [Tensor<Double>], onProgress: (Double) throws -> Void = { _ in }
  ) rethrows -> Tensor<Double> {
    guard let seq = means.first?.shape[0] else { return Tensor([], shape: [0, 0]) }
    let steps = means.map(AttentionFlow.residual)
    var rows: [Double] = []
    for query in 0..<seq {
      let flows = (0..<seq).map { flow(steps, from: query, to: $0) }
      let sum = flows.reduce(0, +)
      rows += flows.map { $0 / sum }
      try onProgress(Double(query + 1) / Double(seq))
    }
    return Tensor(rows, shape: [seq, seq])
  }

  /// Edmonds and Karp's maximum flow from a token of the last layer to an input.
  static func flow(_ steps: [Tensor<Double>], from query: Int, to key: Int) -> Double {
    let seq = steps[0].shape[0]
    // Node `layer · seq + token`, inputs first; an edge leads down to the layer below.
    var left: [[Int: Double]] = Array(repeating: [:], count: (steps.count + 1) * seq)
    for (layer, step) in steps.enumerated() {
      for row in 0..<seq {
        for column in 0..<seq where step[row, column] > 0 {
          left[(layer + 1) * seq + row][layer * seq + column] = step[row, column]
        }
      }
    }
    let source = steps.count * seq + query
    var total = 0.0
    while let path = shortestPath(left, from: source, to: key) {
      let edges = zip(path, path.dropFirst())
      let width = edges.map { left[$0][$1] ?? 0 }.min() ?? 0
      for (a, b) in edges {
        left[a][b, default: 0] -= width
        left[b][a, default: 0] += width
      }
      total += width
    }
    return total
  }

  private static func shortestPath(
    _ left: [[Int: Double]], from source: Int, to sink: Int
  ) -> [Int]? {
    var parents = [source: source]
    var queue = [source]
    var next = 0
    while next < queue.count, parents[sink] == nil {
      let node = queue[next]
      next += 1
      for (other, width) in left[node] where width > 1e-15 && parents[other] == nil {
        parents[other] = node
        queue.append(other)
      }
    }
    guard parents[sink] != nil else { return nil }
    var path = [sink]
    while let last = path.last, last != source, let parent = parents[last] { path.append(parent) }
    return path.reversed()
  }
}

/// Why a maximum flow is not computed.
public enum MaximumFlowError: Error, Sendable, Equatable, CustomStringConvertible {
  case promptTooLong(tokens: Int, limit: Int)

  /// One line: what was found, what was expected, what to do.
  public var description: String {
    switch self {
    case .promptTooLong(let tokens, let limit):
      "the prompt has \(tokens) tokens, maximum flow takes up to \(limit); shorten it, or use"
        + " rollout or flow"
    }
  }
}
