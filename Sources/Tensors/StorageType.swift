/// How the numbers of a stored tensor are written.
///
/// Some types store whole blocks of numbers that share a scale: a row of a tensor is then a whole
/// number of blocks, and a number has no address of its own.
///
/// Source: the formats of safetensors and of ggml, whose spellings `rawValue` keeps.
public enum StorageType: Sendable, Hashable {
  case float64, float32, float16, bfloat16
  /// Four exponent and three fraction bits, without infinities.
  case float8e4m3
  /// Five exponent and two fraction bits.
  case float8e5m2
  case int64, int32, int16, int8, uint64, uint32, uint16, uint8, bool
  /// Blocks of 32 numbers in ggml's layouts.
  case q80, q40, q41, q50, q51, iq4nl
  /// Blocks of 256 numbers in ggml's layouts.
  case q2k, q3k, q4k, q5k, q6k, iq4xs
  /// Numbers that are computed from other stored tensors when they are widened; the name says what
  /// the largest of these is stored as.
  case composite(String)
  /// A type that is not read: its tensors are listed and cannot be used.
  case unknown(String)
}

extension StorageType {
  /// The types whose numbers have an address each, as safetensors spells them.
  public static let plain: [StorageType] = [
    .float64, .float32, .float16, .bfloat16, .float8e4m3, .float8e5m2, .int64, .int32, .int16,
    .int8, .uint64, .uint32, .uint16, .uint8, .bool,
  ]

  /// ggml's types of whole blocks.
  public static let blocks: [StorageType] = [
    .q40, .q41, .q50, .q51, .q80, .q2k, .q3k, .q4k, .q5k, .q6k, .iq4nl, .iq4xs,
  ]

  /// The spelling, such as `BF16` or `Q4_K`.
  public var rawValue: String {
    switch self {
    case .float64: "F64"
    case .float32: "F32"
    case .float16: "F16"
    case .bfloat16: "BF16"
    case .float8e4m3: "F8_E4M3"
    case .float8e5m2: "F8_E5M2"
    case .int64: "I64"
    case .int32: "I32"
    case .int16: "I16"
    case .int8: "I8"
    case .uint64: "U64"
    case .uint32: "U32"
    case .uint16: "U16"
    case .uint8: "U8"
    case .bool: "BOOL"
    case .q80: "Q8_0"
    case .q40: "Q4_0"
    case .q41: "Q4_1"
    case .q50: "Q5_0"
    case .q51: "Q5_1"
    case .iq4nl: "IQ4_NL"
    case .q2k: "Q2_K"
    case .q3k: "Q3_K"
    case .q4k: "Q4_K"
    case .q5k: "Q5_K"
    case .q6k: "Q6_K"
    case .iq4xs: "IQ4_XS"
    case .composite(let name), .unknown(let name): name
    }
  }

  /// The plain type of that spelling; `unknown` for every other.
  public init(plain name: String) {
    self = Self.plain.first { $0.rawValue == name } ?? .unknown(name)
  }

  /// How many numbers share a block; 1 where each stands for itself.
  public var blockCount: Int {
    switch self {
    case .q80, .q40, .q41, .q50, .q51, .iq4nl: 32
    case .q2k, .q3k, .q4k, .q5k, .q6k, .iq4xs: 256
    default: 1
    }
  }

  /// Bytes per block, which is bytes per number for all but the block types; 0 where the type
  /// does not say.
  public var byteCount: Int {
    switch self {
    case .float64, .int64, .uint64: 8
    case .float32, .int32, .uint32: 4
    case .float16, .bfloat16, .int16, .uint16: 2
    case .float8e4m3, .float8e5m2, .int8, .uint8, .bool: 1
    case .q80: 34
    case .q40, .iq4nl: 18
    case .q41: 20
    case .q50: 22
    case .q51: 24
    case .q2k: 84
    case .q3k: 110
    case .q4k: 144
    case .q5k: 176
    case .q6k: 210
    case .iq4xs: 136
    case .composite, .unknown: 0
    }
  }

  /// Whether the engine can widen it to a weight.
  public var isFloatingPoint: Bool {
    switch self {
    case .int64, .int32, .int16, .int8, .uint64, .uint32, .uint16, .uint8, .bool, .unknown: false
    default: true
    }
  }

  /// The bytes that a tensor takes.
  ///
  /// - Returns: nil for sizes below zero, a product that fits no integer, or rows that are no whole
  ///   number of blocks.
  public func byteCount(of shape: [Int]) -> Int? {
    var numbers = 1
    for size in shape {
      let (next, overflow) = numbers.multipliedReportingOverflow(by: size)
      guard size >= 0, !overflow else { return nil }
      numbers = next
    }
    guard blockCount == 1 || (shape.last ?? 0) % blockCount == 0 else { return nil }
    let (bytes, overflow) = (numbers / blockCount).multipliedReportingOverflow(by: byteCount)
    return overflow ? nil : bytes
  }
}
