import Tensors

/// Documents are read in an order of the head's own making, whatever order they were given in.
struct PINERule: AttentionRule {
  private static let spans = RuleParameter.text(
    "spans", "names of the documents, with + between them; all spans when empty")

  static let card = RuleCard(
    name: "pine", title: "PINE: documents without an order",
    formula:
      "each query reads the documents by falling importance, the most important nearest; importance:"
      + " softmax without positions, mass ÷ length; own document first; documents see each other whole",
    family: .repositioning, label: .asPublished, evidence: .code,
    source: "Wang et al. 2024; wzq016/PINE modeling_llama.py", parameters: [spans],
    needs: [.spans, .unrotated, .causal], seesLaterKeys: true)

  private let names: [String]

  init(_ spec: RuleSpec) { names = spec.list(Self.spans) }

  func check(
    _ plan: AttentionPlan, spans: [PromptSpan], grid: PatchGrid?
  ) throws(RuleError) {
    for name in names { _ = try SpanChoice.named(name, in: spans, rule: Self.card.name) }
    try SpanChoice.checkApart(chosen(spans), atLeast: 2, rule: Self.card.name)
  }

  private func chosen(_ spans: [PromptSpan]) -> [PromptSpan] {
    names.isEmpty ? spans : spans.filter { names.contains($0.name) }
  }

  func prepare<K: Kernels>(_ head: RuleHead<K>) -> HeadRule<K.Element> {
    let order = PINEOrder(documents: chosen(head.layer.spans).map(\.tokens), head)
    let keys = order.alignedKeys
    let (documents, seq) = (order.documents, head.seq)
    return .map { rows in
      var tile = Tensor<K.Element>(uninitialized: [rows.count, seq])
      let target = tile.mutableMatrix()
      func put(_ columns: Range<Int>, _ keys: Matrix<K.Element>, shift: (Int) -> Int) {
        guard !columns.isEmpty else { return }
        // A key moved back by some steps is a query moved on by as many.
        let turned = head.turned(
          head.queries.rows(rows), by: rows.map { order.position($0) + shift($0) - $0 })
        target.columns(columns).copy(from: head.scores(of: turned, keys: keys).matrix)
      }
      put(0..<order.start, head.keys.rows(0..<order.start)) { _ in 0 }
      put(order.end..<seq, head.keys.rows(order.end..<seq)) { _ in 0 }
      for (index, document) in documents.enumerated() {
        put(document, keys[index].matrix) { order.shifts[$0][index] }
      }
      for (row, query) in rows.enumerated() {
        var place = 0
        for range in order.visible(query) {
          Rows.fill(target, row: row, columns: place..<range.lowerBound, with: -.infinity)
          place = range.upperBound
        }
        Rows.fill(target, row: row, columns: place..<seq, with: -.infinity)
      }
      K.softmax(target)
      return tile
    }
  }
}

/// In which order each query reads the documents.
private struct PINEOrder<K: Kernels>: Sendable {
  /// Side by side: what stands between two belongs to the first.
  let documents: [Range<Int>]
  /// Where the first begins and the last ends.
  let start, end: Int
  /// How far back each query sees each document moved, `[query][document]`.
  let shifts: [[Int]]
  private let head: RuleHead<K>
  /// Each position's document; nil before and after them.
  private let documentOf: [Int?]

  init(documents spans: [Range<Int>], _ head: RuleHead<K>) {
    let ordered = spans.sorted { $0.lowerBound < $1.lowerBound }
    let documents = ordered.indices.map {
      ordered[$0]
        .lowerBound..<($0 + 1 < ordered.count ? ordered[$0 + 1].lowerBound : ordered[$0].upperBound)
    }
    self.documents = documents
    self.head = head
    start = documents.first?.lowerBound ?? 0
    end = documents.last?.upperBound ?? 0
    documentOf = (0..<head.seq).map { position in
      documents.firstIndex { $0.contains(position) }
    }
    shifts = Self.shifts(documents, documentOf, head)
  }

  /// Where a token stands: documents all end where the last one does.
  func position(_ token: Int) -> Int {
    guard let document = documentOf[token] else { return token }
    return end - documents[document].upperBound + token
  }

  /// Each document's keys at those positions.
  var alignedKeys: [Tensor<K.Element>] {
    documents.map { document in
      head.turned(head.keys.rows(document), by: document.map { position($0) - $0 })
    }
  }

  /// A query's keys: before the documents, the documents but of its own only what precedes, and after them.
  func visible(_ query: Int) -> [Range<Int>] {
    guard query >= start else { return [0..<query + 1] }
    guard let own = documentOf[query] else { return [0..<query + 1] }
    return KeyMask.merged(
      [0..<documents[own].lowerBound, documents[own].lowerBound..<query + 1]
        + documents[(own + 1)...])
  }

  /// The total length of the documents that stand nearer.
  private static func shifts(
    _ documents: [Range<Int>], _ documentOf: [Int?], _ head: RuleHead<K>
  ) -> [[Int]] {
    let none = [Int](repeating: 0, count: documents.count)
    guard let start = documents.first?.lowerBound, let end = documents.last?.upperBound else {
      return documentOf.map { _ in none }
    }
    // Importance without positions, one row for each query from the first document on.
    let region = start..<end
    let queries = head.unrotatedQueries.matrix.rows(start..<head.seq)
    let scores = head.scores(
      of: queries.copied, keys: head.unrotatedKeys.matrix.rows(region))
    var ofDocument = documents.map { _ in [Double](repeating: 0, count: documents.count) }
    var ofQuery: [[Double]] = []
    for query in start..<head.seq {
      var row = Rows.doubles(scores.matrix, query - start)
      if let own = documentOf[query] {
        for key in documents[own] { row[key - start] = -.infinity }
      }
      let weights = row.softmax
      let mass = documents.map { document in
        document.reduce(0) { $0 + weights[$1 - start] } / Double(document.count)
      }
      ofQuery.append(mass)
      if let own = documentOf[query] {
        for index in mass.indices { ofDocument[own][index] += mass[index] }
      }
    }
    for own in documents.indices { ofDocument[own][own] = .infinity }
    func shift(_ importance: [Double]) -> [Int] {
      let order = importance.indices.sorted { (-importance[$0], $0) < (-importance[$1], $1) }
      var ahead = 0
      var result = none
      for document in order {
        result[document] = ahead
        ahead += documents[document].count
      }
      return result
    }
    let documentShifts = ofDocument.map(shift)
    return documentOf.indices.map { query in
      guard query >= start else { return none }
      return documentOf[query].map { documentShifts[$0] } ?? shift(ofQuery[query - start])
    }
  }
}
