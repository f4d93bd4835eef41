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
  /// The original offset of the start of each byte, and of the end; nil while nothing has moved.
  private(set) var edges: [Int]?
  /// The original offset of the end of each byte, where that is not the start of the next: what a
  /// normalizer took out belongs to neither side.
  private(set) var ends: [Int]?
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

  /// The original offset of the start of byte `position`.
  @inline(__always)
  func origin(_ position: Int) -> Int { edges.map { $0[position] } ?? position }

  /// The original offset of the end of the byte before `position`.
  @inline(__always)
  func originEnd(_ position: Int) -> Int {
    guard let ends, position > 0 else { return origin(position) }
    return ends[position - 1]
  }

  /// The original bytes of a stretch; empty where all of it was put in.
  func origin(_ start: Int, _ end: Int) -> Range<Int> {
    let from = origin(start)
    return from..<max(from, originEnd(end))
  }

  /// Puts a space before each text segment that does not begin with one.
  mutating func prefixSpaces() {
    let space = UInt8(ascii: " ")
    rewrite { segment, output in
      if output.source.bytes[segment.start] != space { output.insert([space], at: segment.start) }
      output.copy(segment.start..<segment.end)
    }
  }

  /// Rewrites each text segment for which `isTouched`: `body` appends what it becomes.
  ///
  /// A segment that becomes empty is gone.
  mutating func rewrite(
    where isTouched: (_ bytes: [UInt8], _ segment: Segment) -> Bool = { _, _ in true },
    _ body: (_ segment: Segment, _ output: inout Rewriting) -> Void
  ) {
    guard segments.contains(where: { $0.token == nil && isTouched(bytes, $0) }) else { return }
    var output = Rewriting(self)
    var kept: [Segment] = []
    kept.reserveCapacity(segments.count)
    var copied = 0
    for segment in segments {
      // What no segment covers is copied too, so that edges stay in order.
      output.copy(copied..<segment.start)
      let start = output.bytes.count
      if segment.token == nil, isTouched(bytes, segment) {
        body(segment, &output)
      } else {
        output.copy(segment.start..<segment.end)
      }
      copied = segment.end
      guard output.bytes.count > start else { continue }
      kept.append(Segment(start: start, end: output.bytes.count, token: segment.token))
    }
    output.copy(copied..<bytes.count)
    (bytes, edges, ends) = output.finished()
    segments = kept
  }

  /// Makes bytes that count as their stand-ins those stand-ins.
  mutating func spellOut() {
    guard isByteLevel else { return }
    isByteLevel = false
    rewrite { segment, output in
      for position in segment.start..<segment.end {
        let stand = UTF8.encode(ByteAlphabet.scalars[Int(output.source.bytes[position])])
        output.replace(position..<(position + 1), by: Array(stand ?? .init()))
      }
    }
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
