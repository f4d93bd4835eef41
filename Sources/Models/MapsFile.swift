import Checkpoints
import Tensors
import Tokenizers

/// Maps that something else computed, in a NumPy file: for a model too large for this machine, or of a kind
/// that heed does not run.
///
/// The array `attention` (or the only one of two to four dimensions) is `[layer, head, query, key]`,
/// `[head, query, key]` or `[query, key]`; `tokens` are texts, one for each key, or `query_tokens` and
/// `key_tokens` where they differ.
public struct MapsFile: Sendable {
  /// The file's path.
  public let path: String
  /// Spellings of queries and keys; their numbers where the file has none.
  public let queryTokens, keyTokens: [Token]
  /// The number of layers.
  public let layers: Int
  /// The number of heads in each layer.
  public let heads: Int
  /// The number of queries.
  public let queryCount: Int
  /// The number of keys.
  public let keyCount: Int
  /// Whether no query looked at has weight on a later key.
  public let isCausal: Bool
  /// `[layer · head · query, key]`.
  private let maps: StoredTensor

  /// Opens a `.npy` or `.npz` file.
  ///
  /// - Throws: `CheckpointError.numpy` when there are no maps or they do not fit their tokens.
  public init(path: String) throws(CheckpointError) {
    let file = try NumPyFile(path: path)
    self.path = path
    let candidates = file.arrays.filter {
      (2...4).contains($0.shape.count) && ($0.numbers?.type.isFloatingPoint ?? false)
    }
    guard let array = file["attention"] ?? (candidates.count == 1 ? candidates[0] : nil) else {
      throw .numpy(
        file: path, fault: .missing("attention", found: file.arrays.map(\.name)))
    }
    let shape = array.shape
    guard let numbers = array.numbers, numbers.type.isFloatingPoint,
      (2...4).contains(shape.count), shape.allSatisfy({ $0 > 0 }),
      let maps = numbers.reshaped([shape.dropLast().reduce(1, *), shape[shape.count - 1]])
    else {
      throw .numpy(
        file: path,
        fault: .shape(
          array: array.name, found: shape, expected: "floats of shape [layer, head, query, key]"))
    }
    self.maps = maps
    layers = shape.count > 3 ? shape[0] : 1
    heads = shape.count > 2 ? shape[shape.count - 3] : 1
    queryCount = shape[shape.count - 2]
    keyCount = shape[shape.count - 1]
    queryTokens = try Self.tokens(
      file["query_tokens"] ?? (queryCount == keyCount ? file["tokens"] : nil), count: queryCount,
      path: path)
    keyTokens = try Self.tokens(file["key_tokens"] ?? file["tokens"], count: keyCount, path: path)
    isCausal = Self.looksCausal(
      maps, maps: layers * heads, queries: queryCount, keys: keyCount)
  }

  private static func tokens(
    _ array: NumPyArray?, count: Int, path: String
  ) throws(CheckpointError) -> [Token] {
    guard let array else { return Prompt(ids: Array(0..<count)).tokens }
    guard let texts = array.texts, texts.count == count else {
      throw .numpy(
        file: path,
        fault: .shape(array: array.name, found: array.shape, expected: "\(count) texts"))
    }
    return texts.enumerated().map { index, text in
      Token(id: index, piece: text, bytes: Array(text.utf8), start: 0, end: 0)
    }
  }

  /// Looks at the first and the middle row of every map: reading all of them could take minutes.
  private static func looksCausal(
    _ tensor: StoredTensor, maps: Int, queries: Int, keys: Int
  ) -> Bool {
    guard queries == keys, queries > 1 else { return false }
    return (0..<maps).allSatisfy { map in
      [0, queries / 2].allSatisfy { query in
        let row = map * queries + query
        guard let weights = tensor.rows(row..<row + 1).widened(to: Float.self) else { return false }
        return weights.elements[min(query + 1, keys)...].allSatisfy { $0 == 0 }
      }
    }
  }
}

extension MapsFile: PatternSource {
  /// A tile of one head's map, read from the file.
  public func pattern(
    _ head: HeadIndex, rows: Range<Int>, columns: Range<Int>
  ) -> Tensor<Float> {
    let first = (head.layer * heads + head.head) * queryCount
    let range = first + rows.lowerBound..<first + rows.upperBound
    guard let tile = maps.rows(range).widened(to: Float.self) else {
      preconditionFailure("the type of \(maps.name) was checked when the file was opened")
    }
    return columns == 0..<keyCount ? tile : tile.matrix.columns(columns).copied
  }
}
