/// What is wrong with a file of PyTorch's.
public enum PyTorchFault: Error, Hashable, Sendable {
  /// Neither a zip archive nor the older sequence of pickles.
  case notPyTorch
  /// A zip archive whose directory or entries break the format or point outside of the file.
  case archive(found: String)
  /// An entry that is compressed or encrypted, and so cannot be read where it lies.
  case compressed(entry: String)
  /// Two entries of one name.
  case duplicateEntry(String)
  /// An entry that is not there.
  case missingEntry(String)
  /// Numbers written with the most significant byte first.
  case bigEndian
  /// A pickle that ends too early, nests wrongly or is too large.
  case pickle(found: String)
  /// An operation of pickles that no state dict needs.
  case opcode(name: String, position: Int)
  /// A function or class that no state dict needs; nothing of it was run.
  case global(String)
  /// A tensor whose storage, sizes or strides are not possible.
  case tensor(found: String)
  /// Two tensors of one name.
  case duplicateName(String)
  /// No tensor anywhere.
  case noTensors
}

extension PyTorchFault: CustomStringConvertible {
  /// What was found, what was expected, what to do.
  public var description: String {
    switch self {
    case .notPyTorch:
      "found neither a zip archive nor a pickle of torch.save, expected one of these; "
        + "the file is damaged or no PyTorch file: fetch it again"
    case .archive(let found):
      "found \(found), expected a zip archive of torch.save; the file is cut short: fetch it again"
    case .compressed(let entry):
      "found entry \(entry) compressed, expected it stored as torch.save does; "
        + "load and save the file with torch"
    case .duplicateEntry(let entry):
      "found entry \(entry) twice, expected it once; the file is damaged: fetch it again"
    case .missingEntry(let entry):
      "found no entry \(entry), expected one as torch.save writes it; fetch the file again"
    case .bigEndian:
      "found numbers with the most significant byte first, expected the least; "
        + "save the file on a little-endian machine"
    case .pickle(let found):
      "found \(found) in the pickle, expected a state dict; the file is damaged: fetch it again"
    case .opcode(let name, let position):
      "found opcode \(name) at byte \(position) of the pickle, expected what a state dict needs; "
        + "save model.state_dict() alone, or convert it to safetensors"
    case .global(let name):
      "found \(name) in the pickle, which heed does not run, expected what a state dict needs; "
        + "save model.state_dict() alone, or convert it to safetensors"
    case .tensor(let found):
      "found \(found), expected a tensor within its storage; the file is damaged: fetch it again"
    case .duplicateName(let name):
      "found tensor \(name) twice, expected it once; save the state dict again"
    case .noTensors:
      "found no tensors in the pickle, expected a state dict; name the file that holds the weights"
    }
  }
}

extension PyTorchFault {
  /// What is wrong with the archive that the file is.
  init(_ fault: ZipFault) {
    switch fault {
    case .broken(let found): self = .archive(found: found)
    case .compressed(let entry): self = .compressed(entry: entry)
    case .duplicateEntry(let entry): self = .duplicateEntry(entry)
    case .missingEntry(let entry): self = .missingEntry(entry)
    }
  }
}
