/// Merges the symbols of one word.
struct Merger {
  private var ids: [Int32] = []
  private var starts: [Int] = []
  private var ends: [Int] = []
  private var merges: [PairTable.Merge] = []

  /// Longer words take the heap: below, looking through all pairs is quicker than keeping order.
  private static let scanLimit = 48

  /// Forgets the word.
  mutating func removeAll() {
    ids.removeAll(keepingCapacity: true)
    starts.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
  }

  /// Adds a symbol that covers `start..<end`.
  @inline(__always)
  mutating func append(_ id: Int32, start: Int, end: Int) {
    ids.append(id)
    starts.append(start)
    ends.append(end)
  }

  /// Lets the last symbol cover more.
  mutating func extendLast(to end: Int) { ends[ends.count - 1] = end }

  /// Appends what is left.
  func emit(into tokens: inout [ModelToken]) {
    for index in ids.indices {
      tokens.append(ModelToken(id: ids[index], start: starts[index], end: ends[index]))
    }
  }

  /// Merges until no pair merges.
  ///
  /// - Complexity: O(n log n) for long words.
  mutating func merge(_ pairs: PairTable) {
    guard ids.count > 1 else { return }
    if ids.count <= Self.scanLimit { scan(pairs) } else { heap(pairs) }
  }

  private mutating func scan(_ pairs: PairTable) {
    merges.removeAll(keepingCapacity: true)
    for index in 1..<ids.count { merges.append(pairs.find(ids[index - 1], ids[index])) }
    while true {
      var best = PairTable.none
      var place = 0
      for index in merges.indices where merges[index] < best {
        best = merges[index]
        place = index
      }
      guard best != PairTable.none else { return }
      ids[place] = Int32(truncatingIfNeeded: best)
      ends[place] = ends[place + 1]
      ids.remove(at: place + 1)
      starts.remove(at: place + 1)
      ends.remove(at: place + 1)
      merges.remove(at: place)
      if place > 0 { merges[place - 1] = pairs.find(ids[place - 1], ids[place]) }
      if place < merges.count { merges[place] = pairs.find(ids[place], ids[place + 1]) }
    }
  }

  private mutating func heap(_ pairs: PairTable) {
    let count = ids.count
    var next = Array(1...count)
    var previous = Array(-1..<(count - 1))
    var alive = [Bool](repeating: true, count: count)
    var queue = MergeQueue()
    for index in 1..<count {
      queue.push(pairs.find(ids[index - 1], ids[index]), at: index - 1)
    }
    while let (merge, left) = queue.pop() {
      guard alive[left], next[left] < count else { continue }
      let right = next[left]
      // The queue keeps pairs that a merge has since taken apart.
      guard pairs.find(ids[left], ids[right]) == merge else { continue }
      ids[left] = Int32(truncatingIfNeeded: merge)
      ends[left] = ends[right]
      alive[right] = false
      next[left] = next[right]
      if next[left] < count {
        previous[next[left]] = left
        queue.push(pairs.find(ids[left], ids[next[left]]), at: left)
      }
      let before = previous[left]
      if before >= 0 { queue.push(pairs.find(ids[before], ids[left]), at: before) }
    }
    var kept = 0
    for index in 0..<count where alive[index] {
      (ids[kept], starts[kept], ends[kept]) = (ids[index], starts[index], ends[index])
      kept += 1
    }
    ids.removeLast(count - kept)
    starts.removeLast(count - kept)
    ends.removeLast(count - kept)
  }
}

/// A binary heap of merges, the earliest first, the leftmost of equals.
private struct MergeQueue {
  private var items: [(merge: PairTable.Merge, place: Int)] = []

  mutating func push(_ merge: PairTable.Merge, at place: Int) {
    guard merge != PairTable.none else { return }
    items.append((merge, place))
    var child = items.count - 1
    while child > 0, items[child] < items[(child - 1) / 2] {
      items.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func pop() -> (merge: PairTable.Merge, place: Int)? {
    guard let first = items.first, let last = items.popLast() else { return nil }
    guard !items.isEmpty else { return first }
    items[0] = last
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2]
      where child < items.count && items[child] < items[least] {
        least = child
      }
      guard least != parent else { return first }
      items.swapAt(parent, least)
      parent = least
    }
  }
}
