import Tensors

/// Only keys within a window around the query, every one or every second, third, ….
struct WindowRule: AttentionRule {
  private static let size = RuleParameter.whole(
    "size", 256, help: "keys kept, the query's own included")
  private static let dilation = RuleParameter.whole(
    "dilation", 1, help: "steps from one key kept to the next")

  static let card = RuleCard(
    name: "window", title: "Sliding or dilated window",
    formula: "softmax over keys with |i − j| < size · dilation and (i − j) mod dilation = 0",
    family: .mask, label: .plain, evidence: .own,
    source: "Beltagy et al. 2020, Longformer, for the form", parameters: [size, dilation],
    kvFraction: "size / n")

  let size, dilation: Int

  init(_ spec: RuleSpec) {
    size = spec.whole(Self.size)
    dilation = spec.whole(Self.dilation)
  }

  func prepare<K: Kernels>(_ head: RuleHead<K>) -> HeadRule<K.Element> { .keys(mask) }

  /// The keys around each query.
  var mask: KeyMask {
    let (size, dilation) = (size, dilation)
    guard dilation > 1 else {
      return KeyMask { [max(0, $0 - size + 1)..<$0 + size] }
    }
    return KeyMask { query in
      (1 - size..<size).compactMap { step in
        let key = query + step * dilation
        return key < 0 ? nil : key..<key + 1
      }
    }
  }
}
