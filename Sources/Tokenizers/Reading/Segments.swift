/// A text on its way through the stages: its bytes as they now stand, cut into segments, each byte
/// traced to the original.
struct Segments: Sendable {
  /// A stretch of the bytes.
  struct Segment: Sendable {
    /// The bytes `start..<end`.
    var start, end: Int
    /// The added token that it is; nil for text.
    var token: Int?
  }

  /// UTF-8.
  private(set) var bytes: [UInt8]
  /// The original offset of the edge before each byte, and of the end; nil while nothing has moved.
  ///
  /// Edges, not spans: segments side by side then cover originals side by side, whatever a stage
  /// inserted or replaced.
  private(set) var edges: [Int]?
  /// In order, without overlaps; stages may leave stretches out.
  var segments: [Segment]
  /// Whether each byte counts as its stand-in in the byte alphabet.
  var isByteLevel = false

  /// One segment with all of `original`; invalid UTF-8 becomes U+FFFD as Python's
  /// `errors="replace"` does.
  init(_ original: [UInt8]) {
    (bytes, edges) = UTF8Repair.repair(original)
    segments = bytes.isEmpty ? [] : [Segment(start: 0, end: bytes.count)]
  }

  /// The original offset of the edge before byte `position`.
  @inline(__always)
  func origin(_ position: Int) -> Int { edges.map { $0[position] } ?? position }

  /// Puts a space before each text segment that does not begin with one.
  mutating func prefixSpaces() {
    let space = UInt8(ascii: " ")
    guard segments.contains(where: { $0.token == nil && bytes[$0.start] != space }) else { return }
    var newBytes: [UInt8] = []
    var newEdges: [Int] = []
    newBytes.reserveCapacity(bytes.count + segments.count)
    newEdges.reserveCapacity(bytes.count + segments.count + 1)
    var copied = 0
    // What no segment covers is copied too: an edge belongs to both of its sides.
    func copy(upTo end: Int) {
      newBytes.append(contentsOf: bytes[copied..<end])
      for position in copied..<end { newEdges.append(origin(position)) }
      copied = end
    }
    for index in segments.indices {
      let segment = segments[index]
      copy(upTo: segment.start)
      let start = newBytes.count
      if segment.token == nil, bytes[segment.start] != space {
        newBytes.append(space)
        newEdges.append(origin(segment.start))
      }
      copy(upTo: segment.end)
      segments[index] = Segment(start: start, end: newBytes.count, token: segment.token)
    }
    copy(upTo: bytes.count)
    newEdges.append(origin(bytes.count))
    bytes = newBytes
    edges = newEdges
  }

  /// Cuts each text segment into the pieces that `cut` appends for it.
  mutating func split(
    _ cut: (_ bytes: [UInt8], _ segment: Segment, _ pieces: inout [Segment]) -> Void
  ) {
    var pieces: [Segment] = []
    pieces.reserveCapacity(max(segments.count, bytes.count / 5))
    for segment in segments {
      guard segment.token == nil else {
        pieces.append(segment)
        continue
      }
      cut(bytes, segment, &pieces)
    }
    segments = pieces
  }
}

extension Segments.Segment {
  /// Text.
  init(start: Int, end: Int) {
    self.init(start: start, end: end, token: nil)
  }
}
