import Tensors

/// One file of `torch.save`, mapped; only its pickle is read, and nothing in it is run.
///
/// Either a zip archive with `data.pkl` and one entry per storage, or, before PyTorch 1.6, pickles
/// followed by the storages.
///
/// Source: PyTorch 2.5 `torch/serialization.py`, `_save` and `_legacy_save`.
public struct PyTorchFile: Sendable {
  /// Where it lies.
  public let path: String
  /// Bytes in the file.
  public let size: Int
  /// The tensors, in the order of the state dict.
  public let tensors: [StoredTensor]

  /// How a file of the older format starts: a pickle of one large number.
  private static let magic: [UInt8] = [
    0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E,
  ]

  /// Maps the file at `path` and reads its pickle.
  ///
  /// - Throws: what `MappedFile` throws; `pytorch` with the fault.
  /// - Complexity: O(pickle), whatever the file's size.
  public init(path: String) throws(CheckpointError) {
    let file = try MappedFile(path: path)
    self.path = path
    size = file.size
    do {
      tensors = try file.withBytes { (bytes) throws(PyTorchFault) in
        if ZipDirectory.isZip(bytes) { return try Self.archive(bytes, owner: file) }
        guard bytes.starts(with: Self.magic) else { throw .notPyTorch }
        return try Self.legacy(bytes, owner: file)
      }
    } catch { throw .pytorch(file: path, fault: error) }
  }

  private static func archive(
    _ bytes: UnsafeRawBufferPointer, owner: MappedFile
  ) throws(PyTorchFault) -> [StoredTensor] {
    let directory: ZipDirectory
    do { directory = try ZipDirectory(bytes) } catch { throw PyTorchFault(error) }
    func range(of name: String) throws(PyTorchFault) -> Range<Int> {
      do { return try directory.range(of: name) } catch { throw PyTorchFault(error) }
    }
    // Everything lies in a folder that is called like the file was.
    let pickles = directory.entries.keys.filter { $0.hasSuffix("/data.pkl") }
    guard let pickle = pickles.min(by: { $0.utf8.count < $1.utf8.count }) else {
      throw .missingEntry("data.pkl")
    }
    let folder = pickle.dropLast("data.pkl".count)
    if directory.entries[folder + "byteorder"] != nil,
      bytes[try range(of: folder + "byteorder")].elementsEqual("big".utf8)
    {
      throw .bigEndian
    }
    var unpickler = Unpickler(
      UnsafeRawBufferPointer(rebasing: bytes[try range(of: pickle)]))
    let root = try unpickler.run()
    return try place(root, unpickler.heap, bytes, owner: owner) { (storage) throws(PyTorchFault) in
      try range(of: "\(folder)data/\(storage.key)")
    }
  }

  private static func legacy(
    _ bytes: UnsafeRawBufferPointer, owner: MappedFile
  ) throws(PyTorchFault) -> [StoredTensor] {
    // The format's version, and facts about the machine that wrote it.
    var unpickler = Unpickler(bytes, at: magic.count)
    _ = try unpickler.run()
    unpickler = Unpickler(bytes, at: unpickler.end)
    if case .dict(let index) = try unpickler.run() {
      for item in unpickler.heap.dicts[index] {
        guard case .string("little_endian") = item.key, case .bool(false) = item.value else {
          continue
        }
        throw .bigEndian
      }
    }
    var state = Unpickler(bytes, at: unpickler.end)
    let root = try state.run()
    var keys = Unpickler(bytes, at: state.end)
    guard case .list(let index) = try keys.run() else {
      throw .pickle(found: "no list of storages")
    }
    let sizes = Dictionary(
      state.heap.storages.map { ($0.key, $0.type?.byteCount ?? 1) }, uniquingKeysWith: max)
    var places: [String: Range<Int>] = [:]
    var cursor = ByteCursor(bytes, at: keys.end)
    for case .string(let key) in keys.heap.lists[index] {
      guard let count = cursor.number(Int64.self), let size = sizes[key], count >= 0,
        count <= cursor.remaining / size
      else { throw .tensor(found: "storage \(key) that ends after the file") }
      let start = cursor.position
      _ = cursor.take(Int(count) * size)
      places[key] = start..<cursor.position
    }
    return try place(root, state.heap, bytes, owner: owner) { (storage) throws(PyTorchFault) in
      guard let range = places[storage.key] else {
        throw .missingEntry("storage \(storage.key)")
      }
      return range
    }
  }

  /// Finds every tensor's bytes.
  private static func place(
    _ root: PickleValue, _ heap: PickleHeap, _ bytes: UnsafeRawBufferPointer, owner: MappedFile,
    range: (PickleStorage) throws(PyTorchFault) -> Range<Int>
  ) throws(PyTorchFault) -> [StoredTensor] {
    var tensors: [StoredTensor] = []
    for (name, index) in try StateDict(root, heap: heap).tensors {
      let tensor = heap.tensors[index]
      let storage = heap.storages[tensor.storage]
      let place = try range(storage)
      let (size, overflow) = storage.count.multipliedReportingOverflow(
        by: storage.type?.byteCount ?? 1)
      guard !overflow, size <= place.count else {
        throw .tensor(
          found: "storage \(storage.key) of \(storage.count) numbers in \(place.count) bytes")
      }
      guard
        let stored = StoredTensor.strided(
          name: name, shape: tensor.shape, strides: tensor.strides, offset: tensor.offset,
          type: tensor.type,
          bytes: UnsafeRawBufferPointer(
            rebasing: bytes[place.lowerBound..<place.lowerBound + size]), owner: owner)
      else {
        throw .tensor(
          found: "tensor \(name) of shape \(tensor.shape), strides \(tensor.strides) and offset "
            + "\(tensor.offset) in \(size) bytes")
      }
      tensors.append(stored)
    }
    return tensors
  }
}
