import Models
import Tensors

/// Which heads copy a needle out of the hay.
///
/// While the model answers, greedily, a head scores `1 / |answer|` for each step at which its strongest key
/// lies in the needle and holds the token that is generated. Runs whose answer holds less than half of
/// the needle's tokens are left out.
///
/// Source: Wu et al. 2024, "Retrieval Head Mechanistically Explains Long-Context Factuality",
/// `retrieval_head_detection.py`, whose ROUGE-1 recall of words is taken over tokens here.
public enum RetrievalProbe {
  /// What the probe found.
  public struct Result: Sendable {
    /// The mean over the runs that are kept; `.nan` when none is.
    public let table: HeadTable
    /// How many runs answered well enough, of how many.
    public let kept, count: Int
  }

  /// Runs the needles.
  ///
  /// - Parameter onProgress: Called after each needle with a share from 0 to 1; what it throws ends the work.
  /// - Throws: What running and predicting throw.
  /// - Complexity: As many runs as tokens are generated, at most two more than each answer has.
  public static func run<Element: Scalar>(
    _ model: Model, _ needles: [Needle], as _: Element.Type,
    onProgress: (Double) throws -> Void = { _ in }
  ) throws -> Result {
    let plan = model.plan
    var sums = [Double](repeating: 0, count: plan.layers * plan.heads)
    var kept = 0
    for (number, needle) in needles.enumerated() {
      var scores = [Double](repeating: 0, count: sums.count)
      let answer = Array(needle.ids[needle.answer])
      let generated = try GreedyDecoding.run(
        model, needle.ids, steps: min(50, answer.count + 2), as: Element.self
      ) { trace, token in
        for (index, head) in plan.allHeads.enumerated() {
          let key = strongestKey(trace, head)
          if needle.answer.contains(key), needle.ids[key] == token {
            scores[index] += 1 / Double(answer.count)
          }
        }
        return true
      }
      if recall(of: answer, in: generated) > 0.5 {
        kept += 1
        for index in sums.indices { sums[index] += scores[index] }
      }
      try onProgress(Double(number + 1) / Double(needles.count))
    }
    let values = sums.map { kept > 0 ? $0 / Double(kept) : .nan }
    return Result(
      table: HeadTable(layers: plan.layers, heads: plan.heads, values: values), kept: kept,
      count: needles.count)
  }

  /// The share of the answer's tokens that were generated, each as often as it stands there.
  static func recall(of answer: [Int], in generated: [Int]) -> Double {
    var left = Dictionary(generated.map { ($0, 1) }, uniquingKeysWith: +)
    let found = answer.count { id in
      guard let count = left[id], count > 0 else { return false }
      left[id] = count - 1
      return true
    }
    return Double(found) / Double(answer.count)
  }

  private static func strongestKey<Element: Scalar>(
    _ trace: Trace<Element>, _ head: HeadIndex
  ) -> Int {
    let last = trace.seq - 1
    let row = trace.visiblePattern(head, rows: last..<trace.seq)
    return row.withElements { row in row.indices.max { row[$0] < row[$1] } ?? 0 }
  }
}
