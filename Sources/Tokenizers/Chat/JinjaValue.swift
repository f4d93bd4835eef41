/// A value in a chat template, with the meaning that Python gives it.
enum JinjaValue: Sendable {
  /// What a name or a member stands for that is not there.
  case undefined(String)
  case none
  case bool(Bool)
  case int(Int)
  case double(Double)
  case string(String)
  case list([JinjaValue])
  /// Members in order; all keys are texts.
  case dict([Member])
  /// A value whose members can be set; its place among those of the run.
  case namespace(Int)
  /// A macro of the template; its place among those of the run.
  case macro(Int)
  /// A function that every template can call.
  case function(String)

  /// A member of a dictionary.
  struct Member: Sendable {
    let key: String
    let value: JinjaValue
  }

  /// A dictionary with one entry for each key, the last one given.
  static func dictionary(_ members: [(String, JinjaValue)]) -> JinjaValue {
    var result: [Member] = []
    for (key, value) in members {
      let member = Member(key: key, value: value)
      if let place = result.firstIndex(where: { $0.key.isSame(as: key) }) {
        result[place] = member
      } else {
        result.append(member)
      }
    }
    return .dict(result)
  }

  /// Whether a condition takes it for true.
  var isTrue: Bool {
    switch self {
    case .undefined, .none: false
    case .bool(let value): value
    case .int(let value): value != 0
    case .double(let value): value != 0
    case .string(let value): !value.isEmpty
    case .list(let values): !values.isEmpty
    case .dict(let members): !members.isEmpty
    case .namespace, .macro, .function: true
    }
  }

  /// Whether nothing was there.
  var isUndefined: Bool {
    if case .undefined = self { true } else { false }
  }

  /// What it is, for an error text.
  var kind: String {
    switch self {
    case .undefined(let name): "\(name), which is not defined"
    case .none: "none"
    case .bool: "a truth value"
    case .int, .double: "a number"
    case .string: "a text"
    case .list: "a list"
    case .dict: "a dictionary"
    case .namespace: "a namespace"
    case .macro: "a macro"
    case .function: "a function"
    }
  }

  /// As Python's `str` writes it; nothing for what is not defined.
  var text: String {
    switch self {
    case .undefined: ""
    case .string(let value): value
    default: representation
    }
  }

  /// As Python's `repr` writes it.
  private var representation: String {
    switch self {
    case .undefined: "Undefined"
    case .none: "None"
    case .bool(let value): value ? "True" : "False"
    case .int(let value): "\(value)"
    case .double(let value): "\(value)"
    case .string(let value):
      value.unicodeScalars.contains("'") && !value.unicodeScalars.contains("\"")
        ? "\"\(value)\"" : "'\(value.replacing("\\", with: "\\\\").replacing("'", with: "\\'"))'"
    case .list(let values): "[\(values.map(\.representation).joined(separator: ", "))]"
    case .dict(let members):
      "{"
        + members.map { "'\($0.key)': \($0.value.representation)" }.joined(separator: ", ") + "}"
    case .namespace: "<Namespace>"
    case .macro: "<Macro>"
    case .function(let name): "<function \(name)>"
    }
  }

  /// The number it is or counts as; nil for anything else.
  var number: Double? {
    switch self {
    case .bool(let value): value ? 1 : 0
    case .int(let value): Double(value)
    case .double(let value): value
    default: nil
    }
  }

  /// The whole number it is or counts as; nil for anything else.
  var whole: Int? {
    switch self {
    case .bool(let value): value ? 1 : 0
    case .int(let value): value
    default: nil
    }
  }

  /// Whether Python's `==` holds.
  func equals(_ other: JinjaValue) -> Bool {
    switch (self, other) {
    case (.undefined, .undefined), (.none, .none): true
    case (.string(let a), .string(let b)): a.isSame(as: b)
    case (.list(let a), .list(let b)):
      a.count == b.count && zip(a, b).allSatisfy { $0.equals($1) }
    case (.dict(let a), .dict(let b)):
      a.count == b.count
        && a.allSatisfy { member in
          b.contains { $0.key.isSame(as: member.key) && $0.value.equals(member.value) }
        }
    case (.namespace(let a), .namespace(let b)), (.macro(let a), .macro(let b)): a == b
    default:
      if let a = number, let b = other.number { a == b } else { false }
    }
  }

  /// As `tojson` writes it: Python's separators, letters of all scripts as they are.
  func json(indent: Int?, depth: Int = 0) -> String {
    func joined(_ parts: [String], _ open: String, _ close: String) -> String {
      guard !parts.isEmpty else { return open + close }
      guard let indent else { return open + parts.joined(separator: ", ") + close }
      let margin = "\n" + String(repeating: " ", count: indent * (depth + 1))
      let end = "\n" + String(repeating: " ", count: indent * depth)
      return open + margin + parts.joined(separator: "," + margin) + end + close
    }
    switch self {
    case .undefined, .none, .namespace, .macro, .function: return "null"
    case .bool(let value): return value ? "true" : "false"
    case .int, .double: return text
    case .string(let value): return value.quotedAsJSON
    case .list(let values):
      return joined(values.map { $0.json(indent: indent, depth: depth + 1) }, "[", "]")
    case .dict(let members):
      return joined(
        members.map {
          $0.key.quotedAsJSON + ": " + $0.value.json(indent: indent, depth: depth + 1)
        }, "{", "}")
    }
  }
}

extension String {
  /// Whether two texts have the same characters; Swift's `==` also takes their normal forms for equal.
  func isSame(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }

  /// The text between quotes, as JSON has it.
  fileprivate var quotedAsJSON: String {
    var result = "\""
    for scalar in unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case "\u{8}": result += "\\b"
      case "\u{C}": result += "\\f"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
