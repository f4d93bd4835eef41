import Foundation

/// What a template can call.
extension JinjaRun {
  /// What every template can call by name.
  static let functions: Set<String> = [
    "namespace", "dict", "range", "raise_exception", "strftime_now",
  ]

  /// A call of a macro, of one of transformers' functions, or of a method.
  mutating func call(
    _ function: JinjaExpression, _ arguments: JinjaArguments
  ) throws(JinjaFault) -> JinjaValue {
    if case .attribute(let owner, let name) = function {
      let owner = try value(owner)
      let (positional, named) = try values(arguments)
      if case .macro(let place) = try? member(name, of: owner) {
        return try call(place, positional, named)
      }
      return try method(name, owner, positional, named)
    }
    guard case .name(let name) = function else { throw fault("a call of something without a name") }
    let (positional, named) = try values(arguments)
    if case .macro(let place)? = value(of: name) { return try call(place, positional, named) }
    switch name {
    case "namespace":
      var members = named
      if case .dict(let first)? = positional.first {
        members = first.map { ($0.key, $0.value) } + named
      }
      namespaces.append(members)
      return .namespace(namespaces.count - 1)
    case "dict": return .dictionary(named)
    case "range": return try range(positional)
    case "raise_exception":
      throw fault("its own objection: \(positional.first?.text ?? "none given")")
    case "strftime_now": return .string(formatted(positional.first?.text ?? ""))
    default: throw fault("a call of \(name), which is not known")
    }
  }

  private func range(_ given: [JinjaValue]) throws(JinjaFault) -> JinjaValue {
    let numbers = given.compactMap(\.whole)
    guard numbers.count == given.count, (1...3).contains(numbers.count) else {
      throw fault("range of something else than one to three whole numbers")
    }
    let (start, end) = numbers.count == 1 ? (0, numbers[0]) : (numbers[0], numbers[1])
    let step = numbers.count == 3 ? numbers[2] : 1
    // The limit of Jinja's own sandbox.
    let limit = 100_000
    guard step != 0, abs(Double(end) - Double(start)) / abs(Double(step)) <= Double(limit) else {
      throw fault("a range over \(limit) numbers")
    }
    return .list(stride(from: start, to: end, by: step).map { .int($0) })
  }

  /// The time, as `strftime` writes it.
  private func formatted(_ format: String) -> String {
    var time = time_t(now.timeIntervalSince1970)
    var parts = tm()
    guard !format.isEmpty, format.utf8.count < 256, localtime_r(&time, &parts) != nil else {
      return ""
    }
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = strftime(&buffer, buffer.count, format, &parts)
    return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  // MARK: Methods

  private func method(
    _ name: String, _ owner: JinjaValue, _ given: [JinjaValue], _ named: [(String, JinjaValue)]
  ) throws(JinjaFault) -> JinjaValue {
    switch owner {
    case .string(let text):
      if let result = try textMethod(name, text, given, named) { return result }
    case .dict(let members):
      switch name {
      case "items": return .list(members.map { .list([.string($0.key), $0.value]) })
      case "keys": return .list(members.map { .string($0.key) })
      case "values": return .list(members.map(\.value))
      case "get":
        return members.first { $0.key.isSame(as: given.first?.text ?? "") }?.value
          ?? (given.count > 1 ? given[1] : .none)
      default: break
      }
    case .list(let values):
      switch name {
      case "index":
        if let place = values.firstIndex(where: { $0.equals(given.first ?? .none) }) {
          return .int(place)
        }
        throw fault("index of a value that is not in the list")
      case "count": return .int(values.count { $0.equals(given.first ?? .none) })
      default: break
      }
    default: break
    }
    throw fault("\(name) of \(owner.kind)")
  }

  private func textMethod(
    _ name: String, _ text: String, _ given: [JinjaValue], _ named: [(String, JinjaValue)]
  ) throws(JinjaFault) -> JinjaValue? {
    let first = given.first?.text
    let all = text.scalars
    switch name {
    case "strip": return .string(text.stripped(of: first, left: true, right: true))
    case "lstrip": return .string(text.stripped(of: first, left: true, right: false))
    case "rstrip": return .string(text.stripped(of: first, left: false, right: true))
    case "upper": return .string(text.uppercased())
    case "lower": return .string(text.lowercased())
    case "title": return .string(text.titled)
    case "capitalize": return .string(text.withCapital)
    case "startswith", "endswith":
      var affixes = [given.first ?? .string("")]
      if case .list(let several)? = given.first { affixes = several }
      return .bool(
        affixes.contains { affix in
          name == "startswith"
            ? all.starts(with: affix.text.scalars)
            : all.reversed().starts(with: affix.text.scalars.reversed())
        })
    case "split":
      let limit = given.count > 1 ? given[1].whole : named.first { $0.0 == "maxsplit" }?.1.whole
      guard first != "" else { throw fault("split at an empty text") }
      return .list(text.parts(at: first, limit: limit ?? -1).map { .string($0) })
    case "replace":
      guard given.count >= 2 else { throw fault("replace without two texts") }
      return .string(
        text.replacing(
          given[0].text, by: given[1].text, limit: given.count > 2 ? given[2].whole ?? -1 : -1))
    case "find": return .int(all.firstRange(of: (first ?? "").scalars)?.lowerBound ?? -1)
    case "count":
      return .int(max(0, text.parts(at: first ?? "", limit: -1).count - 1))
    case "join":
      return .string(try items(given.first ?? .none).map(\.text).joined(separator: text))
    case "isdigit": return .bool(!all.isEmpty && all.allSatisfy { ("0"..."9").contains($0) })
    default: return nil
    }
  }
}

extension String {
  /// Without certain characters at its ends; whitespace where none are named.
  func stripped(of characters: String?, left: Bool, right: Bool) -> String {
    let set = characters.map { Set($0.unicodeScalars) }
    func goes(_ scalar: Unicode.Scalar) -> Bool {
      set?.contains(scalar) ?? scalar.properties.isWhitespace
    }
    var rest = scalars[...]
    if left { rest = rest.drop(while: goes) }
    if right { rest = rest[..<(rest.lastIndex { !goes($0) }.map { $0 + 1 } ?? rest.startIndex)] }
    return String(scalars: rest)
  }

  /// The parts between separators; between runs of whitespace where none is named.
  func parts(at separator: String?, limit: Int) -> [String] {
    var rest = scalars[...]
    var parts: [String] = []
    guard let separator else {
      rest = rest.drop { $0.properties.isWhitespace }
      while !rest.isEmpty, limit < 0 || parts.count < limit {
        let word = rest.prefix { !$0.properties.isWhitespace }
        parts.append(String(scalars: word))
        rest = rest[word.endIndex...].drop { $0.properties.isWhitespace }
      }
      return rest.isEmpty ? parts : parts + [String(scalars: rest)]
    }
    let mark = separator.scalars
    while !mark.isEmpty, limit < 0 || parts.count < limit, let found = rest.firstRange(of: mark) {
      parts.append(String(scalars: rest[..<found.lowerBound]))
      rest = rest[found.upperBound...]
    }
    return parts + [String(scalars: rest)]
  }

  /// With a text in the place of another.
  func replacing(_ old: String, by new: String, limit: Int) -> String {
    guard old.isEmpty else { return parts(at: old, limit: limit).joined(separator: new) }
    return scalars.reduce(into: new) { $0 += String($1) + new }
  }

  /// The first character as a capital, the others small.
  var withCapital: String {
    let all = scalars
    return (all.first?.properties.titlecaseMapping ?? "")
      + String(scalars: all.dropFirst()).lowercased()
  }

  /// Every word with a capital.
  var titled: String {
    var result = ""
    var isInside = false
    for scalar in unicodeScalars {
      let letter = scalar.properties
      result += isInside ? letter.lowercaseMapping : letter.titlecaseMapping
      isInside = letter.isAlphabetic
    }
    return result
  }
}
