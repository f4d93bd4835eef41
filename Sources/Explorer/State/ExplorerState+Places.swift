import Models

extension ExplorerState {
  /// Where we are.
  var place: Place { Place(view: view, head: head, query: query, key: key) }

  /// Everything that a movement can change.
  private struct Whereabouts: Equatable {
    let place: Place
    let line, step, point, parameter: Int
    let score: String
  }

  private var whereabouts: Whereabouts {
    Whereabouts(
      place: place, line: helpTop, step: writing.step, point: pruning.place,
      parameter: ruleParameter, score: score)
  }

  /// Moves as the view does, or says that there is nothing in that direction.
  mutating func move(_ motion: Motion) {
    let before = whereabouts
    ExplorerViews.named(view).move(motion, &self, in: body)
    clamp()
    if subject != nil, whereabouts == before { say("nothing further \(motion.direction)") }
  }

  /// Moves through a text of some lines.
  mutating func scroll(_ motion: Motion, lines: Int, in region: Region) {
    let last = max(0, lines - region.height)
    let page = max(1, region.height - 1)
    let step =
      switch motion {
      case .up: -1
      case .down: 1
      case .pageUp, .pageLeft: -page
      case .pageDown, .pageRight: page
      case .firstRow, .firstColumn: -helpTop
      case .lastRow, .lastColumn: last
      case .left, .right: 0
      }
    helpTop = (helpTop + step).clamped(to: 0...last)
  }

  mutating func go(to place: Place) {
    open(place.view)
    (head, query, key) = (place.head, place.query, place.key)
    clamp()
  }

  mutating func goBack() -> [Effect] {
    guard let place = trail.back(from: place) else {
      say("no place to go back to")
      return []
    }
    go(to: place)
    return []
  }

  /// Goes to the next token that contains what was searched for, round the end.
  mutating func seek(_ step: Int) {
    guard let subject, !sought.isEmpty else { return say("/ searches for a text") }
    let count = subject.patterns.queryCount
    let lead = subject.lead
    let text = sought.lowercased()
    for distance in 1...max(1, count) {
      let position = ((query + step * distance) % count + count) % count
      let token = String(decoding: subject.bytes(position + lead), as: UTF8.self).lowercased()
      guard token.contains(text) else { continue }
      if distance < count { trail.leave(place) }
      query = position
      let exact = TokenText.exact(subject.bytes(position), charset: appearance.charset)
      return say(
        distance < count ? "query \(position) \(exact)" : "only query \(position) \(exact)")
    }
    say("no token contains \(sought)")
  }

  /// Goes to the key that the query gives most to; it becomes the query.
  mutating func followStrongest() {
    guard let subject else { return }
    let row = subject.patterns.pattern(
      head, rows: query..<query + 1, columns: 0..<subject.patterns.keyCount
    ).elements
    guard let best = row.indices.max(by: { !(row[$0] >= row[$1]) }), row[best] > 0 else {
      return say("query \(query) gives no weight")
    }
    trail.leave(place)
    key = best
    // In cross attention a key is no query: there is no way on.
    if !subject.isCross, best - subject.lead >= 0 { query = best - subject.lead }
    clamp()
  }

  /// Tokens or words; the cursors stay on the same text.
  mutating func toggleWords() {
    guard let run, run.hasWords else {
      return say("words need text: queries and keys that are the same tokens")
    }
    let words = Words(run.tokens)
    let (query, key) = (query, key)
    lens.hasWords.toggle()
    say(lens.hasWords ? "tokens of a word as one" : "every token")
    if lens.hasWords {
      (self.query, self.key) = (words.word(of: query), words.word(of: key))
    } else if words.groups.indices.contains(query), words.groups.indices.contains(key) {
      (self.query, self.key) = (
        words.groups[query].upperBound - 1, words.groups[key].lowerBound
      )
    }
  }

  /// The heads that the filter lets through, by layer.
  func heads() -> [HeadIndex] {
    guard let patterns = subject?.patterns else { return [] }
    return filter == nil ? patterns.allHeads : patterns.allHeads.filter { passes($0) }
  }

  /// Whether the filter lets a head through.
  func passes(_ head: HeadIndex) -> Bool {
    guard let filter, let subject else { return true }
    let group = subject.patterns.heads / max(1, subject.kvHeads)
    return filter.accepts(head, group: group) { name in
      scores.first { $0.name == name }?.value(head) ?? .nan
    }
  }
}
