extension ModelPlan {
  /// Every head, layer by layer.
  public var allHeads: [HeadIndex] { (0..<layers).flatMap(heads(inLayer:)) }

  /// The heads of one layer.
  public func heads(inLayer layer: Int) -> [HeadIndex] {
    (0..<blocks[layer].attention.heads).map { HeadIndex(layer: layer, head: $0) }
  }

  /// Reads a list of heads such as `L5.H1,5.2,L3`; a layer alone means all of its heads.
  ///
  /// - Returns: Each head once, in order.
  /// - Throws: `ModelError.headListUnreadable`, `.noSuchHead` or `.noSuchLayer`.
  public func heads(named list: some StringProtocol) throws(ModelError) -> [HeadIndex] {
    var found: Set<HeadIndex> = []
    for part in list.split(separator: ",", omittingEmptySubsequences: false) {
      let word = String(part).trimmingSpaces
      if let head = HeadIndex(word) {
        guard (0..<layers).contains(head.layer), heads(inLayer: head.layer).contains(head) else {
          throw .noSuchHead(head, layers: layers, heads: heads)
        }
        found.insert(head)
      } else if let layer = HeadIndex("\(word).0")?.layer {
        guard (0..<layers).contains(layer) else { throw .noSuchLayer(layer, layers: layers) }
        found.formUnion(heads(inLayer: layer))
      } else {
        throw .headListUnreadable(String(list))
      }
    }
    return found.sorted()
  }
}

extension ModelPlan {
  /// Reads a list of edges to cut, such as `L5.H1:9>3+9>4;L3:*>0`: heads, and edges of each of them.
  ///
  /// - Throws: `ModelError.cutUnreadable`; what `heads(named:)` throws; `RuleError.badValue` for an edge.
  public func cuts(_ list: String) throws -> [Intervention] {
    try list.split(separator: ";", omittingEmptySubsequences: false).flatMap { part in
      let ends = part.split(separator: ":", maxSplits: 1).map(String.init)
      guard ends.count == 2 else { throw ModelError.cutUnreadable(list) }
      return try heads(named: ends[0]).map { try Intervention.cut($0, edges: ends[1]) }
    }
  }
}

extension String {
  fileprivate var trimmingSpaces: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
