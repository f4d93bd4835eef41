/// How the numbers of a stored tensor are written, spelled as safetensors spells it.
public enum StorageType: String, Sendable, CaseIterable {
  case float64 = "F64"
  case float32 = "F32"
  case float16 = "F16"
  case bfloat16 = "BF16"
  case int64 = "I64"
  case int32 = "I32"
  case int16 = "I16"
  case int8 = "I8"
  case uint64 = "U64"
  case uint32 = "U32"
  case uint16 = "U16"
  case uint8 = "U8"
  case bool = "BOOL"

  /// Bytes per element.
  public var byteCount: Int {
    switch self {
    case .float64, .int64, .uint64: 8
    case .float32, .int32, .uint32: 4
    case .float16, .bfloat16, .int16, .uint16: 2
    case .int8, .uint8, .bool: 1
    }
  }

  /// Whether the engine can widen it to a weight.
  public var isFloatingPoint: Bool {
    switch self {
    case .float64, .float32, .float16, .bfloat16: true
    default: false
    }
  }
}

/// Memory that somebody else owns, such as a mapped file; it stays valid while the object lives.
public protocol ByteOwner: AnyObject, Sendable {}

/// A tensor as it lies in a checkpoint: row-major, in its stored type, never copied.
///
/// Unchecked: the bytes are read-only and `owner` keeps them in place.
public struct StoredTensor: @unchecked Sendable {
  /// The name in the checkpoint.
  public let name: String
  /// Sizes, outermost first; empty for a single number.
  public let shape: [Int]
  /// How each element is written.
  public let type: StorageType
  /// Keeps the bytes in place.
  let owner: any ByteOwner
  /// `count * type.byteCount` bytes, at any alignment, little-endian.
  let bytes: UnsafeRawBufferPointer

  /// The number of elements.
  public var count: Int { shape.reduce(1, *) }

  /// The number of bytes in the file.
  public var byteCount: Int { bytes.count }

  /// Wraps bytes that `owner` keeps in place.
  ///
  /// - Parameter bytes: Exactly as many as `shape` and `type` ask for.
  public init(
    name: String, shape: [Int], type: StorageType, bytes: UnsafeRawBufferPointer,
    owner: any ByteOwner
  ) {
    precondition(bytes.count == shape.reduce(1, *) * type.byteCount)
    self.name = name
    self.shape = shape
    self.type = type
    self.bytes = bytes
    self.owner = owner
  }
}

extension StoredTensor {
  /// Some of the outermost rows, still where they lie.
  ///
  /// - Parameter range: Within `0..<shape[0]`.
  public func rows(_ range: Range<Int>) -> StoredTensor {
    precondition(!shape.isEmpty && range.lowerBound >= 0 && range.upperBound <= shape[0])
    let rowBytes = shape.dropFirst().reduce(1, *) * type.byteCount
    let part = bytes[range.lowerBound * rowBytes..<range.upperBound * rowBytes]
    return StoredTensor(
      name: name, shape: [range.count] + shape.dropFirst(), type: type,
      bytes: UnsafeRawBufferPointer(rebasing: part), owner: owner)
  }
}
