import Foundation
import Tensors
import Testing

@testable import Checkpoints

/// The text of the error for a file, without its path; nil when it opens.
private func refusal(_ bytes: [UInt8]) throws -> String? {
  let folder = try TemporaryFolder()
  let file = try folder.write("m.safetensors", bytes)
  do {
    _ = try SafetensorsFile(path: file)
    return nil
  } catch {
    #expect(error.description.hasPrefix(file + ": "))
    return String(error.description.dropFirst(file.count + 2))
  }
}

private let damaged =
  "expected a JSON object of tensors; the file is damaged or no safetensors file: fetch it again"

@Test func `tensors have the names, types, shapes and bytes of the file`() throws {
  let folder = try TemporaryFolder()
  let header =
    #"{"__metadata__":{"format":"pt"},"b":{"dtype":"BF16","shape":[2,3],"data_offsets":[4,16]},"#
    + #""a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"#
    + #""none":{"dtype":"I64","shape":[0,7],"data_offsets":[16,16]}}   "#
  let path = try folder.write("m.safetensors", safetensors(header, data: 16))
  let file = try SafetensorsFile(path: path)
  #expect(file.tensors.map(\.name) == ["a", "b", "none"])
  #expect(file.tensors.map(\.shape) == [[], [2, 3], [0, 7]])
  #expect(file.tensors.map(\.type) == [.float32, .bfloat16, .int64])
  #expect(file.tensors.map(\.byteCount) == [4, 12, 0])
  #expect(file.metadata == ["format": "pt"])
  #expect(file.size == 8 + header.utf8.count + 16)
}

@Test func `a file without tensors opens`() throws {
  #expect(try refusal(safetensors("{}")) == nil)
}

@Test func `a file too short for the header's length is refused`() throws {
  for count in [0, 7] {
    #expect(
      try refusal([UInt8](repeating: 0, count: count))
        == "found \(count) bytes, expected at least 8 for the length of the header; fetch the file again"
    )
  }
}

@Test func `a header longer than the file is refused`() throws {
  #expect(
    try refusal([9, 0, 0, 0, 0, 0, 0, 0, 0x7B, 0x7D])
      == "found a header of 9 bytes, expected at most the 2 that follow its length; "
      + "the file is cut short or no safetensors file: fetch it again")
}

@Test func `a header over the format's limit is refused`() throws {
  #expect(
    try refusal([UInt8](repeating: 0xFF, count: 8))
      == "found a header of 18446744073709551615 bytes, expected at most 100000000; "
      + "this is no safetensors file")
}

@Test(arguments: ["", "[]", " {}", "3"])
func `a header that is no object is refused`(header: String) throws {
  #expect(
    try refusal(safetensors(header))
      == "found in the header something that is no object, \(damaged)")
}

@Test func `a header that is no JSON is refused`() throws {
  for header in ["{", "{\"a\"", "{\"a\":}", "{]"] {
    let text = try #require(try refusal(safetensors(header)))
    #expect(text.hasPrefix("found in the header "))
    #expect(text.hasSuffix(", \(damaged)"))
  }
}

@Test func `an entry without a key is refused by the key and the tensor`() throws {
  let text = try refusal(safetensors(#"{"w":{"shape":[1],"data_offsets":[0,4]}}"#, data: 4))
  #expect(text == "found in the header no \"dtype\" in w, \(damaged)")
}

@Test func `a tensor of an unknown type is listed and the file opens`() throws {
  let folder = try TemporaryFolder()
  let header = #"{"w":{"dtype":"F6_X","shape":[4],"data_offsets":[0,3]},\#(entry("v", 1, at: 3))}"#
  let path = try folder.write("m.safetensors", safetensors(header, data: 7))
  let tensors = try SafetensorsFile(path: path).tensors
  #expect(tensors.map(\.type) == [.unknown("F6_X"), .float32])
  #expect(tensors.map(\.type.rawValue) == ["F6_X", "F32"])
  #expect(tensors.map(\.byteCount) == [3, 4])
  #expect(tensors[0].widened(to: Float.self) == nil && tensors[0].integers().isEmpty)
}

@Test(arguments: [[-1], [1 << 62, 4], [1 << 40, 1 << 40], [0, -1], [.max]])
func `a shape below zero or beyond 64 bits is refused`(shape: [Int]) throws {
  let text = try refusal(
    safetensors(#"{"w":{"dtype":"F32","shape":\#(shape),"data_offsets":[0,4]}}"#, data: 4))
  #expect(
    text
      == "found shape \(shape) of tensor w, expected sizes from 0 whose product fits 64 bits; write the file again"
  )
}

@Test(arguments: [[4, 0], [0], [], [0, 4, 8], [-4, 0]])
func `offsets that are no stretch are refused`(offsets: [Int]) throws {
  let text = try refusal(
    safetensors(#"{"w":{"dtype":"F32","shape":[1],"data_offsets":\#(offsets)}}"#, data: 4))
  #expect(
    text
      == "found data_offsets \(offsets) of tensor w, expected [begin, end] with 0 ≤ begin ≤ end; write the file again"
  )
}

@Test func `offsets that do not fit the shape are refused with both sizes`() throws {
  let text = try refusal(
    safetensors(#"{"w":{"dtype":"F32","shape":[2,3],"data_offsets":[0,20]}}"#, data: 20))
  #expect(
    text
      == "found 20 bytes for tensor w, expected 24 from its shape and dtype; write the file again")
}

@Test func `a tensor that ends after the file is refused`() throws {
  #expect(
    try refusal(safetensors("{\(entry("w", 2))}", data: 5))
      == "found the end of tensor w at byte 8 of the data, expected at most 5; "
      + "the file is cut short: fetch it again")
}

@Test func `tensors over each other are refused`() throws {
  #expect(
    try refusal(safetensors("{\(entry("a", 2)),\(entry("b", 2, at: 4))}", data: 12))
      == "found tensor b over bytes of a, expected tensors side by side; write the file again")
}

@Test func `a gap between tensors is refused`() throws {
  #expect(
    try refusal(safetensors("{\(entry("a", 1)),\(entry("b", 1, at: 6))}", data: 10))
      == "found 2 unused bytes before tensor b, expected tensors side by side; write the file again"
  )
}

@Test func `bytes after the last tensor are refused`() throws {
  #expect(
    try refusal(safetensors("{\(entry("a", 1))}", data: 7))
      == "found 3 bytes after the last tensor, expected none; the file is damaged: fetch it again")
}

@Test func `a name that stands twice is refused`() throws {
  #expect(
    try refusal(safetensors("{\(entry("a", 1)),\(entry("a", 1))}", data: 4))
      == "found tensor a twice in the header, expected it once; write the file again")
}

@Test func `a name with quotes, braces and escapes is one name`() throws {
  let name = #"a\"b{c\\"#
  #expect(try refusal(safetensors("{\(entry(name, 1)),\(entry("b", 1, at: 4))}", data: 8)) == nil)
}

@Test func `a damaged file is read or refused, whatever byte is changed`() throws {
  let header = #"{"__metadata__":{"f":"pt"},\#(entry("a", 2)),\#(entry("b", 1, at: 8))}"#
  let whole = safetensors(header, data: 12)
  let folder = try TemporaryFolder()
  var refused = 0
  // Every byte of the length and the header, replaced by some that mean something in JSON.
  for index in 0..<(8 + header.utf8.count) {
    for byte in Array("0-9,:\"{}[]\\".utf8) + [0x00, 0xFF] where byte != whole[index] {
      var bytes = whole
      bytes[index] = byte
      let file = try folder.write("m.safetensors", bytes)
      do {
        let tensors = try SafetensorsFile(path: file).tensors
        #expect(
          tensors.allSatisfy {
            $0.type == .unknown($0.type.rawValue) || $0.byteCount == $0.count * $0.type.byteCount
          })
      } catch {
        #expect(error.description.hasPrefix(file + ": found "))
        refused += 1
      }
    }
  }
  #expect(refused > 1000)
  for count in whole.indices {
    let file = try folder.write("m.safetensors", Array(whole[..<count]))
    #expect(throws: CheckpointError.self) { try SafetensorsFile(path: file) }
  }
}
