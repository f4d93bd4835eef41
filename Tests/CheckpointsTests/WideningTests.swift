import Foundation
import Tensors
import Testing

@testable import Checkpoints

/// A tensor of the given bytes, read from a safetensors file.
func stored(_ type: String, _ shape: [Int], _ bytes: [UInt8]) throws -> StoredTensor {
  let folder = try TemporaryFolder()
  let header = #"{"t":{"dtype":"\#(type)","shape":\#(shape),"data_offsets":[0,\#(bytes.count)]}}"#
  let path = try folder.write("t.safetensors", safetensors(header) + bytes)
  let file = try SafetensorsFile(path: path)
  return try #require(file.tensors.first)
}

/// The numbers of a tensor.
func numbers(_ tensor: StoredTensor?) throws -> [Float] {
  let tensor = try #require(tensor)
  return try #require(tensor.widened(to: Float.self)).elements
}

/// Small floating-point numbers by their definition.
private func float8(_ byte: Int, exponentBits: Int, bias: Int) -> Float {
  let fractionBits = 7 - exponentBits
  let exponent = byte >> fractionBits & ((1 << exponentBits) - 1)
  let fraction = Float(byte & ((1 << fractionBits) - 1)) / Float(1 << fractionBits)
  let magnitude =
    exponent == 0
    ? fraction * Float(sign: .plus, exponent: 1 - bias, significand: 1)
    : (1 + fraction) * Float(sign: .plus, exponent: exponent - bias, significand: 1)
  return byte < 128 ? magnitude : -magnitude
}

@Test func `every float8 of four exponent bits is widened exactly`() throws {
  let found = try numbers(stored("F8_E4M3", [256], (0...255).map { UInt8($0) }))
  for byte in 0..<256 {
    if byte & 0x7F == 0x7F {
      #expect(found[byte].isNaN)
    } else {
      #expect(found[byte].bitPattern == float8(byte, exponentBits: 4, bias: 7).bitPattern)
    }
  }
  #expect(found[0x7E] == 448 && found[1] == 0x1p-9)
}

@Test func `every float8 of five exponent bits is widened exactly`() throws {
  let found = try numbers(stored("F8_E5M2", [256], (0...255).map { UInt8($0) }))
  for byte in 0..<256 {
    switch byte & 0x7F {
    case 0x7C: #expect(found[byte] == (byte < 128 ? .infinity : -.infinity))
    case 0x7D...0x7F: #expect(found[byte].isNaN)
    default: #expect(found[byte].bitPattern == float8(byte, exponentBits: 5, bias: 15).bitPattern)
    }
  }
}

@Test func `the first number that is not finite is found in every type`() throws {
  #expect(try stored("F8_E4M3", [3], [1, 0x7F, 2]).firstNonFinite() == 1)
  #expect(try stored("F16", [2], [0, 0x3C, 0, 0x7C]).firstNonFinite() == 1)
  #expect(try stored("F32", [1], [0, 0, 0x80, 0x7F]).firstNonFinite() == 0)
  // Too large for float32 and still finite.
  #expect(try stored("F64", [1], [0, 0, 0, 0, 0, 0, 0, 0x7E]).firstNonFinite() == nil)
}

@Test func `a tensor keeps its file mapped after everything else is gone`() throws {
  let tensor = try stored("F32", [2, 1], [0, 0, 0x80, 0x3F, 0, 0, 0, 0x40])
  #expect(try numbers(tensor) == [1, 2])
  #expect(try numbers(tensor.rows(1..<2)) == [2])
  #expect(try #require(tensor.widened(to: Double.self)).elements == [1, 2])
}

@Test func `transposed, permuted, shifted and scaled tensors are computed when widened`() throws {
  let bytes = (1...6).flatMap { Array(withUnsafeBytes(of: Float($0)) { [UInt8]($0) }) }
  let tensor = try stored("F32", [3, 2], bytes)
  let transposed = tensor.transposed
  #expect(transposed.shape == [2, 3] && transposed.type == .composite("F32"))
  #expect(transposed.byteCount == 24)
  #expect(try numbers(transposed) == [1, 3, 5, 2, 4, 6])
  #expect(try numbers(transposed.rows(1..<2)) == [2, 4, 6])
  #expect(try numbers(transposed.transposed) == [1, 2, 3, 4, 5, 6])
  let permuted = tensor.permuted(rows: [2, 0, 1])
  #expect(try numbers(permuted) == [5, 6, 1, 2, 3, 4])
  #expect(try numbers(permuted.rows(1..<3).rows(1..<2)) == [3, 4])
  #expect(try numbers(tensor.adding(-1)) == [0, 1, 2, 3, 4, 5])
  let scales = try stored("F32", [2, 1], Array(bytes[4..<12]))
  #expect(try numbers(tensor.scaled(by: scales, block: (2, 2))) == [2, 4, 6, 8, 15, 18])
  #expect(
    try numbers(tensor.scaled(by: scales, block: (2, 2)).rows(1..<3)) == [6, 8, 15, 18])
  #expect(try #require(permuted.widened(to: Double.self)).elements == [5, 6, 1, 2, 3, 4])
}
