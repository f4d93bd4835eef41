import Models
import Tensors

/// Continues a prompt with the most probable token, again and again.
///
/// Every step runs the whole prompt: simple, and quick enough for the few dozen tokens that probes ask
/// for.
public enum GreedyDecoding {
  /// The generated ids.
  ///
  /// - Parameters:
  ///   - ids: The prompt.
  ///   - steps: At most so many tokens; fewer when the context is full.
  ///   - onStep: Gets the run that chose a token, and the token; false ends the decoding.
  /// - Throws: What running and predicting throw.
  /// - Complexity: `steps` runs.
  public static func run<Element: Scalar>(
    _ model: Model, _ ids: [Int], steps: Int, as _: Element.Type = Element.self,
    onStep: (Trace<Element>, Int) throws -> Bool = { _, _ in true }
  ) throws -> [Int] {
    var all = ids
    while all.count - ids.count < steps, all.count < model.plan.contextLength {
      let trace = try model.run(Prompt(ids: all), as: Element.self)
      let last = all.count - 1
      let logits = try model.logits(trace, positions: last..<all.count)
      let token = logits.withElements { row in
        row.indices.max { row[$0] < row[$1] } ?? 0
      }
      all.append(token)
      guard try onStep(trace, token) else { break }
    }
    return Array(all.dropFirst(ids.count))
  }
}
