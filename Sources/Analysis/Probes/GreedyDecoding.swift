import Models
import Tensors

/// Continues a prompt with the most probable token, again and again.
public enum GreedyDecoding {
  /// The generated ids.
  ///
  /// - Parameters:
  ///   - ids: The prompt.
  ///   - steps: At most so many tokens; fewer when the context is full.
  ///   - onStep: Gets the run that chose a token, and the token; false ends the decoding.
  /// - Throws: What running and predicting throw.
  /// - Complexity: A run of the prompt, then one of each token alone where `Model.run(continuing:with:)` can.
  public static func run<Element: Scalar>(
    _ model: Model, _ ids: [Int], steps: Int, as _: Element.Type = Element.self,
    onStep: (Trace<Element>, Int) throws -> Bool = { _, _ in true }
  ) throws -> [Int] {
    var generated: [Int] = []
    guard steps > 0, ids.count < model.plan.contextLength else { return [] }
    var trace = try model.run(Prompt(ids: ids), as: Element.self)
    while true {
      let logits = try model.logits(trace, positions: trace.seq - 1..<trace.seq)
      let token = logits.withElements { row in
        row.indices.max { row[$0] < row[$1] } ?? 0
      }
      generated.append(token)
      guard try onStep(trace, token), generated.count < steps,
        ids.count + generated.count < model.plan.contextLength
      else { return generated }
      trace = try model.run(continuing: trace, with: Prompt(ids: [token]).tokens)
    }
  }
}
