import Tensors

/// How much of a needle a head copies out of the hay while the model answers.
///
/// See ``RetrievalProbe``; a head counts as a retrieval head from 0.1 on. Needles are heed's own unless given.
///
/// Source: Wu et al. 2024, "Retrieval Head Mechanistically Explains Long-Context Factuality".
enum RetrievalScore: HeadScore {
  static let name = "retrieval"
  static let title = "Retrieval"
  static let formula =
    "mean over needles of steps at which the strongest key holds the copied token / |answer|"
  static let unit = "share"
  static let lowest: Double? = 0
  static func highest(seq: Int) -> Double? { nil }
  static let source = "Wu et al. 2024"
  static let evidence = Evidence.verified
  static let follows: String? = "the code: steps are counted, so that a score can pass 1"
  static let needs: Set<ScoreNeed> = [.probe]

  static func obstacle(_ facts: ScoreFacts) -> String? {
    facts.hasOutputHead
      ? (facts.hasNeedles ? nil : "needles need a tokenizer, or a file of them: --needles FILE")
      : "the checkpoint has no output head, so nothing can be generated"
  }

  static func table<Element: Scalar>(_ input: ScoreInput<Element>) throws -> HeadTable {
    let result = try RetrievalProbe.run(
      input.model, input.options.needles, as: Element.self, onProgress: input.onProgress)
    return result.table
  }
}
