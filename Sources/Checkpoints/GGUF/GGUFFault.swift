/// What is wrong with a GGUF file.
public enum GGUFFault: Error, Hashable, Sendable {
  /// The first four bytes are not `GGUF`.
  case notGGUF
  /// A version that is not read; `bigEndian` for one whose bytes stand the other way round.
  case version(UInt32, bigEndian: Bool)
  /// More entries than the file can hold.
  case count(of: String, found: UInt64, limit: Int)
  /// The file ends within the header.
  case cutShort(within: String)
  /// A metadata value of no known type, or nested too deep, or not of the type that it must have.
  case metadata(key: String, found: String)
  /// Two values under one key, or two tensors of one name.
  case duplicate(String)
  /// Sizes whose product fits no integer, or rows that are no whole number of blocks.
  case shape(tensor: String, shape: [Int], type: String)
  /// Too many dimensions.
  case rank(tensor: String, found: UInt32)
  /// An offset that is not aligned.
  case alignment(tensor: String, offset: UInt64, alignment: Int)
  /// A tensor that ends after the file.
  case outsideFile(tensor: String, end: UInt64, available: Int)
  /// Two tensors that share bytes.
  case overlap(tensor: String, other: String)
  /// One of several files is not there.
  case missingPart(name: String, part: Int, of: Int)
  /// Parts that hold another number of tensors than they say.
  case partTensors(found: Int, expected: Int)
  /// No metadata value under a key that is needed.
  case missingKey(String)
  /// A model whose names and configuration are not known.
  case architecture(String, known: [String])
  /// Something about a known architecture that is not read.
  case unsupported(String)
}

extension GGUFFault: CustomStringConvertible {
  /// What was found, what was expected, what to do.
  public var description: String {
    switch self {
    case .notGGUF:
      "found other first bytes than GGUF, expected a GGUF file; fetch the file again"
    case .version(let version, let bigEndian):
      bigEndian
        ? "found numbers with the most significant byte first, expected the least; convert the file"
        : "found GGUF version \(version), expected 2 or 3; convert the model again"
    case .count(let what, let found, let limit):
      "found a count of \(found) \(what), expected at most the \(limit) that fit the file; "
        + "the file is damaged: fetch it again"
    case .cutShort(let what):
      "found the end of the file within \(what), expected more; the file is cut short: fetch it again"
    case .metadata(let key, let found):
      "found \(found) under \(key), expected a metadata value that fits; convert the model again"
    case .duplicate(let name):
      "found \(name) twice in the header, expected it once; convert the model again"
    case .shape(let tensor, let shape, let type):
      "found shape \(shape) of tensor \(tensor), expected sizes whose product fits 64 bits and rows "
        + "of whole \(type) blocks; convert the model again"
    case .rank(let tensor, let found):
      "found \(found) dimensions of tensor \(tensor), expected at most 4; "
        + "the file is damaged: fetch it again"
    case .alignment(let tensor, let offset, let alignment):
      "found tensor \(tensor) at byte \(offset) of the data, expected a multiple of \(alignment); "
        + "the file is damaged: fetch it again"
    case .outsideFile(let tensor, let end, let available):
      "found the end of tensor \(tensor) at byte \(end) of the data, expected at most \(available); "
        + "the file is cut short: fetch it again"
    case .overlap(let tensor, let other):
      "found tensor \(tensor) over bytes of \(other), expected tensors side by side; "
        + "the file is damaged: fetch it again"
    case .missingPart(let name, let part, let count):
      "found no file \(name), expected part \(part) of \(count) beside this one; fetch all parts"
    case .partTensors(let found, let expected):
      "found \(found) tensors in all parts, expected \(expected); fetch the parts again"
    case .missingKey(let key):
      "found no \(key) in the metadata, expected it; convert the model again"
    case .architecture(let name, let known):
      "found architecture \(name), expected one of \(known.joined(separator: ", ")); "
        + "take the checkpoint in safetensors instead"
    case .unsupported(let what):
      "found \(what), which heed does not read from GGUF; "
        + "take the checkpoint in safetensors instead"
    }
  }
}
