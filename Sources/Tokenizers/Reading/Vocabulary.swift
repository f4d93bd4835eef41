/// The pieces of a model and their ids.
struct Vocabulary: Sendable {
  /// Spellings by id; nil where an id is not used.
  private(set) var pieces: [String?] = []
  /// Ids by spelling.
  private(set) var table: ByteTable

  /// An empty vocabulary.
  init(capacity: Int) {
    table = ByteTable(capacity: capacity)
    pieces.reserveCapacity(capacity)
  }

  /// The object under `key`: ids by spelling.
  init(_ section: Section, key: String) throws(TokenizerError) {
    guard case .object(let members)? = section.value(key) else {
      throw section.wrong(key, expected: "an object from pieces to ids")
    }
    self.init(capacity: members.count)
    for member in members {
      // A few pieces with ids far apart must not ask for a table of all between.
      guard let id = Section.id(member.value), id < 1 << 20 || id / 64 < members.count else {
        throw .invalid(
          file: section.file, place: "\(section.place(of: key)).\(member.key)",
          found: member.value.kind,
          expected: Section.idExpectation)
      }
      insert(member.key, id: id)
    }
  }

  /// Adds a piece.
  mutating func insert(_ piece: String, id: Int) {
    while pieces.count <= id { pieces.append(nil) }
    pieces[id] = piece
    table.insert(piece.utf8, Int32(id))
  }

  /// The id of `piece`, spelled exactly so.
  func id(of piece: String) -> Int? { table.find(piece.utf8).map { Int($0) } }
}
