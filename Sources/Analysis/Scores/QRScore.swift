import Models
import Tensors

/// How much the span `query` attends to another span, such as the document that answers it.
///
/// The mean over the tokens of the span named `query` of the weight on each token of this span; tokens more
/// than two standard deviations below the mean are left out, as in the reference; summed. Where a tokenizer
/// says what "N/A" is, the same weights under that query in place of the span `query` are subtracted first, so
/// that what a head gives whatever is asked counts nothing.
///
/// Source: Zhang et al. 2025, "Query-Focused Retrieval Heads", `attn_retriever.py`.
enum QRScore: NamedSpanScore {
  static let name = "qr-score"
  static let title = "Query-focused retrieval"
  static let formula =
    "Σ over the gold span of the query span's mean attention, less that of \"N/A\", low outliers left out"
  static let unit = "share"
  static let lowest: Double? = -1
  static func highest(seq: Int) -> Double? { 1 }
  static let source = "princeton-pli/QRHead"
  static let evidence = Evidence.verified
  static let follows: String? = "the code: only low outliers are left out"
  static let needs: Set<ScoreNeed> = [.maps]

  static func obstacle(_ facts: ScoreFacts) -> String? {
    facts.spans.contains { $0.name == "query" }
      ? facts.needsSpan ?? facts.crossObstacle
      : "name the tokens of the query with --span query=START..END, and others to score"
  }

  /// The span that asks is not one of those that answer.
  static func parts(_ spans: [PromptSpan]) -> [String?] {
    spans.map { $0.name == "query" ? nil : $0.name }
  }

  static func table<Element: Scalar>(
    _ input: ScoreInput<Element>, part span: Int
  ) throws -> HeadTable {
    let trace = try input.trace()
    let spans = input.spans
    guard let query = spans.first(where: { $0.name == "query" }) else { return input.undefined }
    let gold = spans[span].tokens
    let null = try input.withNullQuery(query.tokens)
    return try input.forEachHead { head in
      let own = QueryRetrieval.weights(trace, head, query: query.tokens, gold: gold)
      let base = null.map { null in
        QueryRetrieval.weights(
          null.trace, head, query: null.query, gold: null.places(of: gold, after: query.tokens))
      }
      return QueryRetrieval.score(own, less: base)
    }
  }
}
