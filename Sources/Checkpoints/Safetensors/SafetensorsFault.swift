/// What is wrong with a safetensors file.
public enum SafetensorsFault: Error, Hashable, Sendable {
  /// Too short even for the length of its header.
  case tooShort(bytes: Int)
  /// A header over the limit of the reference implementation.
  case headerTooLarge(bytes: UInt64, limit: Int)
  /// A header longer than the file.
  case headerOutsideFile(bytes: UInt64, available: Int)
  /// A header that is no JSON, or not of the form the format has.
  case header(found: String)
  /// Two entries of one name.
  case duplicateName(String)
  /// A size below zero, or sizes whose product fits no integer.
  case invalidShape(tensor: String, shape: [Int])
  /// Offsets that are not two, or run backwards, or are below zero.
  case invalidOffsets(tensor: String, offsets: [Int])
  /// As many bytes as the shape and type do not ask for.
  case wrongSize(tensor: String, found: Int, expected: Int)
  /// A tensor that ends after the file.
  case outsideFile(tensor: String, end: Int, available: Int)
  /// Two tensors that share bytes.
  case overlap(tensor: String, other: String)
  /// Bytes before a tensor that belong to none.
  case gap(tensor: String, bytes: Int)
  /// Bytes after the last tensor that belong to none.
  case trailing(bytes: Int)
}

extension SafetensorsFault: CustomStringConvertible {
  /// What was found, what was expected, what to do.
  public var description: String {
    switch self {
    case .tooShort(let bytes):
      "found \(bytes) bytes, expected at least 8 for the length of the header; fetch the file again"
    case .headerTooLarge(let bytes, let limit):
      "found a header of \(bytes) bytes, expected at most \(limit); this is no safetensors file"
    case .headerOutsideFile(let bytes, let available):
      "found a header of \(bytes) bytes, expected at most the \(available) that follow its length; "
        + "the file is cut short or no safetensors file: fetch it again"
    case .header(let found):
      "found in the header \(found), expected a JSON object of tensors; "
        + "the file is damaged or no safetensors file: fetch it again"
    case .duplicateName(let name):
      "found tensor \(name) twice in the header, expected it once; write the file again"
    case .invalidShape(let tensor, let shape):
      "found shape \(shape) of tensor \(tensor), expected sizes from 0 whose product fits 64 bits; "
        + "write the file again"
    case .invalidOffsets(let tensor, let offsets):
      "found data_offsets \(offsets) of tensor \(tensor), expected [begin, end] with 0 ≤ begin ≤ end; "
        + "write the file again"
    case .wrongSize(let tensor, let found, let expected):
      "found \(found) bytes for tensor \(tensor), expected \(expected) from its shape and dtype; "
        + "write the file again"
    case .outsideFile(let tensor, let end, let available):
      "found the end of tensor \(tensor) at byte \(end) of the data, expected at most \(available); "
        + "the file is cut short: fetch it again"
    case .overlap(let tensor, let other):
      "found tensor \(tensor) over bytes of \(other), expected tensors side by side; "
        + "write the file again"
    case .gap(let tensor, let bytes):
      "found \(bytes) unused bytes before tensor \(tensor), expected tensors side by side; "
        + "write the file again"
    case .trailing(let bytes):
      "found \(bytes) bytes after the last tensor, expected none; "
        + "the file is damaged: fetch it again"
    }
  }
}
