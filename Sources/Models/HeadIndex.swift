/// A head's place in a model, zero-based, written `L5.H1`.
public struct HeadIndex: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// The layer, from 0.
  public var layer: Int
  /// The query head in that layer, from 0.
  public var head: Int

  /// The head `head` of layer `layer`.
  public init(layer: Int, head: Int) {
    self.layer = layer
    self.head = head
  }

  /// Reads `L5.H1`, `l5.h1` or `5.1`; nil for anything else.
  public init?(_ text: some StringProtocol) {
    let parts = text.lowercased().split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2 else { return nil }
    func number(_ part: Substring, _ prefix: Character) -> Int? {
      let digits = part.first == prefix ? part.dropFirst() : part
      guard !digits.isEmpty, digits.allSatisfy(\.isASCII), digits.allSatisfy(\.isNumber) else {
        return nil
      }
      return Int(digits)
    }
    guard let layer = number(parts[0], "l"), let head = number(parts[1], "h") else { return nil }
    self.init(layer: layer, head: head)
  }

  /// `L5.H1`.
  public var description: String { "L\(layer).H\(head)" }

  /// Layers first.
  public static func < (a: HeadIndex, b: HeadIndex) -> Bool {
    (a.layer, a.head) < (b.layer, b.head)
  }
}
