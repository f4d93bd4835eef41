import Tensors
import Tokenizers

/// What a model is asked to look at.
public struct Prompt: Sendable, Hashable {
  /// The tokens, added special ones included; of an image, its patches.
  public private(set) var tokens: [Token]
  /// Which special tokens were added: `bos`, `eos`, `cls`, `sep`.
  public let added: [String]
  /// The text it came from; nil for a prompt given as ids.
  public let text: String?
  /// For each token, which of two texts it belongs to, as the model is told; empty when all are 0.
  public var typeIDs: [Int] = []
  /// An image or a sound.
  public var media: PromptMedia?
  /// Of an encoder-decoder, the tokens that its decoder is given; empty for none.
  public var decoder: [Token] = []

  /// Where an image's patches stand; nil for text.
  public var grid: PatchGrid?
  /// Stretches of tokens that the user named, within `0..<seq`; they may overlap.
  public private(set) var spans: [PromptSpan] = []

  /// A prompt of the given tokens.
  public init(tokens: [Token], added: [String] = [], text: String? = nil) {
    self.tokens = tokens
    self.added = added
    self.text = text
  }

  /// The first tokens of a text, as a prompt of their own; the prompt itself where it is no longer, an image,
  /// a sound, or meant for two stacks.
  public func prefix(_ count: Int) -> Prompt {
    guard count < seq, media == nil, grid == nil, decoder.isEmpty else { return self }
    var prompt = Prompt(tokens: Array(tokens.prefix(count)), added: added)
    prompt.typeIDs = Array(typeIDs.prefix(count))
    return prompt
  }

  /// The same prompt with more tokens after its last: no longer what its text alone gives.
  public func continued(with more: [Token]) -> Prompt {
    var prompt = Prompt(tokens: tokens + more, added: added)
    prompt.typeIDs =
      typeIDs.isEmpty ? [] : typeIDs + Array(repeating: typeIDs.last ?? 0, count: more.count)
    prompt.media = media
    prompt.grid = grid
    prompt.spans = spans
    prompt.decoder = decoder
    return prompt
  }

  /// The same prompt with spans marked, beside those it has.
  ///
  /// - Throws: `PromptSpanError.outside` for a span that ends after the last token.
  public func marking(_ spans: [PromptSpan]) throws(PromptSpanError) -> Prompt {
    for span in spans where span.tokens.upperBound > seq {
      throw .outside(span, seq: seq)
    }
    var prompt = self
    prompt.spans += spans
    return prompt
  }

  /// The same prompt with these spans marked and no others.
  ///
  /// - Throws: As `marking`.
  public func naming(_ spans: [PromptSpan]) throws(PromptSpanError) -> Prompt {
    var prompt = self
    prompt.spans = []
    return try prompt.marking(spans)
  }

  /// The same prompt with the spans of a tagged text marked: a token belongs to a span when it lies in its
  /// bytes, wholly or in part.
  ///
  /// - Parameter tagged: Its text is what this prompt was made from.
  /// - Throws: `PromptSpanError.noTokens` for a span without a token.
  public func marking(_ tagged: TaggedText) throws(PromptSpanError) -> Prompt {
    var found: [PromptSpan] = []
    for mark in tagged.marks {
      let inside = tokens.indices.filter {
        tokens[$0].start < mark.bytes.upperBound && tokens[$0].end > mark.bytes.lowerBound
      }
      guard let first = inside.first, let last = inside.last else { throw .noTokens(mark.name) }
      found.append(PromptSpan(name: mark.name, tokens: first..<last + 1))
    }
    return try marking(found)
  }

  /// A prompt of bare ids, for a model without a tokenizer; each token is spelled as its id.
  public init(ids: [Int]) {
    self.init(
      tokens: ids.map {
        Token(id: $0, piece: "<\($0)>", bytes: Array("<\($0)>".utf8), start: 0, end: 0)
      })
  }

  /// The token ids.
  public var ids: [Int] { tokens.map(\.id) }
  /// The number of tokens.
  public var seq: Int { tokens.count }
  /// The image; nil for none.
  public var image: Tensor<Float>? {
    guard case .image(let tensor, _) = media else { return nil }
    return tensor
  }
  /// How the image's colours became its numbers; nil where that is not known.
  public var imageColors: ImageColors? {
    guard case .image(_, let colors) = media else { return nil }
    return colors
  }

  /// Where tokens are masked, as BERT and RoBERTa spell it.
  public var maskPositions: [Int] {
    tokens.indices.filter { Self.masks.contains(tokens[$0].piece) }
  }

  /// How a masked token is spelled.
  public static let masks = ["[MASK]", "<mask>"]

  /// Which text a token belongs to, 0 or 1.
  func typeID(at position: Int) -> Int {
    typeIDs.indices.contains(position) ? typeIDs[position] : 0
  }
}

/// What is no text.
public enum PromptMedia: Sendable, Hashable {
  /// Preprocessed pixels, `[channel, height, width]`, and how they were made.
  case image(Tensor<Float>, colors: ImageColors? = nil)
  /// Features, `[band, frame]`.
  case sound(Tensor<Float>)

  /// The numbers.
  public var tensor: Tensor<Float> {
    switch self {
    case .image(let tensor, _), .sound(let tensor): tensor
    }
  }
}

/// How levels of 0 to 255 became an image's numbers, `(level · scale − mean) / deviation` in each channel, so
/// that the picture can be shown again.
public struct ImageColors: Sendable, Hashable {
  /// What levels are multiplied by.
  public let scale: Double
  /// For each channel, or one for all.
  public let mean, deviation: [Double]

  /// What a preprocessor does; `scale` and deviations are above 0, and there is at least one of each.
  public init(scale: Double, mean: [Double], deviation: [Double]) {
    (self.scale, self.mean, self.deviation) = (scale, mean, deviation)
  }

  /// The level that a number was made from; outside 0...255 for one that no level makes.
  public func level(_ value: Float, channel: Int) -> Double {
    let (mean, deviation) = (
      mean[min(channel, mean.count - 1)], deviation[min(channel, deviation.count - 1)]
    )
    return (Double(value) * deviation + mean) / scale
  }
}
