import Tensors

/// How much the span `query` attends to another span, such as the document that answers it.
///
/// The mean over the tokens of the span named `query` of the weight on each token of this span; tokens more
/// than two standard deviations below the mean are left out, as in the reference; summed. The reference
/// subtracts the same for the query "N/A", which is left out here.
///
/// Source: Zhang et al. 2025, "Query-Focused Retrieval Heads", `attn_retriever.py`.
enum QRScore: NamedSpanScore {
  static let name = "qr-score"
  static let title = "Query-focused retrieval"
  static let formula =
    "Σ over the gold span of the query span's mean attention, low outliers left out"
  static let unit = "share"
  static let lowest: Double? = 0
  static func highest(seq: Int) -> Double? { 1 }
  static let source = "princeton-pli/QRHead"
  static let evidence = Evidence.verified
  static let follows: String? = "the code: only low outliers are left out"
  static let needs: Set<ScoreNeed> = [.maps]

  static func obstacle(_ facts: ScoreFacts) -> String? {
    facts.spans.contains { $0.name == "query" }
      ? facts.needsSpan
      : "name the tokens of the query with --span query=START..END, and others to score"
  }

  static func table<Element: Scalar>(
    _ input: ScoreInput<Element>, span: Int
  ) throws -> HeadTable {
    let trace = try input.trace()
    let spans = input.spans
    guard let query = spans.first(where: { $0.name == "query" }) else { return input.undefined }
    return try input.forEachHead { head in
      QueryRetrieval.score(trace, head, query: query.tokens, gold: spans[span].tokens)
    }
  }
}
