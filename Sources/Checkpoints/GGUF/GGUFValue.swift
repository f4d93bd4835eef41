/// A value in a GGUF file's metadata.
public enum GGUFValue: Sendable {
  /// A whole number; one beyond 63 bits is a `double`.
  case int(Int)
  case double(Double)
  case bool(Bool)
  case string(String)
  /// Values of one type, read when they are asked for.
  case array(GGUFArray)

  /// The whole number; nil when it is something else.
  public var int: Int? {
    guard case .int(let value) = self else { return nil }
    return value
  }

  /// The number, whole or not; nil when it is something else.
  public var double: Double? {
    switch self {
    case .int(let value): Double(value)
    case .double(let value): value
    default: nil
    }
  }

  /// The truth value; nil when it is something else.
  public var bool: Bool? {
    guard case .bool(let value) = self else { return nil }
    return value
  }

  /// The text, damaged UTF-8 repaired; nil when it is something else.
  public var string: String? {
    guard case .string(let value) = self else { return nil }
    return value
  }

  /// The values; nil when it is something else.
  public var array: GGUFArray? {
    guard case .array(let value) = self else { return nil }
    return value
  }
}

/// How a metadata value is written, by the format's numbers.
enum GGUFType: UInt32 {
  case uint8, int8, uint16, int16, uint32, int32, float32, bool, string, array, uint64, int64
  case float64

  /// Bytes of a value; the least there can be for texts and arrays.
  var size: Int {
    switch self {
    case .uint8, .int8, .bool: 1
    case .uint16, .int16: 2
    case .uint32, .int32, .float32: 4
    case .string, .uint64, .int64, .float64: 8
    case .array: 12
    }
  }
}

/// Values of one type in a GGUF file's metadata, where they lie.
public struct GGUFArray: Sendable {
  /// How many values.
  public let count: Int
  let type: GGUFType
  let file: MappedFile
  let start: Int

  /// The texts, damaged UTF-8 repaired; empty when these are no texts.
  public var strings: [String] {
    values.compactMap(\.string)
  }

  /// The numbers; empty when these are no numbers.
  public var doubles: [Double] { values.compactMap(\.double) }

  /// The whole numbers; empty when these are none.
  public var ints: [Int] { values.compactMap(\.int) }

  /// All values.
  public var values: [GGUFValue] {
    file.withBytes { bytes in
      var cursor = ByteCursor(bytes, at: start)
      var values: [GGUFValue] = []
      values.reserveCapacity(count)
      for _ in 0..<count {
        // Checked when the file was opened.
        guard let value = try? GGUFReader.value(type, &cursor, file: file, key: "", depth: 0) else {
          break
        }
        values.append(value)
      }
      return values
    }
  }
}
