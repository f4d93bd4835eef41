import Foundation

/// Operators, members and items, with Python's meaning.
extension JinjaRun {
  func negative(_ value: JinjaValue) throws(JinjaFault) -> JinjaValue {
    if let whole = value.whole { return .int(0 &- whole) }
    guard let number = value.number else { throw fault("- before \(value.kind)") }
    return .double(-number)
  }

  func binary(
    _ sign: String, _ left: JinjaValue, _ right: JinjaValue
  ) throws(JinjaFault) -> JinjaValue {
    switch sign {
    case "==": return .bool(left.equals(right))
    case "!=": return .bool(!left.equals(right))
    case "in": return .bool(try contains(right, left))
    case "<", "<=", ">", ">=": return .bool(try compare(sign, left, right))
    case "~": return .string(left.text + right.text)
    default: return try calculate(sign, left, right)
    }
  }

  private func wrong(_ sign: String, _ left: JinjaValue, _ right: JinjaValue) -> JinjaFault {
    fault("\(left.kind) \(sign) \(right.kind)")
  }

  private func contains(_ owner: JinjaValue, _ value: JinjaValue) throws(JinjaFault) -> Bool {
    switch (owner, value) {
    case (.string(let text), .string(let part)):
      return text.scalars.firstRange(of: part.scalars) != nil || part.isEmpty
    case (.list(let values), _): return values.contains { $0.equals(value) }
    case (.dict(let members), _): return members.contains { $0.key.isSame(as: value.text) }
    case (.undefined, _): return false
    default: throw wrong("in", value, owner)
    }
  }

  private func compare(
    _ sign: String, _ left: JinjaValue, _ right: JinjaValue
  ) throws(JinjaFault) -> Bool {
    let order: Int
    if let a = left.number, let b = right.number {
      order = a < b ? -1 : a > b ? 1 : 0
    } else if case .string(let a) = left, case .string(let b) = right {
      let (a, b) = (a.scalars, b.scalars)
      order = a.lexicographicallyPrecedes(b) ? -1 : a == b ? 0 : 1
    } else {
      throw wrong(sign, left, right)
    }
    switch sign {
    case "<": return order < 0
    case "<=": return order <= 0
    case ">": return order > 0
    default: return order >= 0
    }
  }

  private func calculate(
    _ sign: String, _ left: JinjaValue, _ right: JinjaValue
  ) throws(JinjaFault) -> JinjaValue {
    switch (sign, left, right) {
    case ("+", .string(let a), .string(let b)): return .string(a + b)
    case ("+", .list(let a), .list(let b)): return .list(a + b)
    case ("*", .string(let text), let count) where count.whole != nil:
      let times = max(0, count.whole ?? 0)
      guard times <= Self.textLimit / max(1, text.utf8.count) else {
        throw fault("a text without an end")
      }
      return .string(String(repeating: text, count: times))
    default: break
    }
    if let a = left.whole, let b = right.whole, let result = try wholes(sign, a, b) {
      return result
    }
    guard let a = left.number, let b = right.number else { throw wrong(sign, left, right) }
    switch sign {
    case "+": return .double(a + b)
    case "-": return .double(a - b)
    case "*": return .double(a * b)
    case "**": return .double(pow(a, b))
    default: break
    }
    guard b != 0 else { throw fault("a division by zero") }
    switch sign {
    case "/": return .double(a / b)
    case "//": return .double((a / b).rounded(.down))
    default: return .double(a - (a / b).rounded(.down) * b)
    }
  }

  /// Whole numbers, as long as they stay whole and fit; nil otherwise.
  private func wholes(_ sign: String, _ a: Int, _ b: Int) throws(JinjaFault) -> JinjaValue? {
    func fitting(_ result: (partialValue: Int, overflow: Bool)) throws(JinjaFault) -> JinjaValue {
      guard !result.overflow else { throw fault("a number beyond 64 bits") }
      return .int(result.partialValue)
    }
    switch sign {
    case "+": return try fitting(a.addingReportingOverflow(b))
    case "-": return try fitting(a.subtractingReportingOverflow(b))
    case "*": return try fitting(a.multipliedReportingOverflow(by: b))
    case "**":
      guard b >= 0, let power = Int(exactly: pow(Double(a), Double(b))) else { return nil }
      return .int(power)
    case "//", "%":
      guard b != 0 else { throw fault("a division by zero") }
      guard b != -1 else { return sign == "%" ? .int(0) : .int(0 &- a) }
      // Towards minus infinity.
      let rest = a % b
      let isBelow = rest != 0 && (rest < 0) != (b < 0)
      return .int(sign == "%" ? (isBelow ? rest + b : rest) : a / b - (isBelow ? 1 : 0))
    default: return nil
    }
  }

  // MARK: Members

  func member(_ name: String, of owner: JinjaValue) throws(JinjaFault) -> JinjaValue {
    switch owner {
    case .undefined: throw fault("\(name) of \(owner.kind)")
    case .dict(let members):
      return members.first { $0.key.isSame(as: name) }?.value ?? .undefined(name)
    case .namespace(let place):
      return namespaces[place].first { $0.0.isSame(as: name) }?.1 ?? .undefined(name)
    default: return .undefined(name)
    }
  }

  func item(_ index: JinjaValue, of owner: JinjaValue) throws(JinjaFault) -> JinjaValue {
    if case .string(let name) = index { return try member(name, of: owner) }
    guard let place = index.whole else { throw fault("an item by \(index.kind)") }
    func found(in count: Int) -> Int? {
      let own = place < 0 ? place + count : place
      return (0..<count).contains(own) ? own : nil
    }
    switch owner {
    case .list(let values): return found(in: values.count).map { values[$0] } ?? .undefined("item")
    case .string(let text):
      let scalars = text.scalars
      return found(in: scalars.count).map { .string(String(scalars[$0])) } ?? .undefined("item")
    case .undefined: throw fault("an item of \(owner.kind)")
    default: return .undefined("item \(place)")
    }
  }

  func slice(
    _ owner: JinjaValue, _ from: Int?, _ to: Int?, _ step: Int
  ) throws(JinjaFault) -> JinjaValue {
    guard step != 0, step != .min else { throw fault("a slice in steps of \(step)") }
    func places(_ count: Int) -> [Int] {
      func bound(_ value: Int?, _ fallback: Int) -> Int {
        guard let value else { return fallback }
        let own = value < 0 ? value &+ count : value
        return step > 0 ? min(max(own, 0), count) : min(max(own, -1), count - 1)
      }
      let (start, end) =
        step > 0 ? (bound(from, 0), bound(to, count)) : (bound(from, count - 1), bound(to, -1))
      return Array(stride(from: start, to: end, by: step))
    }
    switch owner {
    case .list(let values): return .list(places(values.count).map { values[$0] })
    case .string(let text):
      let scalars = text.scalars
      return .string(String(scalars: places(scalars.count).map { scalars[$0] }))
    default: throw fault("a slice of \(owner.kind)")
    }
  }
}

extension String {
  /// Its characters as Python counts them.
  var scalars: [Unicode.Scalar] { Array(unicodeScalars) }

  /// A text of such characters.
  init(scalars: some Sequence<Unicode.Scalar>) {
    self.init(String.UnicodeScalarView(scalars))
  }
}
