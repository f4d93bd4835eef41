/// Heads of the parts of a run: each part counts its layers and heads by itself.
public struct StreamHeads: Sendable, Hashable {
  /// The heads of every part that has some.
  private var heads: [StreamName: Set<HeadIndex>] = [:]

  /// No heads.
  public init() {}

  /// Heads of one part.
  public init(_ heads: some Sequence<HeadIndex>, in stream: StreamName = .decoder) {
    self[stream] = Set(heads)
  }

  /// The heads of one part.
  public subscript(stream: StreamName) -> Set<HeadIndex> {
    get { heads[stream] ?? [] }
    set { heads[stream] = newValue.isEmpty ? nil : newValue }
  }

  /// The parts that have some, in the order in which things happen.
  public var streams: [StreamName] { StreamName.allCases.filter { heads[$0] != nil } }

  /// Whether there are none.
  public var isEmpty: Bool { heads.isEmpty }

  /// How many there are in all parts.
  public var count: Int { heads.values.reduce(0) { $0 + $1.count } }

  /// Interventions that set their weighted values to zero, by part.
  public var zeroed: [StreamName: [Intervention]] {
    heads.mapValues { $0.sorted().map(Intervention.zero) }
  }

  /// Reads a list such as `L5.H1,encoder:L0.H2,L3`: words that name no part mean heads of `stream`.
  ///
  /// - Parameter named: The heads that words of one part name, such as `ModelPlan.heads(named:)`.
  /// - Throws: `ModelError.headListUnreadable` about a part that no model has; what `named` throws.
  public init(
    _ list: String, in stream: StreamName,
    named: (_ words: String, _ stream: StreamName) throws -> [HeadIndex]
  ) throws {
    for word in list.split(separator: ",", omittingEmptySubsequences: false) {
      let parts = word.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      let part = parts.count == 2 ? StreamName(rawValue: parts[0].filter { $0 != " " }) : stream
      guard let part else { throw ModelError.headListUnreadable(list) }
      self[part].formUnion(try named(String(parts[parts.count - 1]), part))
    }
  }

  /// Their names, as `init(_:in:named:)` reads them with this `stream`, commas between.
  public func names(in stream: StreamName) -> [String] {
    streams.flatMap { part in
      self[part].sorted().map { part == stream ? "\($0)" : "\(part.rawValue):\($0)" }
    }
  }
}

extension Model {
  /// Reads a list of heads of a prompt's run, such as `L5.H1,encoder:L0.H2,L3`; a layer alone means all of its
  /// heads, a word that names no part heads of `stream`.
  ///
  /// - Throws: `ModelError.headListUnreadable`, `.noSuchHead`, `.noSuchLayer` or `.noSuchStream`.
  public func heads(
    named list: String, in stream: StreamName, of prompt: Prompt
  ) throws -> StreamHeads {
    try StreamHeads(list, in: stream) { try plan($1, for: prompt).heads(named: $0) }
  }
}
