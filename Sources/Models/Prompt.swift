import Tensors
import Tokenizers

/// What a model is asked to look at.
public struct Prompt: Sendable, Hashable {
  /// The tokens, added special ones included; of an image, its patches.
  public let tokens: [Token]
  /// Which special tokens were added: `bos`, `eos`, `cls`, `sep`.
  public let added: [String]
  /// The text it came from; nil for a prompt given as ids.
  public let text: String?
  /// For each token, which of two texts it belongs to, as the model is told; empty when all are 0.
  public var typeIDs: [Int] = []
  /// An image or a sound.
  public var media: PromptMedia?
  /// Where the image's patches stand among the tokens; nil for no image.
  public var grid: PatchGrid?
  /// Named stretches of tokens, such as the two texts of a pair.
  public var spans: [PromptSpan] = []
  /// Of an encoder-decoder, the tokens that its decoder is given; empty for none.
  public var decoder: [Token] = []

  /// A prompt of the given tokens.
  public init(tokens: [Token], added: [String] = [], text: String? = nil) {
    self.tokens = tokens
    self.added = added
    self.text = text
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
    guard case .image(let tensor) = media else { return nil }
    return tensor
  }

  /// Which text a token belongs to, 0 or 1.
  func typeID(at position: Int) -> Int {
    typeIDs.indices.contains(position) ? typeIDs[position] : 0
  }
}

/// What is no text.
public enum PromptMedia: Sendable, Hashable {
  /// Preprocessed pixels, `[channel, height, width]`.
  case image(Tensor<Float>)
  /// Features, `[band, frame]`.
  case sound(Tensor<Float>)

  /// The numbers.
  public var tensor: Tensor<Float> {
    switch self {
    case .image(let tensor), .sound(let tensor): tensor
    }
  }
}

/// How an image's patches lie among a prompt's tokens: row by row.
public struct PatchGrid: Sendable, Hashable {
  /// Patches down and across.
  public let rows, columns: Int
  /// The first patch's token; those before it are no patches.
  public let first: Int

  /// The tokens that are patches.
  public var tokens: Range<Int> { first..<first + rows * columns }
}

/// A named stretch of a prompt's tokens.
public struct PromptSpan: Sendable, Hashable {
  /// What people call it, such as `A`.
  public let name: String
  /// Its tokens.
  public let range: Range<Int>

  /// The tokens of that name.
  public init(name: String, range: Range<Int>) {
    self.name = name
    self.range = range
  }
}
