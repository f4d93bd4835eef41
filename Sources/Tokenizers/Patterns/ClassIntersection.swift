extension PatternText {
  /// Each `[A&&[^B]]`, which PCRE2 10.42 reads as other characters, as `(?:(?![B])[A])`, and `[A&&[B]]` likewise.
  ///
  /// - Returns: nil for an intersection of another form: to guess would cut in other places without a word.
  ///
  /// Source: Oniguruma `doc/RE`, "A-5. Character class"; Rust's `regex`, "Character classes".
  static func withoutIntersections(_ text: String) -> String? {
    let scalars = Array(text.unicodeScalars)
    var result = String.UnicodeScalarView()
    var place = 0

    /// Where the class, or its first half, ends that has begun before `start`.
    func end(from start: Int) -> Int? {
      var place = start
      while place < scalars.count, scalars[place] != "]" {
        if scalars[place] == "&", scalars[place...].starts(with: "&&".unicodeScalars) { break }
        place += scalars[place] == "\\" ? 2 : 1
      }
      return place < scalars.count ? place : nil
    }

    while place < scalars.count {
      if scalars[place] == "\\" {
        result.append(contentsOf: scalars[place..<min(place + 2, scalars.count)])
        place += 2
      } else if scalars[place] == "[", let stop = end(from: place + 1) {
        guard scalars[stop] == "&" else {
          result.append(contentsOf: scalars[place...stop])
          place = stop + 1
          continue
        }
        let first = scalars[(place + 1)..<stop]
        var second = scalars[(stop + 2)...]
        guard let begin = first.first, begin != "^", second.popFirst() == "[" else { return nil }
        let isExcluded = second.first == "^"
        if isExcluded { second.removeFirst() }
        guard let close = end(from: second.startIndex), close > second.startIndex,
          scalars[close...].starts(with: "]]".unicodeScalars)
        else { return nil }
        result.append(contentsOf: (isExcluded ? "(?:(?![" : "(?:(?=[").unicodeScalars)
        result.append(contentsOf: scalars[second.startIndex..<close])
        result.append(contentsOf: "])[".unicodeScalars)
        result.append(contentsOf: first)
        result.append(contentsOf: "])".unicodeScalars)
        place = close + 2
      } else {
        result.append(scalars[place])
        place += 1
      }
    }
    return String(result)
  }
}
