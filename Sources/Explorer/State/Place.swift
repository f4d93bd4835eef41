import Models

/// A place to come back to.
public struct Place: Sendable, Equatable {
  /// The view.
  public var view: String
  /// The head.
  public var head: HeadIndex
  /// The query and the key.
  public var query, key: Int
}

/// Places visited, with a position among them: back and forward as a browser goes.
public struct Trail: Sendable, Equatable {
  private(set) var places: [Place] = []
  /// The place that is returned to next; `places.count` when nothing was gone back.
  private var position = 0

  static let capacity = 100

  /// No place yet.
  init() {}

  /// Notes the place that is about to be left.
  mutating func leave(_ place: Place) {
    places.removeSubrange(position...)
    if places.last != place { places.append(place) }
    if places.count > Self.capacity { places.removeFirst() }
    position = places.count
  }

  /// The place before, `here` being kept for the way forward.
  mutating func back(from here: Place) -> Place? {
    guard position > 0 else { return nil }
    if position == places.count, places.last != here { places.append(here) }
    guard let place = places[..<position].lastIndex(where: { $0 != here }) else { return nil }
    position = place
    return places[place]
  }

  /// The place that was gone back from, past those that are `here`.
  mutating func forward(from here: Place) -> Place? {
    guard let place = places.dropFirst(position + 1).firstIndex(where: { $0 != here }) else {
      return nil
    }
    position = place
    return places[place]
  }
}
