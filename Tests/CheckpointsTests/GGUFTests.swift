import Foundation
import Tensors
import Testing

@testable import Checkpoints

private func refusal(_ bytes: [UInt8]) throws -> String? {
  let folder = try TemporaryFolder()
  let path = try folder.write("m.gguf", bytes)
  do {
    _ = try GGUFFile(path: path)
    return nil
  } catch {
    #expect(error.description.hasPrefix(path + ": "))
    return String(error.description.dropFirst(path.count + 2))
  }
}

private func little(_ value: UInt64, _ size: Int) -> [UInt8] {
  (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
}
private func text(_ text: String) -> [UInt8] {
  little(UInt64(text.utf8.count), 8) + Array(text.utf8)
}

/// A file with the given metadata and tensors, and `data` zero bytes.
private func gguf(
  _ values: [[UInt8]] = [], _ tensors: [[UInt8]] = [], data: Int = 0, version: UInt64 = 3
) -> [UInt8] {
  var bytes = Array("GGUF".utf8) + little(version, 4)
  bytes += little(UInt64(tensors.count), 8) + little(UInt64(values.count), 8)
  bytes += values.flatMap { $0 } + tensors.flatMap { $0 }
  bytes += [UInt8](repeating: 0, count: (32 - bytes.count % 32) % 32 + data)
  return bytes
}
private func tensor(
  _ name: String, _ sizes: [UInt64], type: UInt64 = 0, at offset: UInt64 = 0
) -> [UInt8] {
  text(name) + little(UInt64(sizes.count), 4) + sizes.flatMap { little($0, 8) } + little(type, 4)
    + little(offset, 8)
}

@Test func `every type is widened as the gguf package does`() throws {
  let file = try GGUFFile(path: fixtures + "/gguf/types.gguf")
  let expected = try SafetensorsFile(path: fixtures + "/gguf/types.safetensors").tensors
  #expect(expected.count == 15)
  for wanted in expected {
    let tensor = try #require(file.tensors.first { $0.name == wanted.name })
    #expect(tensor.shape == [3, 256])
    #expect(tensor.type.rawValue == wanted.name)
    // The same products in the same order: equal to the last bit.
    #expect(try numbers(tensor) == numbers(wanted), "\(wanted.name)")
    #expect(try numbers(tensor.rows(1..<3)) == numbers(wanted.rows(1..<3)))
    #expect(tensor.widened(to: Double.self)?.elements.map { Float($0) } == (try numbers(wanted)))
  }
}

@Test func `a tensor of a type that is not read is listed`() throws {
  let file = try GGUFFile(path: fixtures + "/gguf/types.gguf")
  let tensor = try #require(file.tensors.first { $0.name == "TQ2_0" })
  #expect(tensor.type == .unknown("TQ2_0") && tensor.byteCount >= 66)
  #expect(tensor.widened(to: Float.self) == nil)
}

@Test func `metadata of every type is read`() throws {
  let file = try GGUFFile(path: fixtures + "/gguf/types.gguf")
  #expect(file.architecture == "llama" && file.version == 3)
  #expect(file.metadata["test.uint8"]?.int == 200)
  #expect(file.metadata["test.int8"]?.int == -3)
  #expect(file.metadata["test.uint16"]?.int == 60000)
  #expect(file.metadata["test.int16"]?.int == -300)
  #expect(file.metadata["test.uint32"]?.int == 4_000_000_000)
  #expect(file.metadata["test.int32"]?.int == -70000)
  #expect(file.metadata["test.uint64"]?.int == 1 << 60)
  #expect(file.metadata["test.int64"]?.int == -(1 << 40))
  #expect(file.metadata["test.float32"]?.double == 0.5)
  #expect(file.metadata["test.float64"]?.double == 0.1)
  #expect(file.metadata["test.bool"]?.bool == true)
  #expect(file.metadata["test.string"]?.string == "naïve ▁")
  #expect(file.metadata["test.strings"]?.array?.strings == ["a", "", "bc"])
  #expect(file.metadata["test.ints"]?.array?.ints == [1, -2, 3])
  #expect(file.metadata["test.floats"]?.array?.doubles == [0.5, 1.5])
}

@Test func `a vocabulary without tensors opens`() throws {
  let file = try GGUFFile(path: fixtures + "/gguf/vocabulary.gguf")
  #expect(file.tensors.isEmpty)
  #expect(file.metadata["tokenizer.ggml.tokens"]?.array?.strings == ["a", "b", "ab"])
  #expect(file["vocab_size"]?.int == 3)
}

@Test func `version two is read and others are refused`() throws {
  #expect(try refusal(gguf(version: 2)) == nil)
  #expect(
    try refusal(gguf(version: 1))
      == "found GGUF version 1, expected 2 or 3; convert the model again")
  #expect(
    try refusal(gguf(version: 3 << 24))
      == "found numbers with the most significant byte first, expected the least; convert the file")
  #expect(
    try refusal([0])
      == "found other first bytes than GGUF, expected a GGUF file; fetch the file again")
}

@Test func `counts that lie are refused before anything is allocated`() throws {
  let start = Array("GGUF".utf8) + little(3, 4)
  #expect(
    try refusal(start + little(.max, 8) + little(0, 8))
      == "found a count of 18446744073709551615 tensors, expected at most the 0 that fit the file; "
      + "the file is damaged: fetch it again")
  #expect(
    try #require(try refusal(start + little(0, 8) + little(1 << 40, 8))).contains("metadata values")
  )
  let array = text("a") + little(9, 4) + little(8, 4) + little(1 << 60, 8)
  #expect(
    try refusal(gguf([array]))
      == "found a count of 1152921504606846976 values under a, expected at most the 1 that fit the file; "
      + "the file is damaged: fetch it again")
  let string = text("s") + little(8, 4) + little(.max, 8)
  #expect(
    try refusal(gguf([string]))
      == "found the end of the file within s, expected more; the file is cut short: fetch it again")
}

@Test func `arrays nested too deep are refused`() throws {
  var value = text("a") + little(9, 4)
  for _ in 0..<5 { value += little(9, 4) + little(1, 8) }
  #expect(
    try refusal(gguf([value + [UInt8](repeating: 0, count: 99)]))
      == "found arrays nested more than 4 deep under a, expected a metadata value that fits; "
      + "convert the model again")
}

@Test func `tensors that lie are refused`() throws {
  #expect(try refusal(gguf([], [tensor("w", [4])], data: 16)) == nil)
  #expect(
    try refusal(gguf([], [tensor("w", [5])], data: 16))
      == "found the end of tensor w at byte 20 of the data, expected at most 16; "
      + "the file is cut short: fetch it again")
  #expect(
    try refusal(gguf([], [tensor("w", [1 << 40, 1 << 40])], data: 16))
      == "found shape [1099511627776, 1099511627776] of tensor w, expected sizes whose product fits "
      + "64 bits and rows of whole F32 blocks; convert the model again")
  #expect(
    try #require(try refusal(gguf([], [tensor("w", [33], type: 2)]))).contains("whole Q4_0 blocks"))
  #expect(
    try #require(try refusal(gguf([], [tensor("w", [4], at: 4)], data: 64))).contains(
      "a multiple of 32"))
  #expect(
    try refusal(gguf([], [tensor("v", [16]), tensor("w", [4], at: 32)], data: 64))
      == "found tensor w over bytes of v, expected tensors side by side; "
      + "the file is damaged: fetch it again")
  #expect(
    try refusal(gguf([], [tensor("w", [4]), tensor("w", [4], at: 32)], data: 64))
      == "found w twice in the header, expected it once; convert the model again")
  #expect(
    try #require(try refusal(gguf([], [tensor("w", [1, 1, 1, 1, 1])]))).contains("5 dimensions"))
  #expect(
    try #require(try refusal(gguf([], [tensor("w", [4], at: .max - 31)], data: 64))).contains(
      "end of tensor w"))
}

@Test(arguments: ["types", "vocabulary"])
func `a damaged GGUF file is read or refused`(name: String) throws {
  let refused = try mutate(
    fixture("gguf/\(name).gguf"), named: "m.gguf", times: 500, seed: 2, limit: 2200
  ) {
    let file = try GGUFFile(path: $0)
    for value in file.metadata.values { #expect((value.array?.values.count ?? 0) < 3000) }
    for tensor in file.tensors {
      #expect(tensor.byteCount <= file.size)
      _ = tensor.widened(to: Float.self)
    }
  }
  #expect(refused > 100)
}
