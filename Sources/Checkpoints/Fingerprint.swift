import Tensors

extension Checkpoint {
  /// Sixteen hexadecimal digits that tell this checkpoint from another, also from a fine-tuned one of
  /// the same shape.
  ///
  /// A 64-bit FNV-1a hash of `config.json`, of every tensor's name, type and shape, and of each weight
  /// file's size and sixteen evenly spaced pieces of 4 KiB: opening fifteen gigabytes costs the same as
  /// opening ten megabytes. It protects from mix-ups, not from an adversary, and files that differ
  /// only between the pieces share it. Names of folders and files do not count, so a copy keeps it.
  ///
  /// - Throws: `CheckpointError` when a file cannot be read.
  public func fingerprint() throws(CheckpointError) -> String {
    var hash = FNV1a()
    var seen: Set<String> = []
    for file in [configFile] + self.files.map(\.path) where seen.insert(file).inserted {
      let mapped = try MappedFile(path: file)
      hash.add("\(mapped.size)\n".utf8)
      mapped.withBytes { bytes in
        for piece in Self.pieces(of: bytes.count) { hash.add(bytes[piece]) }
      }
    }
    for name in names {
      guard let tensor = tensors[name] else { continue }
      hash.add("\(name) \(tensor.type.rawValue) \(tensor.shape)\n".utf8)
    }
    return hash.text
  }

  /// All of a small file, else sixteen pieces, the first and the last bytes among them.
  private static func pieces(of size: Int) -> [Range<Int>] {
    let (count, length) = (16, 4096)
    guard size > count * length else { return [0..<size] }
    return (0..<count).map { number in
      let start = (size - length) / (count - 1) * number
      let last = number == count - 1 ? size - length : start
      return last..<last + length
    }
  }
}

/// Fowler, Noll and Vo's hash, variant 1a, 64 bits.
///
/// Source: RFC 9923 (draft-eastlake-fnv), "The FNV Non-Cryptographic Hash Algorithm".
struct FNV1a {
  private var state: UInt64 = 0xcbf2_9ce4_8422_2325

  mutating func add(_ bytes: some Sequence<UInt8>) {
    for byte in bytes { state = (state ^ UInt64(byte)) &* 0x100_0000_01b3 }
  }

  /// Sixteen hexadecimal digits.
  var text: String {
    let digits = String(state, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
