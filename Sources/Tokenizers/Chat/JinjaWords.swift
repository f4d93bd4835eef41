/// Reads expressions from the words of one tag.
///
/// Source: Jinja 3.1 `parser.py`, for what binds how tightly.
struct JinjaWords {
  private let tokens: [JinjaToken]
  private var position = 0
  private let line: Int
  private var depth = 0

  /// The words of a tag; `line` is for errors at its end.
  init(_ tokens: [JinjaToken], line: Int) {
    self.tokens = tokens
    self.line = line
  }

  // MARK: Words

  private var current: JinjaToken.Kind? {
    position < tokens.count ? tokens[position].kind : nil
  }

  private func fault(_ found: String? = nil) -> JinjaFault {
    let place = position < tokens.count ? tokens[position].line : tokens.last?.line ?? line
    if let found { return JinjaFault(line: place, found: found) }
    switch current {
    case .name(let text), .symbol(let text):
      return JinjaFault(line: place, found: "\(text) in the wrong place")
    case .string, .int, .double: return JinjaFault(line: place, found: "a value in the wrong place")
    case nil: return JinjaFault(line: place, found: "the end of a tag inside an expression")
    }
  }

  /// Refuses words that are left.
  func end() throws(JinjaFault) {
    guard position == tokens.count else { throw fault() }
  }

  /// Whether a symbol comes next.
  func sees(symbol: String) -> Bool { current == .symbol(symbol) }

  /// Takes a symbol if it comes next.
  mutating func take(symbol: String) -> Bool {
    guard sees(symbol: symbol) else { return false }
    position += 1
    return true
  }

  /// Takes a certain name if it comes next.
  mutating func take(name: String) -> Bool {
    guard current == .name(name) else { return false }
    position += 1
    return true
  }

  /// Takes the name that comes next; nil for anything else.
  mutating func takeName() -> String? {
    guard case .name(let name) = current else { return nil }
    position += 1
    return name
  }

  private mutating func expect(_ symbol: String) throws(JinjaFault) {
    guard take(symbol: symbol) else { throw fault() }
  }

  /// One name, or several between commas, with or without parentheses.
  mutating func targets() throws(JinjaFault) -> [String] {
    let inParentheses = take(symbol: "(")
    var names: [String] = []
    repeat {
      guard let name = takeName() else { throw fault() }
      names.append(name)
    } while take(symbol: ",")
    if inParentheses { try expect(")") }
    return names
  }

  // MARK: Expressions

  /// An expression; several between commas are a list.
  mutating func expressionList() throws(JinjaFault) -> JinjaExpression {
    let first = try expression()
    guard sees(symbol: ",") else { return first }
    var all = [first]
    while take(symbol: ",") { all.append(try expression()) }
    return .list(all)
  }

  /// An expression.
  ///
  /// - Parameter takesCondition: Whether `if` after it belongs to it.
  mutating func expression(takesCondition: Bool = true) throws(JinjaFault) -> JinjaExpression {
    depth += 1
    defer { depth -= 1 }
    guard depth < 100 else { throw fault("an expression nested over 100 deep") }
    let first = try disjunction()
    guard takesCondition, take(name: "if") else { return first }
    let condition = try disjunction()
    return .conditional(
      condition, then: first, otherwise: take(name: "else") ? try expression() : nil)
  }

  private mutating func disjunction() throws(JinjaFault) -> JinjaExpression {
    var left = try conjunction()
    while take(name: "or") { left = .or(left, try conjunction()) }
    return left
  }

  private mutating func conjunction() throws(JinjaFault) -> JinjaExpression {
    var left = try negation()
    while take(name: "and") { left = .and(left, try negation()) }
    return left
  }

  private mutating func negation() throws(JinjaFault) -> JinjaExpression {
    var count = 0
    while take(name: "not") { count += 1 }
    let operand = try comparison()
    return (0..<count).reduce(operand) { inner, _ in .not(inner) }
  }

  private mutating func comparison() throws(JinjaFault) -> JinjaExpression {
    var left = try sum()
    var result: JinjaExpression?
    while let sign = takeComparison() {
      let right = try sum()
      let part: JinjaExpression =
        sign == "not in" ? .not(.binary("in", left, right)) : .binary(sign, left, right)
      // a < b < c is a < b and b < c.
      result = result.map { .and($0, part) } ?? part
      left = right
    }
    return result ?? left
  }

  private mutating func takeComparison() -> String? {
    for sign in ["==", "!=", "<=", ">=", "<", ">"] where take(symbol: sign) { return sign }
    if take(name: "in") { return "in" }
    guard current == .name("not"), position + 1 < tokens.count,
      tokens[position + 1].kind == .name("in")
    else { return nil }
    position += 2
    return "not in"
  }

  private mutating func binary(
    _ signs: [String], _ operand: (inout JinjaWords) throws(JinjaFault) -> JinjaExpression
  ) throws(JinjaFault) -> JinjaExpression {
    var left = try operand(&self)
    while let sign = signs.first(where: { sees(symbol: $0) }) {
      position += 1
      left = .binary(sign, left, try operand(&self))
    }
    return left
  }

  private mutating func sum() throws(JinjaFault) -> JinjaExpression {
    try binary(["+", "-"]) { (words) throws(JinjaFault) in
      try words.binary(["~"]) { (words) throws(JinjaFault) in
        try words.binary(["*", "//", "/", "%"]) { (words) throws(JinjaFault) in
          try words.binary(["**"]) { (words) throws(JinjaFault) in try words.unary() }
        }
      }
    }
  }

  private mutating func unary(takesFilters: Bool = true) throws(JinjaFault) -> JinjaExpression {
    depth += 1
    defer { depth -= 1 }
    guard depth < 100 else { throw fault("an expression nested over 100 deep") }
    var result: JinjaExpression
    if take(symbol: "-") {
      result = .negative(try unary(takesFilters: false))
    } else if take(symbol: "+") {
      result = try unary(takesFilters: false)
    } else {
      result = try primary()
    }
    while let next = try postfix(result, takesFilters: takesFilters) { result = next }
    return result
  }

  private mutating func primary() throws(JinjaFault) -> JinjaExpression {
    guard let kind = current else { throw fault() }
    position += 1
    switch kind {
    case .string(var text):
      // Texts side by side are one.
      while case .string(let more) = current {
        text += more
        position += 1
      }
      return .literal(.string(text))
    case .int(let value): return .literal(.int(value))
    case .double(let value): return .literal(.double(value))
    case .name("true"), .name("True"): return .literal(.bool(true))
    case .name("false"), .name("False"): return .literal(.bool(false))
    case .name("none"), .name("None"): return .literal(.none)
    case .name(let name): return .name(name)
    case .symbol("("):
      let inner = sees(symbol: ")") ? .list([]) : try expressionList()
      try expect(")")
      return inner
    case .symbol("["):
      var values: [JinjaExpression] = []
      while !take(symbol: "]") {
        values.append(try expression())
        guard take(symbol: ",") || sees(symbol: "]") else { throw fault() }
      }
      return .list(values)
    case .symbol("{"):
      var members: [(key: JinjaExpression, value: JinjaExpression)] = []
      while !take(symbol: "}") {
        let key = try expression()
        try expect(":")
        members.append((key, try expression()))
        guard take(symbol: ",") || sees(symbol: "}") else { throw fault() }
      }
      return .dict(members)
    case .symbol:
      position -= 1
      throw fault()
    }
  }

  /// What follows an expression and belongs to it; nil when nothing does.
  private mutating func postfix(
    _ owner: JinjaExpression, takesFilters: Bool
  ) throws(JinjaFault) -> JinjaExpression? {
    if take(symbol: ".") {
      if case .int(let index) = current {
        position += 1
        return .item(owner, .literal(.int(index)))
      }
      guard let name = takeName() else { throw fault() }
      return .attribute(owner, name)
    }
    if take(symbol: "[") { return try subscripted(owner) }
    if take(symbol: "(") { return .call(owner, try arguments()) }
    guard takesFilters else { return nil }
    if take(symbol: "|") {
      guard let name = takeName() else { throw fault() }
      return .filter(owner, name, take(symbol: "(") ? try arguments() : JinjaArguments())
    }
    if take(name: "is") { return try test(owner) }
    return nil
  }

  private mutating func subscripted(_ owner: JinjaExpression) throws(JinjaFault) -> JinjaExpression
  {
    var bounds: [JinjaExpression?] = [nil]
    while !take(symbol: "]") {
      if take(symbol: ":") {
        bounds.append(nil)
      } else {
        bounds[bounds.count - 1] = try expression()
        guard sees(symbol: ":") || sees(symbol: "]") else { throw fault() }
      }
    }
    switch bounds.count {
    case 1:
      guard let index = bounds[0] else { throw fault("[] without an index") }
      return .item(owner, index)
    case 2: return .slice(owner, from: bounds[0], to: bounds[1], step: nil)
    case 3: return .slice(owner, from: bounds[0], to: bounds[1], step: bounds[2])
    default: throw fault("a slice of more than three parts")
    }
  }

  private mutating func arguments() throws(JinjaFault) -> JinjaArguments {
    var result = JinjaArguments()
    while !take(symbol: ")") {
      if case .name(let name) = current, position + 1 < tokens.count,
        tokens[position + 1].kind == .symbol("=")
      {
        position += 2
        result.named.append((name, try expression()))
      } else {
        result.positional.append(try expression())
      }
      guard take(symbol: ",") || sees(symbol: ")") else { throw fault() }
    }
    return result
  }

  private mutating func test(_ owner: JinjaExpression) throws(JinjaFault) -> JinjaExpression {
    let isNegated = take(name: "not")
    guard let name = takeName() else { throw fault() }
    var given = JinjaArguments()
    if take(symbol: "(") {
      given = try arguments()
    } else {
      switch current {
      case .string, .int, .double: given.positional = [try primary()]
      default: break
      }
    }
    let test = JinjaExpression.test(owner, name, given)
    return isNegated ? .not(test) : test
  }
}
