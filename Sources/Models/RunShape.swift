/// The stacks that a prompt runs through, and how many tokens it has in each.
public struct RunShape: Sendable, Hashable {
  /// The stack whose residual stream the output is made of.
  let plan: ModelPlan
  /// How many tokens that stack has.
  public private(set) var seq: Int
  /// The stack that it reads; nil for one stack alone.
  let encoder: ModelPlan?
  /// How many tokens that one has; 0 without it.
  public private(set) var encoderSeq: Int
  /// The stacks that a shorter text would be shorter in, the first that is worth it first; none for an image.
  let texts: [StreamName]

  /// One stack alone.
  init(_ plan: ModelPlan, seq: Int) {
    self.init(
      plan, seq: seq, encoder: nil, encoderSeq: 0,
      texts: plan.embedding.patches == nil ? [.decoder] : [])
  }

  /// A stack, and the one that it reads.
  init(
    _ plan: ModelPlan, seq: Int, encoder: ModelPlan?, encoderSeq: Int, texts: [StreamName]
  ) {
    (self.plan, self.seq) = (plan, seq)
    (self.encoder, self.encoderSeq) = (encoder, encoderSeq)
    self.texts = texts
  }

  /// How many tokens each stack has, by its name.
  var tokens: [StreamName: Int] {
    encoder == nil ? [.decoder: seq] : [.encoder: encoderSeq, .decoder: seq]
  }

  /// How many tokens a stack has at least, however short the text is.
  func leastTokens(_ stream: StreamName) -> Int {
    guard stream == .decoder, encoder != nil, let insertion = plan.insertion else { return 1 }
    return encoderSeq - insertion.dropping
  }

  /// How many tokens there are, in words.
  public var text: String { StreamName.text(tokens) }

  /// The same with another number of tokens in one of the stacks.
  func with(_ count: Int, in stream: StreamName) -> RunShape {
    var other = self
    if stream == .encoder { other.encoderSeq = count } else { other.seq = count }
    return other
  }

  /// One kind of attention in all layers of a stack.
  struct Part {
    /// Its blocks' attention is this part's.
    let plan: ModelPlan
    let queries, keys: Int
    /// How many residual streams it keeps of its own.
    let residuals: Int

    /// Every layer's queries, keys, values and weighted values, counted in numbers.
    private var layers: [Int] {
      plan.blocks.map { block in
        let (attention, width) = (block.attention, block.attention.dHead + block.attention.dValue)
        return (queries * attention.heads + keys * attention.kvHeads) * width
      }
    }
    /// Of all layers.
    var kept: Int { layers.reduce(0, +) + residuals * queries * plan.dModel }
    /// Of the widest layer, without residual streams.
    var widest: Int { layers.max() ?? 0 }
    /// Heads of all layers.
    var heads: Int { plan.blocks.reduce(0) { $0 + $1.attention.heads } }
    /// Weighted values of every layer.
    var values: [Int] { plan.blocks.map { queries * $0.attention.heads * $0.attention.dValue } }
    /// What scores need besides queries and keys; the same biases serve all layers.
    var extras: Int {
      let own = plan.blocks.reduce(0) { $0 + $1.attention.tableCount }
      let biases = Set(plan.blocks.map(\.attention.position))
      return own + biases.reduce(0) { $0 + $1.biasCount(heads: plan.heads, seq: queries) }
    }
  }

  /// The attention of the last stack.
  var own: Part { Part(plan: plan, queries: seq, keys: seq, residuals: plan.layers + 1) }

  /// What it reads of the other one by cross attention; nil without.
  var cross: Part? {
    let crossing = plan.ofCross
    guard encoder != nil, crossing.layers > 0 else { return nil }
    // The residual stream after the last block is the stack's own.
    return Part(plan: crossing, queries: seq, keys: encoderSeq, residuals: crossing.layers)
  }

  /// The attention of the stack that is read; nil without.
  var encoding: Part? {
    encoder.map {
      Part(plan: $0, queries: encoderSeq, keys: encoderSeq, residuals: $0.layers + 1)
    }
  }
}

extension StreamName {
  /// Numbers of tokens in words: "17 tokens", "300 encoder tokens and 17 decoder tokens".
  static func text(_ tokens: [StreamName: Int]) -> String {
    allCases.compactMap { name in
      tokens[name].map { "\($0) \(tokens.count > 1 ? "\(name.rawValue) " : "")tokens" }
    }.joined(separator: " and ")
  }
}

extension AttentionPlan {
  /// Numbers of what distances are as this layer's queries and keys see them.
  fileprivate var tableCount: Int {
    guard case .disentangled(let plan) = position else { return 0 }
    let sides = [plan.key, plan.query].compactMap { $0 }.count
    return sides * plan.table.shape[0] * heads * dHead
  }
}

extension PositionPlan {
  /// Numbers that a prompt's biases take.
  fileprivate func biasCount(heads: Int, seq: Int) -> Int {
    switch self {
    case .alibi(let plan): plan.slopes.count * (plan.isRounded ? seq : 2 * seq - 1)
    case .buckets: heads * (2 * seq - 1)
    case .none, .rotary, .disentangled: 0
    }
  }
}

extension Model {
  /// The stacks that a prompt runs through, and how many tokens it has in each.
  public func shape(of prompt: Prompt) -> RunShape {
    switch plan.encoder {
    case .attended(let first, _):
      RunShape(
        plan, seq: decoderPrompt(of: prompt).seq, encoder: first, encoderSeq: prompt.seq,
        texts: first.embedding.frames == nil ? [.encoder, .decoder] : [.decoder])
    case .inserted(let first, _) where prompt.image != nil:
      RunShape(
        plan, seq: prompt.seq, encoder: first,
        encoderSeq: prompt.image.flatMap { try? Prompt(image: $0, for: first).seq } ?? 0,
        texts: [.decoder])
    case .beside(let other) where prompt.image != nil: RunShape(other, seq: prompt.seq)
    default: RunShape(plan, seq: prompt.seq)
    }
  }

  /// An image alone, for a model whose images do not meet its texts; nil for others.
  public var shapeOfImage: RunShape? {
    guard case .beside(let other) = plan.encoder else { return nil }
    return RunShape(other, seq: other.contextLength)
  }

  /// The same of a text with so many tokens in every stack that reads one, a sound or an image in the others; at
  /// most what each takes.
  public func shape(seq: Int) -> RunShape {
    let own = min(seq, plan.contextLength)
    return switch plan.encoder {
    case .attended(let first, _):
      RunShape(
        plan, seq: own, encoder: first,
        encoderSeq: first.embedding.frames == nil
          ? min(seq, first.contextLength) : first.contextLength, texts: [])
    case .inserted(let first, _):
      RunShape(plan, seq: own, encoder: first, encoderSeq: first.contextLength, texts: [])
    case .beside, nil: RunShape(plan, seq: own)
    }
  }
}
