import Checkpoints
import Tensors

/// The weights of one checkpoint under the names that its plan uses.
struct Weights: Sendable {
  /// The checkpoint's name, for error texts.
  let checkpoint: String
  private var tensors: [String: StoredTensor]
  /// Tensors that the plan does not use and that no family is known to leave over, sorted.
  let unused: [String]

  /// Finds every weight of the plan and checks its shape and type.
  ///
  /// - Parameter plans: What must be there.
  /// - Throws: `ModelError` about the first weight that is missing or does not fit.
  init(_ checkpoint: Checkpoint, plan: ModelPlan, require plans: [WeightPlan]) throws(ModelError) {
    self.checkpoint = checkpoint.name
    var found: [String: StoredTensor] = [:]
    var used: Set<String> = []
    for weight in plans {
      let names = plan.names(of: weight)
      guard let name = names.first(where: { checkpoint.tensors[$0] != nil }),
        let tensor = checkpoint.tensors[name]
      else {
        throw .tensorMissing(
          checkpoint: checkpoint.name, name: names.first ?? weight.name, shape: weight.shape)
      }
      guard tensor.shape == weight.shape else {
        throw .tensorShape(
          checkpoint: checkpoint.name, name: name, found: tensor.shape, expected: weight.shape)
      }
      guard tensor.type.isFloatingPoint else {
        throw .tensorType(checkpoint: checkpoint.name, name: name, found: tensor.type.rawValue)
      }
      found[weight.name] = tensor
      used.insert(name)
    }
    tensors = found
    unused = checkpoint.names.filter { name in
      !used.contains(name) && !plan.ignoredSuffixes.contains { name.hasSuffix($0) }
        && !plan.ignoredPrefixes.contains { name.hasPrefix($0) }
    }
  }

  /// The same names with other tensors of the same shapes.
  func mapped(_ body: (String, StoredTensor) -> StoredTensor) -> Weights {
    var result = self
    for (name, tensor) in tensors { result.tensors[name] = body(name, tensor) }
    return result
  }

  /// The stored tensor of a weight that was required.
  subscript(plan: WeightPlan) -> StoredTensor {
    guard let tensor = tensors[plan.name] else {
      preconditionFailure("\(plan.name) was not required when the model was opened")
    }
    return tensor
  }

  /// Bytes of all weights on disk.
  var byteCount: Int { tensors.values.reduce(0) { $0 + $1.byteCount } }

  /// Bytes of the weights that are stored in one type.
  func byteCount(of type: StorageType) -> Int {
    tensors.values.reduce(0) { $1.type == type ? $0 + $1.byteCount : $0 }
  }

  /// Whether a weight is there.
  func has(_ plan: WeightPlan) -> Bool { tensors[plan.name] != nil }

  /// An error that names the first weight among `plans` with a number that is not finite; nil when
  /// all are.
  func firstNonFinite(among plans: [WeightPlan]) -> ModelError? {
    for plan in plans {
      guard let tensor = tensors[plan.name], let index = tensor.firstNonFinite() else { continue }
      return .weightNotFinite(checkpoint: checkpoint, name: tensor.name, index: index)
    }
    return nil
  }
}

extension ModelPlan {
  /// Where a weight may lie, the likeliest first.
  func names(of weight: WeightPlan) -> [String] {
    var names = [weight.name]
    // The first checkpoints of BERT, converted from TensorFlow.
    for (new, old) in [("LayerNorm.weight", "gamma"), ("LayerNorm.bias", "beta")]
    where weight.name.hasSuffix(new) {
      names.append(weight.name.dropLast(new.count) + "LayerNorm." + old)
    }
    if let other = fallbacks[weight.name] { names.append(other) }
    return names.flatMap { name in (prefixes + [""]).map { $0 + name } }
  }

  /// Whether a checkpoint holds a weight under one of its names.
  func finds(_ weight: WeightPlan, in checkpoint: Checkpoint) -> Bool {
    names(of: weight).contains { checkpoint.tensors[$0] != nil }
  }
}

/// Reads weights for one run, into memory that the next block's weights use again.
struct WeightReader<K: Kernels> {
  let weights: Weights
  private var numbers = ConvertedWeights<K.Element>()
  private var matrices = ConvertedWeights<K.Weight>()

  init(_ weights: Weights) { self.weights = weights }

  /// A weight in the type that the engine computes in.
  mutating func tensor(_ plan: WeightPlan) -> Tensor<K.Element> { numbers.tensor(plan, weights) }

  /// A linear layer's matrix in the type that the engine multiplies by.
  mutating func matrix(_ plan: WeightPlan) -> Tensor<K.Weight> { matrices.tensor(plan, weights) }

  /// Gives back the current weights' memory.
  mutating func releaseAll() {
    numbers.releaseAll()
    matrices.releaseAll()
  }
}

/// The current block's weights in one number type.
private struct ConvertedWeights<Element: TensorElement> {
  private var current: [WeightPlan: Tensor<Element>] = [:]
  /// Memory that earlier blocks' weights were converted into, by element count.
  private var spare: [Int: [Tensor<Element>]] = [:]

  mutating func tensor(_ plan: WeightPlan, _ weights: Weights) -> Tensor<Element> {
    if let tensor = current[plan] { return tensor }
    let stored = plan.part.map { weights[plan].rows($0..<$0 + 1) } ?? weights[plan]
    var reusable = spare[stored.count]?.popLast()
    guard let tensor = stored.widened(to: Element.self, reusing: &reusable) else {
      preconditionFailure("the type of \(plan.name) was checked when the model was opened")
    }
    let used = tensor.reshaped(plan.usedShape)
    current[plan] = used
    return used
  }

  mutating func releaseAll() {
    for tensor in current.values { spare[tensor.count, default: []].append(tensor) }
    current = [:]
  }
}
