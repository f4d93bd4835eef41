/// Filters and tests.
extension JinjaRun {
  /// A value through a filter.
  mutating func filter(
    _ name: String, _ value: JinjaValue, _ given: [JinjaValue], _ named: [(String, JinjaValue)]
  ) throws(JinjaFault) -> JinjaValue {
    func argument(_ index: Int, _ key: String) -> JinjaValue? {
      named.first { $0.0 == key }?.1 ?? (index < given.count ? given[index] : nil)
    }
    switch name {
    case "default", "d":
      let isMissing = value.isUndefined || (argument(1, "boolean")?.isTrue == true && !value.isTrue)
      return isMissing ? argument(0, "default_value") ?? .string("") : value
    case "string", "safe": return .string(value.text)
    case "trim":
      return .string(value.text.stripped(of: argument(0, "chars")?.text, left: true, right: true))
    case "upper": return .string(value.text.uppercased())
    case "lower": return .string(value.text.lowercased())
    case "title": return .string(value.text.titled)
    case "capitalize": return .string(value.text.withCapital)
    case "replace":
      guard given.count >= 2 else { throw fault("replace without two texts") }
      return .string(
        value.text.replacing(
          given[0].text, by: given[1].text, limit: argument(2, "count")?.whole ?? -1))
    case "indent":
      return .string(try indented(value.text, by: argument(0, "width"), argument(1, "first")))
    case "tojson":
      return .string(value.json(indent: argument(0, "indent")?.whole.map { min(max($0, 0), 32) }))
    case "int":
      let text = value.text.stripped(of: nil, left: true, right: true)
      return value.number.flatMap { Int(exactly: $0.rounded(.towardZero)) }.map { .int($0) }
        ?? Int(text).map { .int($0) } ?? argument(0, "default") ?? .int(0)
    case "float":
      return (value.number ?? Double(value.text)).map { .double($0) } ?? argument(0, "default")
        ?? .double(0)
    case "abs":
      if let whole = value.whole, whole != .min { return .int(abs(whole)) }
      guard let number = value.number else { throw fault("abs of \(value.kind)") }
      return .double(abs(number))
    case "items":
      guard case .dict(let members) = value else {
        if value.isUndefined { return .list([]) }
        throw fault("items of \(value.kind)")
      }
      return .list(members.map { .list([.string($0.key), $0.value]) })
    default: return try listFilter(name, value, given, named)
    }
  }

  private func indented(
    _ text: String, by width: JinjaValue?, _ first: JinjaValue?
  ) throws(JinjaFault) -> String {
    let margin: String
    if case .string(let text)? = width {
      margin = text
    } else {
      margin = String(repeating: " ", count: min(max(width?.whole ?? 4, 0), 256))
    }
    let lines = text.parts(at: "\n", limit: -1)
    return lines.enumerated().map { index, line in
      (index == 0 ? first?.isTrue == true : !line.isEmpty) ? margin + line : line
    }.joined(separator: "\n")
  }

  private mutating func listFilter(
    _ name: String, _ value: JinjaValue, _ given: [JinjaValue], _ named: [(String, JinjaValue)]
  ) throws(JinjaFault) -> JinjaValue {
    let values = try items(value)
    switch name {
    case "length", "count":
      if value.isUndefined { throw fault("the length of \(value.kind)") }
      return .int(values.count)
    case "list": return .list(values)
    case "first": return values.first ?? .undefined("first")
    case "last": return values.last ?? .undefined("last")
    case "reverse":
      if case .string(let text) = value { return .string(String(scalars: text.scalars.reversed())) }
      return .list(values.reversed())
    case "unique":
      return .list(
        values.reduce(into: []) { kept, next in
          if !kept.contains(where: { $0.equals(next) }) { kept.append(next) }
        })
    case "join":
      let key = named.first { $0.0 == "attribute" }?.1
      var texts: [String] = []
      for value in values {
        texts.append(
          try key.map { (k) throws(JinjaFault) in try item(k, of: value) }?.text ?? value.text)
      }
      return .string(texts.joined(separator: given.first?.text ?? ""))
    case "map":
      if let key = named.first(where: { $0.0 == "attribute" })?.1 {
        return .list(
          try transformed(values) { (run, v) throws(JinjaFault) in try run.item(key, of: v) })
      }
      guard let filter = given.first?.text else { throw fault("map without a filter") }
      let rest = Array(given.dropFirst())
      return .list(
        try transformed(values) { (run, v) throws(JinjaFault) in
          try run.filter(filter, v, rest, named)
        })
    case "select", "reject":
      return .list(try chosen(values, given[...], key: nil, wanted: name == "select"))
    case "selectattr", "rejectattr":
      guard let key = given.first else { throw fault("\(name) without a member") }
      return .list(
        try chosen(values, given.dropFirst(), key: key, wanted: name == "selectattr"))
    default: throw fault("the filter \(name), which is not known")
    }
  }

  private mutating func transformed(
    _ values: [JinjaValue],
    _ body: (inout JinjaRun, JinjaValue) throws(JinjaFault) -> JinjaValue
  ) throws(JinjaFault) -> [JinjaValue] {
    var result: [JinjaValue] = []
    for value in values { result.append(try body(&self, value)) }
    return result
  }

  /// The values that pass a test, or those that do not.
  ///
  /// - Parameter given: The test's name and its arguments; none asks for truth.
  private func chosen(
    _ values: [JinjaValue], _ given: ArraySlice<JinjaValue>, key: JinjaValue?, wanted: Bool
  ) throws(JinjaFault) -> [JinjaValue] {
    var result: [JinjaValue] = []
    for value in values {
      let subject = try key.map { (k) throws(JinjaFault) in try item(k, of: value) } ?? value
      let passes =
        try given.first.map { (name) throws(JinjaFault) in
          try test(name.text, subject, Array(given.dropFirst()))
        } ?? subject.isTrue
      if passes == wanted { result.append(value) }
    }
    return result
  }

  /// Whether a value passes a test.
  func test(_ name: String, _ value: JinjaValue, _ given: [JinjaValue]) throws(JinjaFault) -> Bool {
    switch (name, value) {
    case ("defined", _): return !value.isUndefined
    case ("undefined", _): return value.isUndefined
    case ("none", .none), ("boolean", .bool), ("integer", .int), ("float", .double),
      ("number", .int), ("number", .double), ("number", .bool), ("string", .string),
      ("mapping", .dict), ("sequence", .list), ("sequence", .dict), ("sequence", .string),
      ("iterable", .list), ("iterable", .dict), ("iterable", .string), ("iterable", .undefined),
      ("sequence", .undefined), ("callable", .macro), ("callable", .function):
      return true
    case ("none", _), ("boolean", _), ("integer", _), ("float", _), ("number", _), ("string", _),
      ("mapping", _), ("sequence", _), ("iterable", _), ("callable", _):
      return false
    case ("true", .bool(let truth)): return truth
    case ("false", .bool(let truth)): return !truth
    case ("true", _), ("false", _): return false
    case ("odd", .int(let number)): return number % 2 != 0
    case ("even", .int(let number)): return number % 2 == 0
    case ("divisibleby", .int(let number)):
      guard let by = given.first?.whole, by != 0 else { throw fault("divisibleby no number") }
      return by == -1 || number % by == 0
    default: break
    }
    let signs = [
      "eq": "==", "equalto": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=",
      "in": "in",
    ]
    let sign = signs[name] ?? name
    guard Set(signs.values).contains(sign), let other = given.first else {
      throw fault("the test \(name), which is not known for \(value.kind)")
    }
    return try binary(sign, value, other).isTrue
  }
}
