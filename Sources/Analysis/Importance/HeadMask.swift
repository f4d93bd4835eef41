import Foundation
import Models

/// Which heads of a model are taken out.
public struct HeadMask: Sendable, Hashable {
  /// They, in order.
  public private(set) var removed: Set<HeadIndex>

  /// A mask that takes out the given heads.
  public init(removed: Set<HeadIndex> = []) { self.removed = removed }

  /// The heads as zero `z` in a run.
  public var interventions: [Intervention] { removed.sorted().map(Intervention.zero) }

  /// 1 for a head that stays, 0 for one that is taken out.
  public func table(layers: Int, heads: Int) -> HeadTable {
    var table = HeadTable(repeating: 1, layers: layers, heads: heads)
    for head in removed { table[head] = 0 }
    return table
  }

  /// `{"layer": [heads]}`, the form that `prune_heads` of transformers takes.
  public var json: String {
    let layers = Dictionary(grouping: removed, by: \.layer).sorted { $0.key < $1.key }
    return "{"
      + layers.map { layer, heads in
        "\"\(layer)\": [\(heads.map(\.head).sorted().map(String.init).joined(separator: ", "))]"
      }.joined(separator: ", ") + "}\n"
  }

  /// Reads `{"layer": [heads]}`.
  ///
  /// - Parameters:
  ///   - data: The file's bytes.
  ///   - file: Its name, for errors.
  ///   - plan: The model it is for.
  /// - Throws: `PruningError` for other contents, for heads that the model does not have, and for a
  ///   mask that leaves none.
  public init(_ data: Data, file: String, plan: ModelPlan) throws(PruningError) {
    try self.init(data, file: file, layers: plan.layers, heads: plan.heads) { head in
      plan.heads(inLayer: head.layer).contains(head)
    }
    try check(plan)
  }

  /// Reads `{"layer": [heads]}` for maps of so many layers of so many heads each.
  ///
  /// - Parameter exists: Whether the model has a head of one of these layers.
  /// - Throws: As for a plan.
  public init(
    _ data: Data, file: String, layers count: Int, heads width: Int,
    exists: (HeadIndex) -> Bool = { _ in true }
  ) throws(PruningError) {
    guard let layers = try? JSONDecoder().decode([String: [Int]].self, from: data) else {
      throw .maskUnreadable(file: file)
    }
    var removed: Set<HeadIndex> = []
    for (key, heads) in layers {
      guard let layer = Int(key) else { throw .maskUnreadable(file: file) }
      for head in heads {
        let index = HeadIndex(layer: layer, head: head)
        guard (0..<count).contains(layer), (0..<width).contains(head), exists(index) else {
          throw .maskOfAnotherModel(file: file, head: index, layers: count, heads: width)
        }
        removed.insert(index)
      }
    }
    self.removed = removed
    if removed.count >= count * width { throw .removesEveryHead(count: removed.count) }
  }

  /// Refuses a mask that leaves no head.
  public func check(_ plan: ModelPlan) throws(PruningError) {
    if removed.count >= plan.allHeads.count { throw .removesEveryHead(count: removed.count) }
  }
}

/// Why heads cannot be pruned as asked.
public enum PruningError: Error, Sendable, Equatable, CustomStringConvertible {
  case maskUnreadable(file: String)
  case maskOfAnotherModel(file: String, head: HeadIndex, layers: Int, heads: Int)
  case removesEveryHead(count: Int)
  case measureUndefined(name: String, reason: String)
  case nothingToJudge

  /// One line: what was found, what was expected, what to do.
  public var description: String {
    switch self {
    case .maskUnreadable(let file):
      "\(file): found no mask, expected {\"layer\": [heads], …} as heads_to_prune.json holds it"
    case .maskOfAnotherModel(let file, let head, let layers, let heads):
      "\(file): names \(head), but the model has layers 0 to \(layers - 1) with heads 0 to "
        + "\(heads - 1) each; use a mask of this model"
    case .removesEveryHead(let count):
      "all \(count) heads would be removed; leave at least one, with a smaller --fraction or another mask"
    case .measureUndefined(let name, let reason):
      "--by \(name): no head has this score: \(reason); choose another measure"
    case .nothingToJudge:
      "no prompt has a token to predict, so that there is no loss; give texts of two tokens or more, or, for "
        + "a model that fills in masked tokens, texts with one"
    }
  }
}
