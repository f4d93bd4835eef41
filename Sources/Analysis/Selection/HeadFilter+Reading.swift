/// Why a filter cannot be read or met.
public enum HeadFilterError: Error, Sendable, Equatable {
  case empty
  case unexpected(filter: String, position: Int, found: String, expected: String)
  case unknownName(filter: String, name: String, known: [String])
  case contradictory(filter: String, first: String, second: String)
  case tooLong(filter: String)
}

extension HeadFilterError: CustomStringConvertible {
  /// One line: what was found, what was expected, what to do.
  public var description: String {
    switch self {
    case .empty:
      "the filter is empty; give a condition such as induction>0.4 & layer<6"
    case .unexpected(let filter, let position, let found, let expected):
      "\(filter): found \(found) at character \(position + 1), expected \(expected)"
    case .unknownName(let filter, let name, let known):
      "\(filter): no score is called \(name), expected layer, head, kv or one of "
        + known.joined(separator: ", ")
    case .contradictory(let filter, let first, let second):
      "\(filter): no head can have both \(first) and \(second); drop one of them"
    case .tooLong(let filter):
      "\(filter): the filter has too many alternatives; make it shorter"
    }
  }
}

extension HeadFilter {
  /// Reads a filter.
  ///
  /// - Parameters:
  ///   - text: Such as `induction>0.4 & layer<6`; `&&`, `||`, `==` are read too.
  ///   - known: Names of scores.
  /// - Throws: `HeadFilterError`; a filter that no head can meet is refused with what contradicts.
  public init(_ text: String, known: [String]) throws(HeadFilterError) {
    var reader = Reader(text, known: known)
    guard reader.next != .end else { throw .empty }
    let condition = try reader.alternatives()
    guard reader.next == .end else { throw reader.unexpected("& or |") }
    let lists = condition.lists(negated: false)
    guard let lists else { throw .tooLong(filter: text) }
    let contradictions = lists.map(Self.contradiction)
    if let first = contradictions.first, let pair = first, contradictions.allSatisfy({ $0 != nil })
    {
      throw .contradictory(
        filter: text, first: pair.0.description, second: pair.1.description)
    }
    self.text = text
    alternatives = lists
  }
}

extension HeadFilter.Comparison: CustomStringConvertible {
  /// As it is written: `layer<6`.
  public var description: String {
    let whole = Int(exactly: number).map(String.init)
    return "\(name)\(relation.rawValue)\(whole ?? "\(number)")"
  }
}

/// A condition as it was written.
private indirect enum Condition {
  case comparison(HeadFilter.Comparison)
  case all([Condition])
  case any([Condition])
  case not(Condition)

  /// As alternatives of lists of comparisons; nil when there would be more than a screen could explain.
  func lists(negated: Bool) -> [[HeadFilter.Comparison]]? {
    switch self {
    case .comparison(let comparison):
      guard negated else { return [[comparison]] }
      return [
        [
          HeadFilter.Comparison(
            name: comparison.name, relation: comparison.relation.negated,
            number: comparison.number)
        ]
      ]
    case .not(let condition): return condition.lists(negated: !negated)
    case .all(let conditions): return Self.join(conditions, negated, isProduct: !negated)
    case .any(let conditions): return Self.join(conditions, negated, isProduct: negated)
    }
  }

  private static func join(
    _ conditions: [Condition], _ negated: Bool, isProduct: Bool
  ) -> [[HeadFilter.Comparison]]? {
    var result: [[HeadFilter.Comparison]] = isProduct ? [[]] : []
    for condition in conditions {
      guard let lists = condition.lists(negated: negated) else { return nil }
      result =
        isProduct ? result.flatMap { left in lists.map { left + $0 } } : result + lists
      guard result.count <= 256 else { return nil }
    }
    return result
  }
}

/// Reads a filter word by word.
private struct Reader {
  enum Word: Equatable {
    case name(String)
    case number(Double)
    case relation(HeadFilter.Relation)
    case mark(Character)
    case end
  }

  private let text: String
  private let characters: [Character]
  private let known: [String]
  private var position = 0
  /// The word that is to be read next, and where it begins.
  private(set) var next = Word.end
  private var start = 0

  init(_ text: String, known: [String]) {
    self.text = text
    self.known = known
    characters = Array(text)
    advance()
  }

  mutating func alternatives() throws(HeadFilterError) -> Condition {
    var parts = [try conjunction()]
    while next == .mark("|") {
      advance()
      parts.append(try conjunction())
    }
    return parts.count == 1 ? parts[0] : .any(parts)
  }

  private mutating func conjunction() throws(HeadFilterError) -> Condition {
    var parts = [try term()]
    while next == .mark("&") {
      advance()
      parts.append(try term())
    }
    return parts.count == 1 ? parts[0] : .all(parts)
  }

  private mutating func term() throws(HeadFilterError) -> Condition {
    switch next {
    case .mark("!"):
      advance()
      return .not(try term())
    case .mark("("):
      advance()
      let inner = try alternatives()
      guard next == .mark(")") else { throw unexpected(")") }
      advance()
      return inner
    case .name(let name):
      guard HeadFilter.places.contains(name) || known.contains(name) else {
        throw .unknownName(filter: text, name: name, known: known)
      }
      advance()
      guard case .relation(let relation) = next else { throw unexpected("<, >, <=, >=, = or !=") }
      advance()
      guard case .number(let number) = next else { throw unexpected("a number") }
      advance()
      return .comparison(
        HeadFilter.Comparison(name: name, relation: relation, number: number))
    default: throw unexpected("the name of a score, layer, head or kv")
    }
  }

  func unexpected(_ expected: String) -> HeadFilterError {
    let found = next == .end ? "the end" : "\"\(String(characters[start..<position]))\""
    return .unexpected(filter: text, position: start, found: found, expected: expected)
  }

  private mutating func advance() {
    while position < characters.count, characters[position].isWhitespace { position += 1 }
    start = position
    guard position < characters.count else {
      next = .end
      return
    }
    let character = characters[position]
    if character.isLetter {
      next = .name(take { $0.isLetter || $0.isNumber || $0 == "-" })
    } else if character.isNumber || character == "." || character == "-" || character == "+" {
      let word = take { $0.isNumber || $0.isLetter || ".-+".contains($0) }
      next = Double(word).flatMap { $0.isFinite ? .number($0) : nil } ?? .mark("?")
    } else if let relation = relation() {
      next = .relation(relation)
    } else {
      position += 1
      // Two of them mean what one means.
      if "&|".contains(character), position < characters.count, characters[position] == character {
        position += 1
      }
      next = .mark(character)
    }
  }

  private mutating func take(_ belongs: (Character) -> Bool) -> String {
    let first = position
    while position < characters.count, belongs(characters[position]) { position += 1 }
    return String(characters[first..<position])
  }

  private mutating func relation() -> HeadFilter.Relation? {
    let rest = String(characters[position...].prefix(2))
    if rest == "==" {
      position += 2
      return .equals
    }
    for relation in HeadFilter.Relation.allCases where rest.hasPrefix(relation.rawValue) {
      position += relation.rawValue.count
      return relation
    }
    return nil
  }
}
