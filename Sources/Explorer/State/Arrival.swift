import Models

/// Where to go once the first run is there; what is nil stays as a new run has it.
public struct Arrival: Sendable, Equatable {
  /// The head, brought into the model's range.
  public var head: HeadIndex?
  /// The query and the key, brought into the prompt's range.
  public var query, key: Int?
  /// The name of a score.
  public var score: String?

  /// Nowhere in particular.
  public init() {}
}

extension ExplorerState {
  /// Goes where the command line or a session said; once, for the next run is another matter.
  mutating func arrive() {
    if let head = arrival.head { self.head = head }
    if let query = arrival.query { self.query = query }
    if let key = arrival.key { self.key = key }
    if let score = arrival.score { self.score = score }
    arrival = Arrival()
  }
}
