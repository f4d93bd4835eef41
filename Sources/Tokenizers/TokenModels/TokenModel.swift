/// Turns words into ids.
protocol TokenModel: Stage {
  /// Its pieces and their ids.
  var vocabulary: Vocabulary { get }

  /// Appends the tokens of all segments, the added ones among them, in order.
  func tokenize(_ text: Segments, into tokens: inout [ModelToken])
}

/// A token as the model sees it.
struct ModelToken {
  let id: Int32
  /// The bytes of the `Segments` that it covers.
  let start, end: Int
}

/// The models that are implemented.
enum TokenModels {
  /// Alphabetical.
  static let all: [any TokenModel.Type] = [
    BPE.self, Unigram.self, WordLevel.self, WordPiece.self,
  ]
}
