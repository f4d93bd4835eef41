import Foundation

/// Follows the statements of a chat template and collects what they write.
///
/// Anybody may have written the template: texts, steps and depth are bounded, and nothing outside of it can
/// be reached.
///
/// Source: Jinja 3.1 `compiler.py` and `runtime.py`, in transformers' sandbox.
struct JinjaRun {
  /// What is written.
  private(set) var output = ""
  /// The members of namespaces, by place.
  var namespaces: [[(String, JinjaValue)]] = []
  private var macros: [JinjaMacro] = []
  /// Names, the innermost last; a macro sees the outermost ones and its own.
  private var scopes: [[String: JinjaValue]]
  private var line = 1
  private var depth = 0
  private var steps = 0
  /// The time that `strftime_now` tells.
  let now: Date

  /// Far beyond what the longest conversation takes.
  static let stepLimit = 200_000
  static let textLimit = 1 << 26

  /// How a list of statements ended.
  private enum Ending { case done, leaveLoop, nextRound }

  /// What a template writes, given some names.
  static func text(
    of statements: [JinjaStatement], with names: [String: JinjaValue], now: Date
  ) throws(JinjaFault) -> String {
    var run = JinjaRun(names, now: now)
    _ = try run.follow(statements)
    return run.output
  }

  private init(_ names: [String: JinjaValue], now: Date) {
    scopes = [names]
    self.now = now
  }

  func fault(_ found: String) -> JinjaFault { JinjaFault(line: line, found: found) }

  /// Counts a step of work.
  private mutating func step() throws(JinjaFault) {
    steps += 1
    guard steps < Self.stepLimit else { throw fault("work without an end") }
  }

  mutating func write(_ text: String) throws(JinjaFault) {
    output += text
    guard output.utf8.count <= Self.textLimit else { throw fault("a text without an end") }
  }

  // MARK: Names

  func value(of name: String) -> JinjaValue? {
    for scope in scopes.reversed() {
      if let value = scope[name] { return value }
    }
    return nil
  }

  private mutating func set(_ name: String, _ value: JinjaValue) {
    scopes[scopes.count - 1][name] = value
  }

  private mutating func assign(_ names: [String], _ value: JinjaValue) throws(JinjaFault) {
    if names.count == 1 {
      set(names[0], value)
      return
    }
    guard case .list(let parts) = value, parts.count == names.count else {
      throw fault("\(value.kind) for \(names.count) names")
    }
    for (name, part) in zip(names, parts) { set(name, part) }
  }

  // MARK: Statements

  private mutating func follow(_ statements: [JinjaStatement]) throws(JinjaFault) -> Ending {
    depth += 1
    defer { depth -= 1 }
    guard depth < 100 else { throw fault("work nested over 100 deep") }
    for statement in statements {
      try step()
      line = statement.line
      let ending = try follow(statement.kind)
      guard ending == .done else { return ending }
    }
    return .done
  }

  private mutating func follow(_ statement: JinjaStatement.Kind) throws(JinjaFault) -> Ending {
    switch statement {
    case .text(let text): try write(text)
    case .output(let expression): try write(value(expression).text)
    case .condition(let cases, let otherwise):
      for (test, body) in cases where try value(test).isTrue { return try follow(body) }
      return try follow(otherwise)
    case .loop(let loop): return try follow(loop)
    case .assign(let names, let expression): try assign(names, value(expression))
    case .assignMember(let owner, let member, let expression):
      guard case .namespace(let place) = value(of: owner) else {
        throw fault("set \(owner).\(member), where \(owner) is no namespace")
      }
      let value = try value(expression)
      namespaces[place].removeAll { $0.0.isSame(as: member) }
      namespaces[place].append((member, value))
    case .assignBlock(let name, let body):
      set(name, .string(try written { (run) throws(JinjaFault) in _ = try run.follow(body) }))
    case .macro(let macro):
      macros.append(macro)
      set(macro.name, .macro(macros.count - 1))
    case .leaveLoop: return .leaveLoop
    case .nextRound: return .nextRound
    case .group(let body): return try follow(body)
    }
    return .done
  }

  /// What `body` writes, taken out of the output.
  private mutating func written(
    _ body: (inout JinjaRun) throws(JinjaFault) -> Void
  ) throws(JinjaFault) -> String {
    let before = output
    output = ""
    try body(&self)
    defer { output = before }
    return output
  }

  private mutating func follow(_ loop: JinjaLoop) throws(JinjaFault) -> Ending {
    scopes.append([:])
    defer { scopes.removeLast() }
    var values: [JinjaValue] = []
    for value in try items(value(loop.values)) {
      try step()
      if let condition = loop.condition {
        try assign(loop.targets, value)
        guard try self.value(condition).isTrue else { continue }
      }
      values.append(value)
    }
    guard !values.isEmpty else { return try follow(loop.otherwise) }
    for (index, value) in values.enumerated() {
      // What one round sets, the next does not see.
      scopes[scopes.count - 1] = ["loop": Self.loop(index, values)]
      try assign(loop.targets, value)
      if try follow(loop.body) == .leaveLoop { break }
    }
    return .done
  }

  private static func loop(_ index: Int, _ values: [JinjaValue]) -> JinjaValue {
    let count = values.count
    return .dictionary([
      ("index", .int(index + 1)), ("index0", .int(index)), ("first", .bool(index == 0)),
      ("last", .bool(index == count - 1)), ("length", .int(count)),
      ("revindex", .int(count - index)), ("revindex0", .int(count - index - 1)),
      ("previtem", index > 0 ? values[index - 1] : .undefined("loop.previtem")),
      ("nextitem", index + 1 < count ? values[index + 1] : .undefined("loop.nextitem")),
    ])
  }

  /// What a loop goes through.
  func items(_ value: JinjaValue) throws(JinjaFault) -> [JinjaValue] {
    switch value {
    case .list(let values): return values
    case .dict(let members): return members.map { .string($0.key) }
    case .string(let text): return text.unicodeScalars.map { .string(String($0)) }
    case .undefined: return []
    default: throw fault("a loop through \(value.kind)")
    }
  }

  /// What a macro writes.
  mutating func call(
    _ place: Int, _ positional: [JinjaValue], _ named: [(String, JinjaValue)]
  ) throws(JinjaFault) -> JinjaValue {
    let macro = macros[place]
    guard positional.count <= macro.parameters.count else {
      throw fault("\(positional.count) values for the macro \(macro.name)")
    }
    let outer = scopes
    defer { scopes = outer }
    scopes = [outer[0], [:]]
    for (index, parameter) in macro.parameters.enumerated() {
      if index < positional.count {
        set(parameter.name, positional[index])
      } else if let given = named.first(where: { $0.0 == parameter.name }) {
        set(parameter.name, given.1)
      } else {
        let fallback = try parameter.fallback.map { (e) throws(JinjaFault) in try value(e) }
        set(parameter.name, fallback ?? .undefined(parameter.name))
      }
    }
    return .string(
      try written { (run) throws(JinjaFault) in _ = try run.follow(macro.body) })
  }

  // MARK: Expressions

  /// The value of an expression.
  mutating func value(_ expression: JinjaExpression) throws(JinjaFault) -> JinjaValue {
    try step()
    depth += 1
    defer { depth -= 1 }
    guard depth < 200 else { throw fault("work nested over 200 deep") }
    switch expression {
    case .literal(let value): return value
    case .name(let name):
      return value(of: name) ?? (Self.functions.contains(name) ? .function(name) : .undefined(name))
    case .list(let parts):
      var values: [JinjaValue] = []
      for part in parts { values.append(try value(part)) }
      return .list(values)
    case .dict(let members):
      var values: [(String, JinjaValue)] = []
      for member in members { values.append((try value(member.key).text, try value(member.value))) }
      return .dictionary(values)
    case .attribute(let owner, let name):
      // First the value, which may make a namespace, then its member: `self` is read before arguments are.
      let owner = try value(owner)
      return try member(name, of: owner)
    case .item(let owner, let index):
      let (owner, index) = (try value(owner), try value(index))
      return try item(index, of: owner)
    case .slice(let owner, let from, let to, let step):
      return try slice(
        value(owner), bound(from), bound(to), bound(step) ?? 1)
    case .call(let function, let arguments): return try call(function, arguments)
    case .filter(let owner, let name, let arguments):
      let owner = try value(owner)
      let (positional, named) = try values(arguments)
      return try filter(name, owner, positional, named)
    case .test(let owner, let name, let arguments):
      return .bool(try test(name, value(owner), values(arguments).positional))
    case .not(let operand): return .bool(try !value(operand).isTrue)
    case .negative(let operand): return try negative(value(operand))
    case .and(let left, let right):
      let first = try value(left)
      return first.isTrue ? try value(right) : first
    case .or(let left, let right):
      let first = try value(left)
      return first.isTrue ? first : try value(right)
    case .binary(let sign, let left, let right):
      return try binary(sign, value(left), value(right))
    case .conditional(let condition, let then, let otherwise):
      if try value(condition).isTrue { return try value(then) }
      return try otherwise.map { (e) throws(JinjaFault) in try value(e) } ?? .undefined("else")
    }
  }

  private mutating func bound(_ expression: JinjaExpression?) throws(JinjaFault) -> Int? {
    guard let expression else { return nil }
    let value = try value(expression)
    if case .none = value { return nil }
    guard let whole = value.whole else { throw fault("a slice by \(value.kind)") }
    return whole
  }

  /// The values of a call's arguments.
  mutating func values(
    _ arguments: JinjaArguments
  ) throws(JinjaFault) -> (positional: [JinjaValue], named: [(String, JinjaValue)]) {
    var positional: [JinjaValue] = []
    var named: [(String, JinjaValue)] = []
    for argument in arguments.positional { positional.append(try value(argument)) }
    for argument in arguments.named { named.append((argument.name, try value(argument.value))) }
    return (positional, named)
  }
}
