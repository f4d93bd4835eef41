/// An object of tokenizer.json, with its place for error texts.
struct Section {
  /// The file it was read from.
  let file: String
  /// Its place, such as `pre_tokenizer.pretokenizers[0]`; empty for the whole file.
  let place: String
  /// Whether a text will be cut by what is read; else what only that takes is left out.
  var cutsText = true
  private let members: [JSONTree.Member]

  /// The object at `place`.
  init(_ tree: JSONTree, file: String, place: String) throws(TokenizerError) {
    guard case .object(let members) = tree else {
      throw .invalid(
        file: file, place: place.isEmpty ? "the whole file" : place, found: tree.kind,
        expected: "an object")
    }
    self.file = file
    self.place = place
    self.members = members
  }

  /// An object of heed's own making.
  init(_ members: [JSONTree.Member], file: String) {
    (self.file, self.place, self.members) = (file, "", members)
  }

  /// The place of a member.
  func place(of key: String) -> String { place.isEmpty ? key : "\(place).\(key)" }

  /// The value under `key`; nil when it is missing or null.
  func value(_ key: String) -> JSONTree? {
    guard let value = members.first(where: { $0.key == key })?.value else { return nil }
    if case .null = value { return nil }
    return value
  }

  /// All members in order.
  var all: [JSONTree.Member] { members }

  /// Refuses members that nothing reads: an option must not be lost in silence.
  func allow(_ keys: Set<String>) throws(TokenizerError) {
    for member in members where !keys.contains(member.key) {
      throw .unsupportedOption(file: file, place: place(of: member.key), value: member.value.kind)
    }
  }

  /// Refuses `key` unless it is missing, null, or what `accepts` takes as its default.
  func refuse(_ key: String, unless accepts: (JSONTree) -> Bool) throws(TokenizerError) {
    guard let value = value(key), !accepts(value) else { return }
    throw .unsupportedOption(file: file, place: place(of: key), value: value.kind)
  }

  /// The error that `key` holds something else than `expected`.
  func wrong(_ key: String, expected: String) -> TokenizerError {
    .invalid(
      file: file, place: place(of: key), found: value(key)?.kind ?? "nothing", expected: expected)
  }

  /// The text under `key`.
  func string(_ key: String) throws(TokenizerError) -> String {
    guard let string = try optionalString(key) else { throw wrong(key, expected: "a text") }
    return string
  }

  /// The text under `key`; nil when it is missing or null.
  func optionalString(_ key: String) throws(TokenizerError) -> String? {
    guard let value = value(key) else { return nil }
    guard case .string(let string) = value else { throw wrong(key, expected: "a text") }
    return string
  }

  /// The truth value under `key`, or the default where it is missing.
  func bool(_ key: String, default fallback: Bool) throws(TokenizerError) -> Bool {
    guard let value = value(key) else { return fallback }
    guard case .bool(let bool) = value else { throw wrong(key, expected: "true or false") }
    return bool
  }

  /// The count under `key`, or the default where it is missing.
  func count(_ key: String, default fallback: Int) throws(TokenizerError) -> Int {
    guard let value = value(key) else { return fallback }
    guard case .number(let number) = value, let count = Int(exactly: number), count >= 0 else {
      throw wrong(key, expected: "a whole number")
    }
    return count
  }

  /// The list under `key`; empty when it is missing or null.
  func array(_ key: String) throws(TokenizerError) -> [JSONTree] {
    guard let value = value(key) else { return [] }
    guard case .array(let elements) = value else { throw wrong(key, expected: "a list") }
    return elements
  }

  /// The object under `key`; nil when it is missing or null.
  func section(_ key: String) throws(TokenizerError) -> Section? {
    guard let value = value(key) else { return nil }
    var section = try Section(value, file: file, place: place(of: key))
    section.cutsText = cutsText
    return section
  }

  /// The objects in the list under `key`.
  func sections(_ key: String) throws(TokenizerError) -> [Section] {
    var sections: [Section] = []
    for (index, element) in try array(key).enumerated() {
      sections.append(try Section(element, file: file, place: "\(place(of: key))[\(index)]"))
    }
    return sections
  }

  /// A token's id under `key`.
  func id(_ key: String) throws(TokenizerError) -> Int {
    guard let value = value(key), let id = Section.id(value) else {
      throw wrong(key, expected: Section.idExpectation)
    }
    return id
  }

  /// The id in `value`; nil when it is none.
  static func id(_ value: JSONTree) -> Int? {
    guard case .number(let number) = value, let id = Int(exactly: number),
      (0..<idLimit).contains(id)
    else { return nil }
    return id
  }

  /// Over any vocabulary by far, and small enough for a table by id.
  static let idLimit = 1 << 24

  /// What an id may be, for an error text.
  static let idExpectation = "a whole number from 0 to \(idLimit - 1)"
}
