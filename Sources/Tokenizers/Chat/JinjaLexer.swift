/// Why a chat template cannot be read or followed.
struct JinjaFault: Error, Equatable {
  /// The line of the template, from 1.
  let line: Int
  let found: String
}

/// A part of a chat template.
enum JinjaPart {
  /// Text that is written as it stands.
  case text(String)
  /// What stands between `{{` and `}}`.
  case output([JinjaToken])
  /// What stands between `{%` and `%}`.
  case statement([JinjaToken])
}

/// A word of an expression or a statement.
struct JinjaToken: Equatable {
  /// What it is.
  enum Kind: Equatable {
    case name(String)
    case string(String)
    case int(Int)
    case double(Double)
    case symbol(String)
  }

  let kind: Kind
  let line: Int
}

/// Cuts a template into text, outputs and statements.
///
/// As transformers asks of Jinja: the line feed after a statement and the blanks before one at the
/// beginning of a line are dropped (`trim_blocks`, `lstrip_blocks`), as is a line feed at the very end.
///
/// Source: Jinja 3.1 `lexer.py`; transformers 5 `utils/chat_template_utils.py`.
struct JinjaLexer {
  private let source: [Unicode.Scalar]
  private var position = 0
  private var line = 1
  private var parts: [JinjaPart] = []
  /// Whether what comes next is at the beginning of a line.
  private var startsLine = true

  /// The parts of a template.
  static func parts(of template: String) throws(JinjaFault) -> [JinjaPart] {
    var lexer = JinjaLexer(template)
    try lexer.run()
    return lexer.parts
  }

  private init(_ template: String) {
    var source: [Unicode.Scalar] = []
    for scalar in template.unicodeScalars {
      if scalar == "\n", source.last == "\r" { source.removeLast() }
      source.append(scalar)
    }
    source = source.map { $0 == "\r" ? "\n" : $0 }
    if source.last == "\n" { source.removeLast() }
    self.source = source
  }

  private mutating func run() throws(JinjaFault) {
    while position < source.count {
      let start = position
      while position < source.count, opening == nil { advance() }
      let text = source[start..<position]
      guard let opening else {
        append(text)
        return
      }
      advance(by: 2)
      let mark = position < source.count ? source[position] : " "
      append(kept(of: text, before: opening, mark: mark))
      if mark == "-" || mark == "+" { advance() }
      switch opening {
      case .comment:
        while !startsWith("#}") {
          guard position < source.count else { throw fault("a comment without its end") }
          advance()
        }
        let trims = position > start && source[position - 1] == "-"
        leave(trims: trims, keeps: false, dropsLineFeed: true)
      case .output: parts.append(.output(try tokens(until: "}}")))
      case .statement:
        let words = try tokens(until: "%}")
        guard words.map(\.kind) == [.name("raw")] else {
          parts.append(.statement(words))
          continue
        }
        try takeRaw()
      }
    }
  }

  // MARK: Places

  private enum Opening { case output, statement, comment }

  private var opening: Opening? {
    guard position + 1 < source.count, source[position] == "{" else { return nil }
    switch source[position + 1] {
    case "{": return .output
    case "%": return .statement
    case "#": return .comment
    default: return nil
    }
  }

  private func startsWith(_ text: String) -> Bool {
    let scalars = text.unicodeScalars
    return position + scalars.count <= source.count
      && source[position..<position + scalars.count].elementsEqual(scalars)
  }

  private mutating func advance(by count: Int = 1) {
    for _ in 0..<count where position < source.count {
      if source[position] == "\n" { line += 1 }
      position += 1
    }
  }

  private func fault(_ found: String) -> JinjaFault { JinjaFault(line: line, found: found) }

  // MARK: Text

  private mutating func append(_ text: ArraySlice<Unicode.Scalar>) {
    guard !text.isEmpty else { return }
    parts.append(.text(String(String.UnicodeScalarView(text))))
  }

  /// What stays of the text before a tag.
  private func kept(
    of text: ArraySlice<Unicode.Scalar>, before opening: Opening, mark: Unicode.Scalar
  ) -> ArraySlice<Unicode.Scalar> {
    if mark == "-" { return text.droppingLast { $0.properties.isWhitespace } }
    guard mark != "+", opening != .output else { return text }
    let rest = text.droppingLast { $0 == " " || $0 == "\t" }
    return rest.isEmpty ? (startsLine ? rest : text) : (rest.last == "\n" ? rest : text)
  }

  /// Goes past the end of a tag, and past what it takes along.
  private mutating func leave(trims: Bool, keeps: Bool, dropsLineFeed: Bool) {
    advance(by: 2)
    let start = position
    if trims {
      while position < source.count, source[position].properties.isWhitespace { advance() }
    } else if dropsLineFeed, !keeps, position < source.count, source[position] == "\n" {
      advance()
    }
    startsLine = position > start && source[position - 1] == "\n"
  }

  private mutating func takeRaw() throws(JinjaFault) {
    let start = position
    while position < source.count {
      guard opening == .statement else {
        advance()
        continue
      }
      let end = position
      var ahead = self
      ahead.advance(by: 2)
      let mark = ahead.position < source.count ? source[ahead.position] : " "
      if mark == "-" || mark == "+" { ahead.advance() }
      if let words = try? ahead.tokens(until: "%}"), words.map(\.kind) == [.name("endraw")] {
        let text = kept(of: source[start..<end], before: .statement, mark: mark)
        self = ahead
        append(text)
        return
      }
      advance()
    }
    throw fault("raw without endraw")
  }

  // MARK: Words

  private static let symbols = [
    "**", "//", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "~", "<", ">", "=", ".", ",", ":",
    "|", "(", ")", "[", "]", "{", "}",
  ]

  /// The words up to the end of a tag, which is read too.
  private mutating func tokens(until end: String) throws(JinjaFault) -> [JinjaToken] {
    var tokens: [JinjaToken] = []
    var depth = 0
    while true {
      while position < source.count, source[position].properties.isWhitespace { advance() }
      guard position < source.count else { throw fault("a tag without its \(end)") }
      if depth == 0 {
        let (trims, keeps) = (startsWith("-" + end), startsWith("+" + end))
        if trims || keeps || startsWith(end) {
          if trims || keeps { advance() }
          leave(trims: trims, keeps: keeps, dropsLineFeed: end == "%}")
          return tokens
        }
      }
      let line = line
      let kind = try word()
      if case .symbol(let symbol) = kind {
        if ["(", "[", "{"].contains(symbol) { depth += 1 }
        if [")", "]", "}"].contains(symbol) { depth = max(0, depth - 1) }
      }
      tokens.append(JinjaToken(kind: kind, line: line))
    }
  }

  private mutating func word() throws(JinjaFault) -> JinjaToken.Kind {
    let first = source[position]
    if first == "\"" || first == "'" { return .string(try string(first)) }
    if first.isDigit { return try number() }
    if first == "_" || first.properties.isXIDStart {
      return .name(take { $0 == "_" || $0.properties.isXIDContinue })
    }
    guard let symbol = Self.symbols.first(where: { startsWith($0) }) else {
      throw fault("'\(first)' in a tag")
    }
    advance(by: symbol.utf8.count)
    return .symbol(symbol)
  }

  private mutating func take(_ belongs: (Unicode.Scalar) -> Bool) -> String {
    let start = position
    while position < source.count, belongs(source[position]) { advance() }
    return String(String.UnicodeScalarView(source[start..<position]))
  }

  private mutating func number() throws(JinjaFault) -> JinjaToken.Kind {
    var text = take(\.isDigit)
    if position + 1 < source.count, source[position] == ".", source[position + 1].isDigit {
      advance()
      text += "." + take(\.isDigit)
      if let value = Double(text) { return .double(value) }
    } else if let value = Int(text) {
      return .int(value)
    }
    throw fault("the number \(text)")
  }

  private mutating func string(_ quote: Unicode.Scalar) throws(JinjaFault) -> String {
    var result = String.UnicodeScalarView()
    advance()
    while position < source.count, source[position] != quote {
      guard source[position] == "\\", position + 1 < source.count else {
        result.append(source[position])
        advance()
        continue
      }
      let escaped = source[position + 1]
      advance(by: 2)
      switch escaped {
      case "n": result.append("\n")
      case "t": result.append("\t")
      case "r": result.append("\r")
      case "\\", "'", "\"": result.append(escaped)
      case "u", "x":
        let length = escaped == "u" ? 4 : 2
        let digits = source[position..<min(source.count, position + length)]
        let text = String(String.UnicodeScalarView(digits))
        guard digits.count == length, let value = UInt32(text, radix: 16),
          let scalar = Unicode.Scalar(value)
        else { throw fault("an escape without its digits") }
        result.append(scalar)
        advance(by: length)
      case "\n": break
      default: result.append(contentsOf: ["\\", escaped])
      }
    }
    guard position < source.count else { throw fault("a text without its end") }
    advance()
    return String(result)
  }
}

extension Unicode.Scalar {
  /// Whether it is one of 0 to 9.
  fileprivate var isDigit: Bool { ("0"..."9").contains(self) }
}

extension ArraySlice where Element == Unicode.Scalar {
  /// Without what belongs to a kind at its end.
  fileprivate func droppingLast(while belongs: (Unicode.Scalar) -> Bool) -> Self {
    prefix(upTo: lastIndex { !belongs($0) }.map { $0 + 1 } ?? startIndex)
  }
}
