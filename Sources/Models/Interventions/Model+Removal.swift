import Checkpoints
import Tensors

/// Heads that are not in the matrices at all, as `pruned_heads` of a configuration names them.
///
/// transformers 4 makes layers of unequal heads from it before it loads the weights; transformers 5 no longer
/// reads it.
///
/// Source: transformers 4.57, `modeling_utils.py` (`init_weights`, `prune_heads`) and each family's
/// `_prune_heads`.
struct RemovedHeads {
  private let plan: ModelPlan
  let heads: Set<HeadIndex>

  init(_ heads: Set<HeadIndex>, of plan: ModelPlan) {
    self.heads = heads
    self.plan = plan
  }

  /// What a configuration names.
  ///
  /// - Throws: `ModelError.configValue` for other contents, for heads that the model does not have, and where
  ///   no loader would make layers of unequal heads.
  init(_ config: ConfigReader, _ plan: ModelPlan) throws(ModelError) {
    var found: Set<HeadIndex> = []
    let value = config.value("pruned_heads")
    for (key, list) in value?.object ?? [:] {
      for head in list.array ?? [.null] {
        guard let layer = Int(key), let number = head.int, plan.blocks.indices.contains(layer),
          plan.heads(inLayer: layer).contains(HeadIndex(layer: layer, head: number))
        else {
          throw .configValue(
            file: config.file, key: "pruned_heads", found: "other than layers and their heads",
            expected: "{\"layer\": [heads]} within the model's")
        }
        found.insert(HeadIndex(layer: layer, head: number))
      }
    }
    guard found.isEmpty || plan.removesHeads else {
      throw .configValue(
        file: config.file, key: "pruned_heads", found: "set",
        expected: "{}: layers of \(plan.family) all have the same heads")
    }
    self.init(found, of: plan)
  }

  /// Where heads of a layer lie in its matrices and biases, counted as if none were missing.
  private func places(
    of heads: [Int], _ attention: AttentionPlan
  ) -> [(weight: WeightPlan, dimension: Int, places: Set<Int>)] {
    var found: [String: (weight: WeightPlan, dimension: Int, places: Set<Int>)] = [:]
    func add(_ weight: WeightPlan, _ dimension: Int, _ places: [Int]) {
      // Queries, keys and values may share a matrix.
      found[weight.name, default: (weight, dimension, [])].places.formUnion(places)
    }
    for (linear, width) in [
      (attention.query, attention.dHead), (attention.key, attention.dHead),
      (attention.value, attention.dValue),
    ] {
      let stored = linear.outputs.ranges.flatMap { Array($0) }
      let own = heads.flatMap { stored[$0 * width..<($0 + 1) * width] }
      add(linear.weight, linear.layout == .outputsFirst ? 0 : 1, own)
      if let bias = linear.bias { add(bias, 0, own) }
    }
    let output = attention.output
    add(
      output.weight, output.layout == .outputsFirst ? 1 : 0,
      heads.flatMap { Array(attention.valueColumns($0)) })
    return found.values.sorted { $0.weight.name < $1.weight.name }
  }

  private func heads(inLayer layer: Int) -> [Int] {
    heads.filter { $0.layer == layer }.map(\.head).sorted()
  }

  /// The tensors as if no head were missing: those of missing heads are zero.
  func restored(_ tensors: [String: StoredTensor]) -> [String: StoredTensor] {
    var result = tensors
    for layer in Set(heads.map(\.layer)) {
      for part in places(of: heads(inLayer: layer), plan.blocks[layer].attention) {
        let count = part.weight.shape[part.dimension]
        let kept = (0..<count).filter { !part.places.contains($0) }
        guard let name = plan.names(of: part.weight).first(where: { tensors[$0] != nil }),
          let tensor = tensors[name], tensor.shape.count > part.dimension,
          tensor.shape[part.dimension] == kept.count
        else { continue }
        result[name] = tensor.spread(dimension: part.dimension, to: kept, of: count)
      }
    }
    return result
  }

  /// What to leave out of the stored matrices so that more heads are missing.
  ///
  /// - Parameter name: Of a weight as it is stored.
  func cuts(
    _ more: Set<HeadIndex>, name: (WeightPlan) -> String
  ) -> [Checkpoint.Cut] {
    let new = more.subtracting(heads)
    return Set(new.map(\.layer)).sorted().flatMap { layer in
      let attention = plan.blocks[layer].attention
      let gone = Dictionary(
        uniqueKeysWithValues: places(of: heads(inLayer: layer), attention).map {
          ($0.weight.name, $0.places)
        })
      let own = new.filter { $0.layer == layer }.map(\.head).sorted()
      return places(of: own, attention).map { part in
        let missing = gone[part.weight.name] ?? []
        let stored = (0..<part.weight.shape[part.dimension]).filter { !missing.contains($0) }
        return Checkpoint.Cut(
          tensor: name(part.weight), dimension: part.dimension,
          places: stored.indices.filter { part.places.contains(stored[$0]) })
      }
    }
  }

  /// A line for people; none when no head is missing.
  var notice: [String] {
    guard !heads.isEmpty else { return [] }
    let names = heads.sorted().map(\.description)
    return [
      "pruned_heads: \(names.prefix(4).joined(separator: ", "))"
        + (names.count > 4 ? " and \(names.count - 4) more" : "")
        + " are not in the checkpoint and stand as zeros"
    ]
  }

  /// Where a head stands among those of its layer that are stored; nil for one that is not.
  func storedPlace(of head: HeadIndex) -> Int? {
    guard !heads.contains(head) else { return nil }
    return head.head - heads.count { $0.layer == head.layer && $0.head < head.head }
  }
}

extension Checkpoint {
  /// The checkpoint as if no head were missing.
  func restoring(_ missing: RemovedHeads) -> Checkpoint {
    missing.heads.isEmpty ? self : replacing(missing.restored(tensors))
  }
}

extension ModelPlan {
  /// Whether a released loader opens layers of unequal heads of the family.
  public var removesHeads: Bool {
    Families.named(family)?.removableTypes.contains(family) ?? false
  }
}

extension Model {
  /// What to leave out of the stored matrices so that heads are missing in truth.
  ///
  /// - Parameter heads: Must exist; those that are missing already are nothing to leave out.
  /// - Returns: The cuts, and all heads that are missing then.
  /// - Throws: `ModelError.headsStay` for a family whose layers all have the same heads, and for a layer that
  ///   would be left without any.
  public func cuts(
    of heads: Set<HeadIndex>
  ) throws(ModelError) -> (cuts: [Checkpoint.Cut], missing: Set<HeadIndex>) {
    guard plan.removesHeads else {
      throw .headsStay(
        "no loader opens layers of \(plan.family) with unequal heads, those of "
          + Families.removableTypes.joined(separator: ", ") + " are opened by transformers 4")
    }
    let all = heads.union(missing.heads)
    for layer in 0..<plan.layers where plan.heads(inLayer: layer).allSatisfy(all.contains) {
      throw .headsStay("layer \(layer) would be left without heads, which no loader opens")
    }
    return (missing.cuts(heads) { weights[$0].name }, all)
  }
}
