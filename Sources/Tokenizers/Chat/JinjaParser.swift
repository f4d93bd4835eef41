/// Reads the statements of a chat template.
///
/// `for`, `if`, `set`, `macro`, `break`, `continue` and `generation`; others are refused by name.
struct JinjaParser {
  private let parts: [JinjaPart]
  private var part = 0
  private var line = 1
  private var depth = 0

  /// The statements of a template.
  static func parse(_ template: String) throws(JinjaFault) -> [JinjaStatement] {
    var parser = JinjaParser(parts: try JinjaLexer.parts(of: template))
    let (statements, end) = try parser.statements(until: [])
    guard end == nil else { throw parser.fault("\(end ?? "") without its beginning") }
    return statements
  }

  private init(parts: [JinjaPart]) { self.parts = parts }

  private func fault(_ found: String) -> JinjaFault { JinjaFault(line: line, found: found) }

  private typealias Block = (statements: [JinjaStatement], end: String?)

  /// The statements up to one of `ends`, whose words after the first are left in `rest`.
  private mutating func statements(
    until ends: Set<String>, rest: inout JinjaWords
  ) throws(JinjaFault) -> Block {
    depth += 1
    defer { depth -= 1 }
    guard depth < 100 else { throw fault("blocks nested over 100 deep") }
    var result: [JinjaStatement] = []
    while part < parts.count {
      defer { part += 1 }
      switch parts[part] {
      case .text(let text): result.append(JinjaStatement(kind: .text(text), line: line))
      case .output(let tokens):
        line = tokens.first?.line ?? line
        var words = JinjaWords(tokens, line: line)
        let start = line
        result.append(JinjaStatement(kind: .output(try words.expression()), line: start))
        try words.end()
      case .statement(let tokens):
        line = tokens.first?.line ?? line
        var words = JinjaWords(tokens, line: line)
        guard let word = words.takeName() else { throw fault("a statement without a name") }
        if ends.contains(word) {
          rest = words
          return (result, word)
        }
        result.append(JinjaStatement(kind: try statement(word, &words), line: line))
      }
    }
    guard ends.isEmpty else {
      throw fault("the end of the template, before \(ends.sorted().joined(separator: " or "))")
    }
    return (result, nil)
  }

  private mutating func statements(until ends: Set<String>) throws(JinjaFault) -> Block {
    var rest = JinjaWords([], line: line)
    return try statements(until: ends, rest: &rest)
  }

  /// A block that follows a statement; the end of the statement is left as the current part.
  private mutating func block(_ ends: Set<String>) throws(JinjaFault) -> Block {
    part += 1
    let block = try statements(until: ends)
    // The loop that called goes on to the part after this one.
    part -= 1
    return block
  }

  private mutating func statement(
    _ word: String, _ words: inout JinjaWords
  ) throws(JinjaFault) -> JinjaStatement.Kind {
    switch word {
    case "if": return try condition(&words)
    case "for": return try loop(&words)
    case "set": return try assignment(&words)
    case "macro": return try macro(&words)
    case "break", "continue":
      try words.end()
      return word == "break" ? .leaveLoop : .nextRound
    case "generation":
      // Marks what a model is trained to say.
      try words.end()
      return .group(try block(["endgeneration"]).statements)
    default: throw fault("the statement \(word)")
    }
  }

  private mutating func condition(
    _ words: inout JinjaWords
  ) throws(JinjaFault) -> JinjaStatement.Kind {
    var cases: [(JinjaExpression, [JinjaStatement])] = []
    var test = try words.expression()
    try words.end()
    while true {
      var rest = JinjaWords([], line: line)
      part += 1
      let block = try statements(until: ["elif", "else", "endif"], rest: &rest)
      part -= 1
      cases.append((test, block.statements))
      switch block.end {
      case "elif":
        test = try rest.expression()
        try rest.end()
      case "else": return .condition(cases, otherwise: try self.block(["endif"]).statements)
      default: return .condition(cases, otherwise: [])
      }
    }
  }

  private mutating func loop(_ words: inout JinjaWords) throws(JinjaFault) -> JinjaStatement.Kind {
    let targets = try words.targets()
    guard words.take(name: "in") else { throw fault("for without in") }
    let values = try words.expression(takesCondition: false)
    let condition = words.take(name: "if") ? try words.expression() : nil
    try words.end()
    let body = try block(["else", "endfor"])
    let otherwise = body.end == "else" ? try block(["endfor"]).statements : []
    return .loop(
      JinjaLoop(
        targets: targets, values: values, condition: condition, body: body.statements,
        otherwise: otherwise))
  }

  private mutating func assignment(
    _ words: inout JinjaWords
  ) throws(JinjaFault) -> JinjaStatement.Kind {
    let names = try words.targets()
    if words.take(symbol: ".") {
      guard let owner = names.first, names.count == 1, let member = words.takeName(),
        words.take(symbol: "=")
      else { throw fault("set without = after a member") }
      let value = try words.expression()
      try words.end()
      return .assignMember(owner, member, value)
    }
    guard words.take(symbol: "=") else {
      try words.end()
      guard names.count == 1, let name = names.first else { throw fault("set without =") }
      return .assignBlock(name, try block(["endset"]).statements)
    }
    let value = try words.expressionList()
    try words.end()
    return .assign(names, value)
  }

  private mutating func macro(_ words: inout JinjaWords) throws(JinjaFault) -> JinjaStatement.Kind {
    guard let name = words.takeName(), words.take(symbol: "(") else {
      throw fault("macro without a name and parentheses")
    }
    var parameters: [(name: String, fallback: JinjaExpression?)] = []
    while !words.take(symbol: ")") {
      guard let parameter = words.takeName() else { throw fault("a macro's parameter of no name") }
      parameters.append((parameter, words.take(symbol: "=") ? try words.expression() : nil))
      guard words.take(symbol: ",") || words.sees(symbol: ")") else {
        throw fault("a macro's parameters without a comma")
      }
    }
    try words.end()
    return .macro(
      JinjaMacro(name: name, parameters: parameters, body: try block(["endmacro"]).statements))
  }
}
