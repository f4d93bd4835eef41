/// What is wrong with a file of NumPy's.
public enum NumPyFault: Error, Hashable, Sendable {
  /// Neither an array nor a zip archive of arrays.
  case notNumPy
  /// A zip archive whose directory or entries break the format or point outside of the file.
  case archive(found: String)
  /// An array whose header breaks the format.
  case header(array: String, found: String)
  /// An array of a type that is not read.
  case type(array: String, found: String)
  /// An array whose bytes are not as many as its shape asks for.
  case size(array: String, found: Int, expected: Int)
  /// No array of that name, or none that looks like it.
  case missing(String, found: [String])
  /// An array of another shape than it must have.
  case shape(array: String, found: [Int], expected: String)
}

extension NumPyFault: CustomStringConvertible {
  /// What was found, what was expected, what to do.
  public var description: String {
    switch self {
    case .notNumPy: "found something else, expected a .npy or .npz file; save it with numpy again"
    case .archive(let found):
      "found \(found), expected a .npz archive; the file is cut short or damaged: save it again"
    case .header(let array, let found):
      "found \(found) in the header of \(array), expected one as numpy writes it; save it again"
    case .type(let array, let found):
      "found \(array) stored as \(found), expected little-endian floats, whole numbers or texts in"
        + " C order; convert it with numpy.ascontiguousarray and astype(\"float32\")"
    case .size(let array, let found, let expected):
      "found \(found) bytes for \(array), expected \(expected); the file is cut short: save it again"
    case .missing(let name, let found):
      "found no array \(name) (\(found.prefix(4).joined(separator: ", "))), expected one of that"
        + " name; save it with numpy.savez(file, \(name)=…)"
    case .shape(let array, let found, let expected):
      "found \(array) of shape \(found), expected \(expected); reshape it before saving"
    }
  }
}
