import Checkpoints
import Foundation
import Testing

extension Finished {
  /// The output as JSON.
  func json() throws -> JSON {
    try JSONDecoder().decode(JSON.self, from: Data(output))
  }

  /// The output as rows of fields, none of which is quoted.
  func rows(separator: Character) -> [[String]] {
    text.split(separator: "\n").map { line in
      line.split(separator: separator, omittingEmptySubsequences: false).map(String.init)
    }
  }
}

extension JSON {
  /// The names of an object's members, sorted.
  var keys: [String] { (object ?? [:]).keys.sorted() }

  /// Sizes of lists within lists, outermost first.
  var sizes: [Int] {
    guard let array else { return [] }
    return [array.count] + (array.first?.sizes ?? [])
  }

  /// All numbers of lists within lists, in order; NaN for null.
  var numbers: [Double] {
    array?.flatMap(\.numbers) ?? [double ?? .nan]
  }
}

/// NumPy's file format, version 1.
struct NumPyFile {
  let type: String
  let shape: [Int]
  let values: [Double]

  init(_ bytes: [UInt8]) throws {
    try #require(bytes.count > 10 && bytes[..<8] == [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0])
    let length = Int(bytes[8]) + Int(bytes[9]) << 8
    // NumPy asks for data aligned to 64 bytes.
    #expect((10 + length) % 64 == 0)
    let header = String(decoding: bytes[10..<10 + length], as: UTF8.self)
    #expect(header.hasPrefix("{") && header.hasSuffix("\n"))
    #expect(header.contains("'fortran_order': False"))
    let type = try #require(header.firstMatch(of: /'descr': '([^']*)'/).map { String($0.1) })
    let sizes = try #require(header.firstMatch(of: /'shape': \(([^)]*)\)/).map { String($0.1) })
    shape = sizes.split { $0 == "," || $0 == " " }.compactMap { Int($0) }
    let data = Array(bytes[(10 + length)...])
    values =
      data.withUnsafeBytes { raw in
        switch type {
        case "<f4":
          stride(from: 0, to: raw.count, by: 4).map {
            Double(raw.loadUnaligned(fromByteOffset: $0, as: Float.self))
          }
        case "<f8":
          stride(from: 0, to: raw.count, by: 8).map {
            raw.loadUnaligned(fromByteOffset: $0, as: Double.self)
          }
        default: []
        }
      }
    self.type = type
    #expect(values.count == shape.reduce(1, *))
  }

  /// Consecutive numbers, as many as the last dimension.
  var lastRows: [ArraySlice<Double>] {
    let width = shape.last ?? 1
    return stride(from: 0, to: values.count, by: width).map { values[$0..<$0 + width] }
  }
}

/// The largest difference of two lists; infinite when they are not equally long.
func largestDifference(_ a: [Double], _ b: [Double]) -> Double {
  guard a.count == b.count else { return .infinity }
  return zip(a, b).map { abs($0 - $1) }.max() ?? 0
}
