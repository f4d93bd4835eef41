import Foundation
import Tensors

/// One GGUF file, mapped; only its header is read.
///
/// Names and shapes are the file's own, except that sizes stand outermost first as everywhere in
/// heed. A file may hold a vocabulary and no tensors.
public struct GGUFFile: Sendable {
  /// Where it lies.
  public let path: String
  /// Bytes in the file.
  public let size: Int
  /// The format's version, 2 or 3.
  public let version: Int
  /// Values by key, such as `tokenizer.ggml.tokens`.
  public let metadata: [String: GGUFValue]
  /// The tensors, in the order of their bytes.
  public let tensors: [StoredTensor]

  /// `general.architecture`, such as `llama`; nil when the file does not say.
  public var architecture: String? { metadata["general.architecture"]?.string }

  /// The value under a key of the architecture, such as `llama.block_count` for `block_count`.
  public subscript(key: String) -> GGUFValue? {
    metadata["\(architecture ?? "").\(key)"]
  }

  /// Maps the file at `path` and checks its header.
  ///
  /// - Throws: what `MappedFile` throws; `gguf` with the fault.
  /// - Complexity: O(header), whatever the file's size.
  public init(path: String) throws(CheckpointError) {
    let file = try MappedFile(path: path)
    do {
      let reader = try GGUFReader(file)
      self.path = path
      size = file.size
      version = Int(reader.version)
      metadata = reader.metadata
      tensors = reader.tensors
    } catch { throw .gguf(file: path, fault: error) }
  }

  /// ggml's number types by their number in files.
  static let types: [UInt32: StorageType] = [
    0: .float32, 1: .float16, 2: .q40, 3: .q41, 6: .q50, 7: .q51, 8: .q80,
    9: .unknown("Q8_1"), 10: .q2k, 11: .q3k, 12: .q4k, 13: .q5k, 14: .q6k, 15: .unknown("Q8_K"),
    16: .unknown("IQ2_XXS"), 17: .unknown("IQ2_XS"), 18: .unknown("IQ3_XXS"),
    19: .unknown("IQ1_S"), 20: .iq4nl, 21: .unknown("IQ3_S"), 22: .unknown("IQ2_S"), 23: .iq4xs,
    24: .int8, 25: .int16, 26: .int32, 27: .int64, 28: .float64, 29: .unknown("IQ1_M"),
    30: .bfloat16, 34: .unknown("TQ1_0"), 35: .unknown("TQ2_0"), 39: .unknown("MXFP4"),
    40: .unknown("NVFP4"),
  ]
}

extension GGUFFile {
  /// All files of a model that is split, in order; the file itself when it is not.
  ///
  /// Parts are called `NAME-00001-of-00003.gguf`; any of them may be named.
  static func parts(of path: String) throws(CheckpointError) -> [GGUFFile] {
    let named = try GGUFFile(path: path)
    guard let count = named.metadata["split.count"]?.int, count > 1 else { return [named] }
    let name = (path as NSString).lastPathComponent
    let folder = (path as NSString).deletingLastPathComponent
    let ending = String(format: "-of-%05d.gguf", count)
    guard name.hasSuffix(ending), name.count > ending.count + 6 else {
      throw .gguf(file: path, fault: .unsupported("a part of \(count) that is not called so"))
    }
    let stem = String(name.dropLast(ending.count + 5))
    var parts: [GGUFFile] = []
    for number in 1...min(count, 99_999) {
      let part = stem + String(format: "%05d", number) + ending
      if part == name {
        parts.append(named)
        continue
      }
      do {
        parts.append(try GGUFFile(path: (folder as NSString).appendingPathComponent(part)))
      } catch {
        guard case .notFound = error else { throw error }
        throw .gguf(file: path, fault: .missingPart(name: part, part: number, of: count))
      }
    }
    let found = parts.reduce(0) { $0 + $1.tensors.count }
    if let expected = parts[0].metadata["split.tensors.count"]?.int, expected != found {
      throw .gguf(file: path, fault: .partTensors(found: found, expected: expected))
    }
    return parts
  }

  /// Whether a file's name says that it is a later part of a split model.
  static func isLaterPart(_ name: String) -> Bool {
    name.range(of: #"-\d{5}-of-\d{5}\.gguf$"#, options: .regularExpression) != nil
      && name.range(of: #"-00001-of-\d{5}\.gguf$"#, options: .regularExpression) == nil
  }
}
