import Models
import Tensors

/// Token and concept induction: to which end of a repeated word a head looks when it is about to be
/// copied.
///
/// A prompt of random tokens `r1 E r2 r1`, with E a made-up word of three tokens and thirty tokens before
/// the repeat. At its last query, of attention weighted by value norms and normalised: the share on the
/// first token of E, which comes next, and on its last.
///
/// Source: Feucht et al. 2025, "The Dual-Route Model of Induction", `attention_scores.py`, with random
/// tokens; their newline before the repeat is left out where the vocabulary has no token for it.
public enum DualRoute {
  /// Both shares, averaged over prompts.
  static func tables<Element: Scalar>(
    _ input: ScoreInput<Element>, prompts: Int = 16
  ) throws -> (token: HeadTable, concept: HeadTable) {
    let model = input.model
    let plan = model.plan
    var generator = MersenneTwister(seed: input.options.probe?.seed ?? 0)
    let low = plan.vocabularySize >= 200 ? 100 : 0
    let high = max(low + 1, min(20_000, plan.vocabularySize))
    var sums = [(token: Double, concept: Double)](
      repeating: (0, 0), count: plan.layers * plan.heads)
    for number in 0..<prompts {
      let block = (0..<30).map { _ in generator.next(in: low..<high) }
      let before = generator.next(in: 8..<20)
      let pause = input.options.newline.map { [$0] } ?? []
      let ids = input.prefix + block + pause + block.prefix(before)
      let trace = try model.run(Prompt(ids: ids), as: Element.self)
      let first = input.prefix.count + before
      let last = ids.count - 1
      for (index, head) in plan.allHeads.enumerated() {
        let row = WeightedMap.value.rows(model, trace, head, last..<last + 1)
        sums[index].token += row[0, first]
        sums[index].concept += row[0, first + 2]
      }
      try input.onProgress(Double(number + 1) / Double(prompts))
    }
    func table(_ values: [Double]) -> HeadTable {
      HeadTable(
        layers: plan.layers, heads: plan.heads, values: values.map { $0 / Double(prompts) })
    }
    return (table(sums.map(\.token)), table(sums.map(\.concept)))
  }

  /// Why the probe cannot be run; nil when it can.
  static func obstacle(_ facts: ScoreFacts) -> String? {
    facts.plan.contextLength < 60
      ? "the model's context of \(facts.plan.contextLength) tokens is too short for the probe" : nil
  }
}
