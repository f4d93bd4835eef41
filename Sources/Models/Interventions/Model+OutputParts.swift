import Checkpoints

extension Model {
  /// Where heads write in the stored output projections: with these parts at zero, nothing of the heads
  /// reaches the residual stream, as with their weighted values at zero.
  ///
  /// - Parameters:
  ///   - heads: Must exist.
  ///   - plan: Of the stream that they belong to; nil for the decoder.
  public func outputParts(of heads: [HeadIndex], in plan: ModelPlan? = nil) -> [Checkpoint.Part] {
    heads.compactMap { head in
      let attention = (plan ?? self.plan).blocks[head.layer].attention
      guard let place = missing.storedPlace(of: head) else { return nil }
      let (linear, columns) = (attention.output, attention.valueColumns(place))
      let name = weights[linear.weight].name
      let all = 0..<linear.outputs.count
      return linear.layout == .outputsFirst
        ? Checkpoint.Part(tensor: name, rows: all, columns: columns)
        : Checkpoint.Part(tensor: name, rows: columns, columns: all)
    }
  }
}
