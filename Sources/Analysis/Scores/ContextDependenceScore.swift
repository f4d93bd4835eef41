import Tensors

/// How far what a head writes moves when a named part of the prompt is taken out.
///
/// The prompt is run again without the span's tokens; the norm of the difference of the head's output in the
/// residual stream is averaged over the tokens after the span. With an image as the span this is
/// vision-aware head divergence.
///
/// Source: He et al. 2024, vision-aware head divergence, generalised; its averaging is [R].
enum ContextDependenceScore: NamedSpanScore {
  static let name = "context"
  static let title = "Context dependence"
  static let formula = "mean over later tokens of ‖z W_O with the span − without it‖"
  static let unit = "1"
  static let lowest: Double? = 0
  static func highest(seq: Int) -> Double? { nil }
  static let source = "He et al. 2024 (VHD)"
  static let evidence = Evidence.secondary
  static let needs: Set<ScoreNeed> = [.maps, .weights]

  static func obstacle(_ facts: ScoreFacts) -> String? {
    facts.needsSpan ?? facts.crossObstacle ?? facts.patchesObstacle
  }

  static func table<Element: Scalar>(
    _ input: ScoreInput<Element>, part span: Int
  ) throws -> HeadTable {
    try ContextDependence.table(input, span: input.spans[span].tokens)
  }
}
