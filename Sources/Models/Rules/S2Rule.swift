import Tensors

/// Every key/value head keeps local blocks and its own shard of the distant ones.
struct S2Rule: AttentionRule {
  private static let block = RuleParameter.whole("block", 64, help: "tokens in a block")
  private static let local = RuleParameter.whole(
    "local", 32, help: "blocks kept before and with a query's own")
  private static let stride = RuleParameter.whole(
    "stride", 8, help: "distant blocks are shared out over so many shards")
  private static let offset = RuleParameter.whole("offset", 0, 0...(1 << 30), "moves all shards")
  private static let dense = RuleParameter.whole(
    "dense", 0, 0...(1 << 30), "last KV heads that keep everything")

  static let card = RuleCard(
    name: "s2", title: "S2-Attention: strided shards",
    formula: "softmax over key blocks b of a query block a with a − b < local or"
      + " (b + h·step + offset) mod stride = 0, h the KV head, step = max(1, ⌊stride / heads⌋)",
    family: .mask,
    label: .adapted(
      supplied:
        "the mask on a model not trained with it: pessimistic, no evidence about a trained one"),
    evidence: .checked, source: "Lin et al. 2024; linxihui/dkernel utils.py",
    parameters: [block, local, stride, offset, dense], needs: [.causal], scope: .kvHead,
    kvFraction: "min(1, local · block / n + 1 / stride)")

  let block, local, stride, offset, dense: Int

  init(_ spec: RuleSpec) {
    block = spec.whole(Self.block)
    local = spec.whole(Self.local)
    stride = spec.whole(Self.stride)
    offset = spec.whole(Self.offset)
    dense = spec.whole(Self.dense)
  }

  func prepare<K: Kernels>(_ head: RuleHead<K>) -> HeadRule<K.Element> {
    guard head.kvHead < head.plan.kvHeads - dense else { return .unchanged }
    return .keys(mask(kvHead: head.kvHead, heads: head.plan.heads))
  }

  /// The keys of one key/value head.
  ///
  /// - Parameter heads: Query heads in the layer; they set the step from one shard to the next.
  func mask(kvHead: Int, heads: Int) -> KeyMask {
    let shift = kvHead * max(1, stride / heads) + offset
    let (block, local, stride) = (block, local, stride)
    return KeyMask { query in
      let own = query / block
      let near = max(0, own - local + 1)
      let first = (stride - shift % stride) % stride
      var ranges = Swift.stride(from: first, to: near, by: stride).map {
        $0 * block..<($0 + 1) * block
      }
      ranges.append(near * block..<(own + 1) * block)
      return ranges
    }
  }
}
