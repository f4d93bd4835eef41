import Checkpoints

/// Values that may be missing, and lists.
extension ConfigReader {
  /// A whole number above zero; nil when absent or null.
  public func optionalCount(_ key: String) throws(ModelError) -> Int? {
    value(key) == nil ? nil : try count(key)
  }

  /// A whole number above zero under the first of two names that the file has.
  public func count(_ key: String, or other: String) throws(ModelError) -> Int {
    if let first = try optionalCount(key) {
      _ = value(other)
      return first
    }
    return try count(value(other) == nil ? key : other)
  }

  /// Counts keys as used that change nothing.
  public func ignore(_ keys: [String]) { for key in keys { _ = value(key) } }

  /// A finite number above zero; nil when absent or null.
  public func optionalNumber(_ key: String) throws(ModelError) -> Double? {
    value(key) == nil ? nil : try number(key)
  }

  /// A word; nil when absent or null.
  ///
  /// - Parameter accepted: What it may be.
  public func word(_ key: String, among accepted: [String]) throws(ModelError) -> String? {
    guard let found = value(key) else { return nil }
    guard let word = found.string, accepted.contains(word) else {
      throw .configValue(
        file: file, key: key, found: found.string ?? "\(found)",
        expected: "one of \(accepted.joined(separator: ", "))")
    }
    return word
  }

  /// A list of whole numbers from zero; nil when absent or null.
  public func numbers(_ key: String) throws(ModelError) -> [Int]? {
    guard let found = value(key) else { return nil }
    let list = found.array?.compactMap { $0.int ?? $0.bool.map { $0 ? 1 : 0 } }
    guard let list, list.count == found.array?.count, list.allSatisfy({ $0 >= 0 }) else {
      throw .configValue(
        file: file, key: key, found: found.kind, expected: "a list of whole numbers")
    }
    return list
  }

  /// One word for each layer; nil when absent or null.
  public func layerWords(
    _ key: String, layers: Int, among accepted: [String]
  ) throws(ModelError) -> [String]? {
    guard let found = value(key) else { return nil }
    let words = found.array?.compactMap(\.string) ?? []
    guard words.count >= layers, words.allSatisfy(accepted.contains) else {
      throw .configValue(
        file: file, key: key, found: "\(words.count) words",
        expected: "\(layers) among \(accepted.joined(separator: ", "))")
    }
    return words
  }

  /// Which keys a layer's queries see, from `layer_types`.
  ///
  /// - Parameters:
  ///   - window: The size of the sliding window; nil for none.
  ///   - slides: Whether a layer's window slides when the file does not say.
  public func masks(
    layers: Int, window: Int?, slides: (Int) -> Bool
  ) throws(ModelError) -> [MaskPlan] {
    let words = try layerWords(
      "layer_types", layers: layers, among: ["full_attention", "sliding_attention"])
    return (0..<layers).map { layer in
      let isSliding = words.map { $0[layer] == "sliding_attention" } ?? slides(layer)
      guard isSliding, let window else { return .causal }
      return .sliding(window)
    }
  }

  /// The width of one head, where heads make up the whole width.
  public func headWidth(_ dModel: Int, heads: Int, key: String) throws(ModelError) -> Int {
    guard dModel % heads == 0 else {
      throw .configValue(
        file: file, key: key, found: "\(heads)", expected: "a divisor of \(dModel)")
    }
    return dModel / heads
  }
}
