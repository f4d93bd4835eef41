import Foundation

/// A JSON value, for files whose keys depend on who wrote them, such as `config.json`.
public enum JSON: Sendable, Hashable {
  case null
  case bool(Bool)
  /// A number without a fraction that fits.
  case int(Int)
  case double(Double)
  case string(String)
  case array([JSON])
  case object([String: JSON])
}

extension JSON {
  /// The value under `key`; nil when this is no object or has no such key.
  public subscript(key: String) -> JSON? { object?[key] }

  /// The element at `index`; nil when this is no array or is shorter.
  public subscript(index: Int) -> JSON? {
    guard let array, array.indices.contains(index) else { return nil }
    return array[index]
  }

  /// Whether this is `null`.
  public var isNull: Bool { self == .null }

  /// The truth value; nil when it is something else.
  public var bool: Bool? {
    guard case .bool(let value) = self else { return nil }
    return value
  }

  /// The whole number; also of `8.0`, which some writers emit; nil when it is something else.
  public var int: Int? {
    switch self {
    case .int(let value): value
    case .double(let value): Int(exactly: value)
    default: nil
    }
  }

  /// The number, whole or not; nil when it is something else.
  public var double: Double? {
    switch self {
    case .int(let value): Double(value)
    case .double(let value): value
    default: nil
    }
  }

  /// The text; nil when it is something else.
  public var string: String? {
    guard case .string(let value) = self else { return nil }
    return value
  }

  /// The elements; nil when it is something else.
  public var array: [JSON]? {
    guard case .array(let value) = self else { return nil }
    return value
  }

  /// The members; nil when it is something else.
  public var object: [String: JSON]? {
    guard case .object(let value) = self else { return nil }
    return value
  }

  /// What it is, for an error text, such as `a number`.
  public var kind: String {
    switch self {
    case .null: "null"
    case .bool: "true or false"
    case .int, .double: "a number"
    case .string: "a text"
    case .array: "a list"
    case .object: "an object"
    }
  }
}

extension JSON: CustomStringConvertible {
  /// A single value as the file has it; a list or an object by its size.
  public var description: String {
    switch self {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .int(let value): "\(value)"
    case .double(let value): "\(value)"
    case .string(let value): "\"\(value)\""
    case .array(let values): "a list of \(values.count)"
    case .object(let members): "an object of \(members.count)"
    }
  }
}

extension JSON: Decodable {
  /// Reads any JSON value.
  public init(from decoder: any Decoder) throws {
    // Objects and arrays first: each failed attempt costs an error, and they nest.
    if let members = try? decoder.container(keyedBy: Name.self) {
      var object: [String: JSON] = [:]
      for key in members.allKeys {
        object[key.stringValue] = try members.decode(JSON.self, forKey: key)
      }
      self = .object(object)
      return
    }
    if var elements = try? decoder.unkeyedContainer() {
      var array: [JSON] = []
      while !elements.isAtEnd { array.append(try elements.decode(JSON.self)) }
      self = .array(array)
      return
    }
    let value = try decoder.singleValueContainer()
    if value.decodeNil() {
      self = .null
    } else if let string = try? value.decode(String.self) {
      self = .string(string)
    } else if let bool = try? value.decode(Bool.self) {
      self = .bool(bool)
    } else if let int = try? value.decode(Int.self) {
      self = .int(int)
    } else {
      self = .double(try value.decode(Double.self))
    }
  }

  /// Any member's name.
  struct Name: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }
}

extension JSON {
  /// Reads the JSON file at `path`.
  ///
  /// - Throws: what `MappedFile` throws; `invalidJSON` with the line where it is known.
  public static func read(_ path: String) throws(CheckpointError) -> JSON {
    let data = try MappedFile(path: path).withBytes { Data($0) }
    return try decode(JSON.self, from: data, file: path)
  }

  /// Decodes `data`, naming `file` in errors.
  static func decode<Value: Decodable>(
    _ type: Value.Type, from data: Data, file: String
  ) throws(CheckpointError) -> Value {
    guard !data.isEmpty else { throw .invalidJSON(file: file, found: "an empty file") }
    do {
      return try JSONDecoder().decode(type, from: data)
    } catch {
      throw .invalidJSON(
        file: file, found: bareword(in: data) ?? syntaxFault(in: data) ?? describe(error))
    }
  }

  /// `NaN` or `Infinity` outside of strings, which Python writes and JSON does not have.
  private static func bareword(in data: Data) -> String? {
    var line = 1
    var inString = false
    var escaped = false
    for index in data.indices {
      let byte = data[index]
      if byte == UInt8(ascii: "\n") { line += 1 }
      guard !inString else {
        if byte == UInt8(ascii: "\""), !escaped { inString = false }
        escaped = byte == UInt8(ascii: "\\") && !escaped
        continue
      }
      if byte == UInt8(ascii: "\"") { inString = true }
      for word in ["NaN", "Infinity"] where data[index...].starts(with: word.utf8) {
        return "\(word) on line \(line), which is no JSON number"
      }
    }
    return nil
  }

  /// What breaks the syntax, and the line; nil when nothing does.
  ///
  /// Foundation's decoder says neither on Linux; its older parser gives the offset, inside of a
  /// sentence.
  private static func syntaxFault(in data: Data) -> String? {
    do {
      _ = try JSONSerialization.jsonObject(with: data, options: .fragmentsAllowed)
      return nil
    } catch {
      guard let detail = (error as NSError).userInfo[NSDebugDescriptionErrorKey] as? String,
        !detail.isEmpty
      else { return nil }
      let words = detail.trimmingCharacters(in: ["."]).split(separator: " ").map(String.init)
      let text = { (words: ArraySlice<String>) in
        words.enumerated().map { $0 == 0 ? $1.prefix(1).lowercased() + $1.dropFirst() : $1 }
          .joined(separator: " ")
      }
      guard let place = words.lastIndex(of: "character"), place > 0, place + 1 < words.count,
        let offset = Int(words[place + 1])
      else { return text(words[...]) }
      let line = 1 + data.prefix(offset).count { $0 == UInt8(ascii: "\n") }
      let end = words[..<place].lastIndex { $0 == "around" || $0 == "starting" } ?? place
      return "\(text(words[..<end])) on line \(line)"
    }
  }

  /// Foundation's reason, shortened to the part that helps.
  private static func describe(_ error: any Error) -> String {
    guard let error = error as? DecodingError else { return "\(error)" }
    let context: DecodingError.Context
    switch error {
    case .dataCorrupted(let found): context = found
    case .typeMismatch(_, let found), .valueNotFound(_, let found): context = found
    case .keyNotFound(let key, let found):
      let place = found.codingPath.map(\.stringValue).joined(separator: ".")
      return "no \"\(key.stringValue)\"\(place.isEmpty ? "" : " in \(place)")"
    @unknown default: return "\(error)"
    }
    let place = context.codingPath.map(\.stringValue).joined(separator: ".")
    let detail = context.debugDescription
    let reason = detail.hasSuffix(".") ? String(detail.dropLast()) : detail
    return place.isEmpty ? reason : "\(place): \(reason)"
  }
}
