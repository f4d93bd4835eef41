/// Text that is being rewritten: new bytes, each traced to the original.
struct Rewriting {
  /// The text as it was.
  let source: Segments
  /// What it has become so far.
  private(set) var bytes: [UInt8] = []
  private var starts: [Int] = []
  private var ends: [Int] = []
  /// Whether any end is not the start of the next byte.
  private var hasGaps: Bool

  /// Nothing yet.
  init(_ source: Segments) {
    self.source = source
    hasGaps = source.ends != nil
    bytes.reserveCapacity(source.bytes.count + 64)
    starts.reserveCapacity(source.bytes.count + 64)
    ends.reserveCapacity(source.bytes.count + 64)
  }

  /// Takes a stretch over as it is.
  mutating func copy(_ range: Range<Int>) {
    guard !range.isEmpty else { return }
    bytes.append(contentsOf: source.bytes[range])
    for position in range {
      starts.append(source.origin(position))
      ends.append(source.originEnd(position + 1))
    }
  }

  /// Writes `new` instead of a stretch; every byte of it covers all of the stretch.
  mutating func replace(_ range: Range<Int>, by new: some Collection<UInt8>) {
    let from = source.origin(range.lowerBound)
    let to = max(from, source.originEnd(range.upperBound))
    bytes.append(contentsOf: new)
    for _ in 0..<new.count {
      starts.append(from)
      ends.append(to)
    }
    hasGaps = true
  }

  /// Writes one scalar instead of a stretch.
  mutating func replace(_ range: Range<Int>, by scalar: UInt32) {
    let byte = { (shift: UInt32) in UInt8(0x80 | scalar >> shift & 0x3F) }
    switch scalar {
    case 0..<0x80: replace(range, by: CollectionOfOne(UInt8(scalar)))
    case 0..<0x800: replace(range, by: [UInt8(0xC0 | scalar >> 6), byte(0)])
    case 0..<0x10000: replace(range, by: [UInt8(0xE0 | scalar >> 12), byte(6), byte(0)])
    default: replace(range, by: [UInt8(0xF0 | scalar >> 18 & 7), byte(12), byte(6), byte(0)])
    }
  }

  /// Leaves a stretch out.
  mutating func drop(_ range: Range<Int>) { hasGaps = true }

  /// Writes `new`, which covers nothing, before byte `position`.
  mutating func insert(_ new: some Collection<UInt8>, at position: Int) {
    bytes.append(contentsOf: new)
    let edge = source.origin(position)
    for _ in 0..<new.count {
      starts.append(edge)
      ends.append(edge)
    }
  }

  /// The new bytes, where each starts, the end of all, and where each ends if that is not the same.
  func finished() -> (bytes: [UInt8], edges: [Int], ends: [Int]?) {
    (bytes, starts + [source.origin(source.bytes.count)], hasGaps ? ends : nil)
  }
}
