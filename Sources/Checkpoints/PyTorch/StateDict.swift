/// The tensors of a pickle by name.
///
/// Training scripts wrap the state dict: a dict under one of the usual keys is taken for it when the
/// outermost one holds no tensor itself. Dicts inside are joined by dots.
struct StateDict {
  /// Names, and places in the heap, in the order of the file.
  private(set) var tensors: [(name: String, tensor: Int)] = []
  /// Dicts inside of dicts, at most.
  private static let depthLimit = 32
  private static let wrappers = ["state_dict", "model_state_dict", "model", "module", "net"]

  private let heap: PickleHeap
  /// Items that may still be looked at: dicts that contain each other would go on for ever, and
  /// dicts that share others would grow without bound.
  private var budget: Int

  init(_ value: PickleValue, heap: PickleHeap) throws(PyTorchFault) {
    self.heap = heap
    budget = heap.dicts.reduce(1000) { $0 + 4 * $1.count }
    var root = value
    for _ in 0..<Self.depthLimit {
      guard let inner = unwrapped(root) else { break }
      root = inner
    }
    try collect(root, prefix: "", depth: 0)
    guard !tensors.isEmpty else { throw .noTensors }
    dropCommonPrefix("module.")
    var seen: Set<String> = []
    for (name, _) in tensors where !seen.insert(name).inserted { throw .duplicateName(name) }
  }

  private func unwrapped(_ value: PickleValue) -> PickleValue? {
    guard case .dict(let index) = value else { return nil }
    let items = heap.dicts[index]
    let holdsTensors = items.contains {
      guard case .tensor = $0.value else { return false }
      return true
    }
    guard !holdsTensors else { return nil }
    for wrapper in Self.wrappers {
      for item in items {
        guard case .string(wrapper) = item.key, case .dict = item.value else { continue }
        return item.value
      }
    }
    return nil
  }

  private mutating func collect(
    _ value: PickleValue, prefix: String, depth: Int
  ) throws(PyTorchFault) {
    guard case .dict(let index) = value else { return }
    guard depth < Self.depthLimit else {
      throw .pickle(found: "dicts nested more than \(Self.depthLimit) deep")
    }
    for item in heap.dicts[index] {
      budget -= 1
      guard budget > 0 else { throw .pickle(found: "dicts that contain each other") }
      guard case .string(let key) = item.key else { continue }
      guard prefix.utf8.count + key.utf8.count <= 1000 else {
        throw .pickle(found: "a name of more than 1000 bytes")
      }
      let name = prefix + key
      if case .tensor(let tensor) = item.value {
        tensors.append((name, tensor))
      } else {
        try collect(item.value, prefix: name + ".", depth: depth + 1)
      }
    }
  }

  /// What data-parallel training puts before every name.
  private mutating func dropCommonPrefix(_ prefix: String) {
    guard tensors.allSatisfy({ $0.name.hasPrefix(prefix) }) else { return }
    tensors = tensors.map { (String($0.name.dropFirst(prefix.count)), $0.tensor) }
  }
}
