import Foundation
import Tensors
import Testing

@testable import Checkpoints

private func file(_ name: String) throws -> PyTorchFile {
  try PyTorchFile(path: fixtures + "/pytorch/" + name)
}

/// The text of the error for a file, without its path; nil when it opens.
private func refusal(_ bytes: [UInt8]) throws -> String? {
  let folder = try TemporaryFolder()
  let path = try folder.write("m.pt", bytes)
  do {
    _ = try PyTorchFile(path: path)
    return nil
  } catch {
    #expect(error.description.hasPrefix(path + ": "))
    return String(error.description.dropFirst(path.count + 2))
  }
}

private func little(_ value: Int, _ size: Int) -> [UInt8] {
  (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}

/// A zip archive; a method other than 0 claims compression.
private func zip(_ entries: [(name: String, bytes: [UInt8])], method: Int = 0) -> [UInt8] {
  var (file, directory): ([UInt8], [UInt8]) = ([], [])
  for entry in entries {
    let sizes = little(entry.bytes.count, 4) + little(entry.bytes.count, 4)
    let name = Array(entry.name.utf8)
    let common = little(20, 2) + little(0, 2) + little(method, 2) + little(0, 8) + sizes
    directory += [0x50, 0x4B, 1, 2] + little(20, 2) + common + little(name.count, 2)
    directory += little(0, 12) + little(file.count, 4) + name
    file += [0x50, 0x4B, 3, 4] + common + little(name.count, 2) + little(0, 2) + name + entry.bytes
  }
  let end =
    [0x50, 0x4B, 5, 6] + little(0, 4) + little(entries.count, 2) + little(entries.count, 2)
    + little(directory.count, 4) + little(file.count, 4) + little(0, 2)
  return file + directory + end
}

/// A pickle of the operations given, in an archive with one storage of 16 bytes.
private func archive(_ operations: [UInt8]) -> [UInt8] {
  zip([
    ("m/data.pkl", [0x80, 2] + operations + Array(".".utf8)),
    ("m/data/0", [UInt8](repeating: 0, count: 16)),
  ])
}

private func text(_ text: String) -> [UInt8] {
  [UInt8(ascii: "X")] + little(text.utf8.count, 4) + Array(text.utf8)
}
private func global(_ module: String, _ name: String) -> [UInt8] {
  Array("c\(module)\n\(name)\n".utf8)
}

/// `{"w": tensor}` with the given place in a storage of `count` float32.
private func tensor(
  _ shape: [Int], _ strides: [Int], offset: Int = 0, count: Int = 4
) -> [UInt8] {
  let number = { (value: Int) in [UInt8(ascii: "J")] + little(value, 4) }
  let tuple = { (values: [Int]) in Array("(".utf8) + values.flatMap(number) + Array("t".utf8) }
  let storage =
    Array("(".utf8) + text("storage") + global("torch", "FloatStorage") + text("0") + text("cpu")
    + number(count) + Array("tQ".utf8)
  return Array("}".utf8) + text("w") + global("torch._utils", "_rebuild_tensor_v2")
    + Array("(".utf8) + storage + number(offset) + tuple(shape) + tuple(strides) + [0x89]
    + Array("}tRs".utf8)
}

@Test(arguments: ["zip.pt", "legacy.pt"])
func `tensors of both formats have the values that torch sees`(name: String) throws {
  let file = try file(name)
  let expected = try SafetensorsFile(path: fixtures + "/pytorch/expected.safetensors").tensors
  #expect(Set(file.tensors.map(\.name)) == Set(expected.map(\.name)))
  for tensor in file.tensors {
    let wanted = try #require(expected.first { $0.name == tensor.name })
    #expect(tensor.shape == wanted.shape)
    #expect(tensor.type.rawValue == wanted.type.rawValue)
    if wanted.type.isFloatingPoint {
      #expect(try numbers(tensor) == numbers(wanted))
      if let rows = tensor.shape.first, rows > 1 {
        #expect(try numbers(tensor.rows(1..<rows)) == numbers(wanted.rows(1..<rows)))
      }
    } else {
      #expect(tensor.integers() == wanted.integers())
    }
  }
}

@Test func `a state dict inside of a training checkpoint is found`() throws {
  let tensors = try file("wrapped.pth").tensors
  #expect(tensors.map(\.name) == ["weight", "bias"])
  #expect(try numbers(tensors.first) == [0, 1, 2, 3, 4, 5])
}

@Test func `dicts inside of dicts are joined by dots`() throws {
  #expect(
    try file("nested.pt").tensors.map(\.name) == ["encoder.weight", "encoder.bias", "head.w"])
}

@Test func `float8 is read from the newest format`() throws {
  #expect(try numbers(file("float8.pt").tensors.first) == [1, -448])
}

@Test func `a class that no state dict needs is refused by name`() throws {
  #expect(
    try refusal(fixture("pytorch/namespace.pt"))
      == "found argparse.Namespace in the pickle, which heed does not run, expected what a state "
      + "dict needs; save model.state_dict() alone, or convert it to safetensors")
  let call = global("os", "system") + text("true") + [0x85] + Array("R".utf8)
  #expect(try #require(try refusal(archive(call))).hasPrefix("found os.system in the pickle"))
  for name in ["_load_from_bytes", "_get_layout"] {
    let found = try #require(try refusal(archive(global("torch.storage", name))))
    #expect(found.hasPrefix("found torch.storage.\(name) in"))
  }
}

@Test func `an operation that no state dict needs is refused by name`() throws {
  #expect(
    try refusal(archive(global("collections", "OrderedDict") + [0x29, 0x81]))
      == "found opcode NEWOBJ at byte 28 of the pickle, expected what a state dict needs; "
      + "save model.state_dict() alone, or convert it to safetensors")
}

@Test(arguments: [
  ([4], [1], 1), ([5], [1], 0), ([2, 2], [4, 1], 0), ([2], [-1], 1),
  ([1 << 30, 1 << 30], [0, 0], 0),
  ([8], [0], 0), ([-1], [1], 0), ([2], [1, 1], 0), ([1], [1], -1), ([1], [1], 4),
])
func `a tensor outside of its storage is refused`(
  shape: [Int], strides: [Int], offset: Int
) throws {
  let found = try refusal(archive(tensor(shape, strides, offset: offset)))
  #expect(
    found
      == "found tensor w of shape \(shape), strides \(strides) and offset \(offset) in 16 bytes, "
      + "expected a tensor within its storage; the file is damaged: fetch it again")
}

@Test func `a storage that claims more than its entry holds is refused`() throws {
  #expect(try refusal(archive(tensor([4], [1]))) == nil)
  #expect(
    try refusal(archive(tensor([4], [1], count: 5)))
      == "found storage 0 of 5 numbers in 16 bytes, expected a tensor within its storage; "
      + "the file is damaged: fetch it again")
}

@Test func `entries that are compressed, repeated or missing are refused`() throws {
  let pickle = [0x80, 2] + tensor([4], [1]) + Array(".".utf8)
  #expect(
    try refusal(zip([("m/data.pkl", pickle)], method: 8))
      == "found entry m/data.pkl compressed, expected it stored as torch.save does; "
      + "load and save the file with torch")
  #expect(
    try refusal(zip([("m/data.pkl", pickle), ("m/data.pkl", pickle)]))
      == "found entry m/data.pkl twice, expected it once; the file is damaged: fetch it again")
  #expect(
    try refusal(zip([("m/data.pkl", pickle)]))
      == "found no entry m/data/0, expected one as torch.save writes it; fetch the file again")
  #expect(
    try refusal(zip([("m/data.pkl", pickle), ("m/byteorder", Array("big".utf8))]))
      == "found numbers with the most significant byte first, expected the least; "
      + "save the file on a little-endian machine")
}

@Test func `a file that is neither format is refused`() throws {
  let text =
    "found neither a zip archive nor a pickle of torch.save, expected one of these; "
    + "the file is damaged or no PyTorch file: fetch it again"
  #expect(try refusal([]) == text)
  #expect(try refusal(Array("x".utf8)) == text)
  #expect(
    try refusal([0x50, 0x4B, 3, 4])
      == "found no directory at the end, expected a zip archive of torch.save; "
      + "the file is cut short: fetch it again")
}

@Test func `a pickle without tensors is refused`() throws {
  #expect(
    try refusal(archive(Array("}".utf8)))
      == "found no tensors in the pickle, expected a state dict; name the file that holds the weights"
  )
}

@Test func `dicts that contain themselves or share each other are refused`() throws {
  // d = {}; d["a"] = d
  let own = Array("}q\0".utf8) + text("a") + Array("h\0s".utf8)
  #expect(try refusal(archive(own)) != nil)
  // Each dict holds the one before twice: two to the power of thirty names.
  var pickle = tensor([4], [1]) + Array("q\0".utf8)
  for _ in 0..<30 {
    pickle += Array("}(".utf8) + text("a") + Array("h\0".utf8) + text("b") + Array("h\0uq\0".utf8)
  }
  #expect(
    try #require(try refusal(archive(pickle))).hasPrefix("found dicts that contain each other"))
}

@Test func `a long chain of tuples neither overflows the stack nor leaks`() throws {
  let chain = Array(")".utf8) + [UInt8](repeating: 0x85, count: 200_000)
  #expect(try #require(try refusal(archive(chain))).hasPrefix("found no tensors"))
}

@Test func `sharded PyTorch weights are put together by their index`() throws {
  let folder = try TemporaryFolder()
  try folder.write("config.json", "{}")
  try folder.write("a.bin", archive(tensor([4], [1])))
  try folder.write("training_args.bin", "x")
  try folder.write("pytorch_model.bin.index.json", #"{"weight_map":{"w":"a.bin"}}"#)
  #expect(try Checkpoint.open(folder.path).tensors["w"]?.shape == [4])
}

@Test(arguments: ["zip.pt", "legacy.pt", "wrapped.pth"])
func `a damaged PyTorch file is read or refused`(name: String) throws {
  let refused = try mutate(fixture("pytorch/" + name), named: "m.pt", times: 400, seed: 1) {
    for tensor in try PyTorchFile(path: $0).tensors {
      #expect(tensor.byteCount <= 5000)
      _ = tensor.widened(to: Float.self)
      _ = tensor.integers()
    }
  }
  #expect(refused > 100)
}
