/// Memory that somebody else owns, such as a mapped file; it stays valid while the object lives.
public protocol ByteOwner: AnyObject, Sendable {}

/// A tensor as it lies in a checkpoint: row-major, in its stored type, never copied.
///
/// Some tensors are not stored as such but follow from stored ones, as a transposed or a quantised
/// matrix does: these have a recipe instead of bytes, and are computed when they are widened.
///
/// Unchecked: the bytes are read-only and `owner` keeps them in place.
public struct StoredTensor: @unchecked Sendable {
  /// The name in the checkpoint.
  public let name: String
  /// Sizes, outermost first; empty for a single number.
  public let shape: [Int]
  /// How each element is written.
  public let type: StorageType
  /// The number of bytes in the file.
  public let byteCount: Int
  /// Keeps the bytes in place.
  let owner: any ByteOwner
  /// The stored bytes, at any alignment, little-endian; empty when there is a recipe.
  ///
  /// Swift may let go of `owner` after its last mention: go through `withBytes`.
  let bytes: UnsafeRawBufferPointer
  /// How to compute the numbers, where they do not lie in `bytes`.
  let recipe: (any TensorRecipe)?
  /// Where in the recipe's rows this tensor starts.
  let firstRow: Int

  /// The number of elements.
  public var count: Int { shape.reduce(1, *) }

  /// Wraps bytes that `owner` keeps in place.
  ///
  /// - Parameter bytes: Exactly as many as `shape` and `type` ask for, unless the type is unknown.
  public init(
    name: String, shape: [Int], type: StorageType, bytes: UnsafeRawBufferPointer,
    owner: any ByteOwner
  ) {
    if case .unknown = type {} else { precondition(bytes.count == type.byteCount(of: shape)) }
    self.init(
      name: name, shape: shape, type: type, byteCount: bytes.count, owner: owner, bytes: bytes,
      recipe: nil, firstRow: 0)
  }

  /// A tensor that is computed from others when it is widened.
  ///
  /// - Parameter type: What the largest part is stored as, such as `Q4_K`.
  public init(name: String, type: String, recipe: any TensorRecipe) {
    self.init(
      name: name, shape: recipe.shape, type: .composite(type), byteCount: recipe.byteCount,
      owner: recipe, bytes: UnsafeRawBufferPointer(start: nil, count: 0), recipe: recipe,
      firstRow: 0)
  }

  private init(
    name: String, shape: [Int], type: StorageType, byteCount: Int, owner: any ByteOwner,
    bytes: UnsafeRawBufferPointer, recipe: (any TensorRecipe)?, firstRow: Int
  ) {
    self.name = name
    self.shape = shape
    self.type = type
    self.byteCount = byteCount
    self.owner = owner
    self.bytes = bytes
    self.recipe = recipe
    self.firstRow = firstRow
  }

  /// Calls `body` with the stored bytes, which stay in place meanwhile; none for a recipe.
  func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    defer { withExtendedLifetime(owner) {} }
    return try body(bytes)
  }
}

extension StoredTensor {
  /// Some of the outermost rows, still where they lie.
  ///
  /// - Parameter range: Within `0..<shape[0]`; of a block type with one dimension, whole blocks.
  public func rows(_ range: Range<Int>) -> StoredTensor {
    precondition(!shape.isEmpty && range.lowerBound >= 0 && range.upperBound <= shape[0])
    let part = [range.count] + shape.dropFirst()
    guard recipe == nil else {
      return StoredTensor(
        name: name, shape: part, type: type,
        byteCount: shape[0] == 0 ? 0 : byteCount / shape[0] * range.count, owner: owner,
        bytes: bytes, recipe: recipe, firstRow: firstRow + range.lowerBound)
    }
    let inner = shape.dropFirst().reduce(1, *)
    let start = range.lowerBound * inner / type.blockCount * type.byteCount
    let length = range.count * inner / type.blockCount * type.byteCount
    precondition(range.lowerBound * inner % type.blockCount == 0)
    return StoredTensor(
      name: name, shape: part, type: type,
      bytes: UnsafeRawBufferPointer(rebasing: bytes[start..<start + length]), owner: owner)
  }

  /// The same numbers under another name.
  public func named(_ name: String) -> StoredTensor {
    StoredTensor(
      name: name, shape: shape, type: type, byteCount: byteCount, owner: owner, bytes: bytes,
      recipe: recipe, firstRow: firstRow)
  }

  /// The same bytes under another shape of the same size; nil for a recipe, or when a row would be
  /// no whole number of blocks.
  public func reshaped(_ shape: [Int]) -> StoredTensor? {
    guard recipe == nil, shape.reduce(1, *) == count, type.byteCount(of: shape) == bytes.count
    else { return nil }
    return StoredTensor(name: name, shape: shape, type: type, bytes: bytes, owner: owner)
  }
}
