import Checkpoints
import Foundation
import Tensors
import Testing

/// The weight-free fixture: maps of three layers and two heads given by a formula, and what a reference
/// in pure Python makes of them (`Fixtures/toy_reference.py`), rounded to ten digits.
struct ToyFixture {
  static let layers = 3
  static let heads = 2
  static let ids = [5, 7, 9, 5, 7, 9]

  private let json: JSON

  init() throws {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Fixtures/toy_fixtures.json")
    json = try JSON.read(path.path)
  }

  /// The value at a path of keys and indices.
  func value(_ path: String...) throws -> JSON {
    var value = json
    for key in path {
      value = try #require(Int(key).map { value[$0] } ?? value[key], "\(key)")
    }
    return value
  }

  /// All numbers below a path, in order.
  func numbers(_ path: String...) throws -> [Double] {
    var value = json
    for key in path { value = try #require(value[key], "\(key)") }
    return Self.flat(value)
  }

  private static func flat(_ value: JSON) -> [Double] {
    value.array.map { $0.flatMap(flat) } ?? value.double.map { [$0] } ?? []
  }

  /// Scores are ((3·query + 5·key + 7·layer + 11·head) mod 13) / 4, causal.
  static func map<Element: Scalar>(_ layer: Int, _ head: Int) -> Tensor<Element> {
    let seq = ids.count
    var numbers: [Element] = []
    for query in 0..<seq {
      let scores = (0...query).map { key in
        Element((3 * query + 5 * key + 7 * layer + 11 * head) % 13) / 4
      }
      let weights = scores.map { Element.exp($0 - (scores.max() ?? 0)) }
      let sum = weights.reduce(0, +)
      numbers += weights.map { $0 / sum } + Array(repeating: 0, count: seq - 1 - query)
    }
    return Tensor(numbers, shape: [seq, seq])
  }

  /// What `body` makes of every head's map, first layers first.
  static func forEachMap<Element: Scalar, Result>(
    _: Element.Type, _ body: (Tensor<Element>) -> Result
  ) -> [Result] {
    (0..<layers).flatMap { layer in (0..<heads).map { body(map(layer, $0)) } }
  }
}

/// Whether two lists agree; the reference rounds to ten digits, single precision to seven.
func agree(_ found: [Double], _ expected: [Double], within tolerance: Double) -> Bool {
  found.count == expected.count
    && zip(found, expected).allSatisfy { abs($0 - $1) <= tolerance }
}
