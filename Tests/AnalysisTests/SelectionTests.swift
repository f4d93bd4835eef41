import Foundation
import Models
import Tensors
import Testing

@testable import Analysis

/// Finding heads: by an edge, by likeness, by type.
@Suite struct SelectionTests {
  @Test func `who does this gives every head's weight on the edge`() throws {
    let maps = MapsAtHand.toy
    let table = try EdgeRanking.table(maps, queries: 4..<5, keys: 2..<3)
    for head in table.indices {
      let weight = maps.maps[head.layer][head.head][4, 2]
      #expect(abs(table[head] - Double(weight)) < 1e-7)
    }
    let ranked = table.ranked
    #expect(ranked.count == 6)
    #expect(zip(ranked, ranked.dropFirst()).allSatisfy { $0.value >= $1.value })
    // All keys of some rows: what softmax says.
    let all = try EdgeRanking.table(maps, queries: 1..<6, keys: 0..<6)
    #expect(all.values.allSatisfy { abs($0 - 1) < 1e-6 })
  }

  @Test func `the divergence of two heads is the reference's`() throws {
    let expected = try #require(try ToyFixture().numbers("clark_js_L0H0_L0H1").first)
    let (a, b) = (ToyFixture.map(0, 0) as Tensor<Double>, ToyFixture.map(0, 1) as Tensor<Double>)
    #expect(abs(HeadDistance.between(a.matrix, b.matrix) - expected) < 1e-9)
    let table = try HeadDistance.table(MapsAtHand.toy, from: HeadIndex(layer: 0, head: 0))
    #expect(table.values[0] == 0)
    #expect(abs(table.values[1] - expected) < 1e-6)
    let heads = table.indices
    let matrix = try HeadDistance.matrix(MapsAtHand.toy, heads: heads)
    #expect(matrix.shape == [6, 6])
    #expect((0..<6).allSatisfy { abs(matrix[0, $0] - table.values[$0]) < 1e-7 })
    #expect((0..<6).allSatisfy { matrix[$0, 3] == matrix[3, $0] && matrix[$0, $0] == 0 })
    // Layers 0 and 2 hold one head in common: 7·2 + 11·0 and 7·0 + 11·1 differ by 3, not by 13.
    #expect(table.values.allSatisfy { $0 >= 0 && $0 <= log(2) })
  }

  @Test func `a head is called what its scores say`() {
    let scores = ["induction": 0.5, "previous": 0.1, "sink": 0.31, "entropy-relative": Double.nan]
    #expect(HeadType.types { scores[$0] }.map(\.name) == ["induction", "sink"])
    #expect(HeadType.types { _ in nil }.isEmpty)
  }
}

/// Conditions on heads.
@Suite struct HeadFilterTests {
  private let known = ["induction", "sink-rate", "entropy"]

  private func accepted(_ text: String) throws -> [HeadIndex] {
    let filter = try HeadFilter(text, known: known)
    let table = HeadTable(repeating: 0, layers: 3, heads: 2)
    return table.indices.filter { head in
      filter.accepts(head, group: 2) { name in
        switch name {
        case "induction": Double(head.layer) / 10
        case "sink-rate": head.head == 0 ? .nan : 100
        default: 1
        }
      }
    }
  }

  private func head(_ text: String) throws -> HeadIndex { try #require(HeadIndex(text)) }

  @Test func `comparisons, and, or, not and parentheses choose the heads one expects`() throws {
    #expect(try accepted("induction>0.05 & layer<2") == [head("1.0"), head("1.1")])
    #expect(
      try accepted("layer=0 & head=1 || layer == 2 && head != 1") == [head("0.1"), head("2.0")])
    #expect(try accepted("!(layer<2 | head=0)") == [head("2.1")])
    #expect(try accepted("kv=0").count == 6)
    #expect(try accepted("head>=0.5 & layer<=0") == [head("0.1")])
    #expect(try accepted("!!layer>1").count == 2)
    #expect(try accepted("induction > -1e3").count == 6)
  }

  @Test func `an undefined score meets no comparison, negated or not`() throws {
    #expect(try accepted("sink-rate>0").allSatisfy { $0.head == 1 })
    #expect(try accepted("!sink-rate>200").allSatisfy { $0.head == 1 })
  }

  @Test func `a filter says which scores it asks for`() throws {
    let filter = try HeadFilter("induction>0.4 & layer<6 | entropy<1", known: known)
    #expect(filter.scores == ["induction", "entropy"])
    #expect(filter.text == "induction>0.4 & layer<6 | entropy<1")
  }

  @Test(arguments: [
    ("", "the filter is empty; give a condition such as induction>0.4 & layer<6"),
    ("  ", "the filter is empty; give a condition such as induction>0.4 & layer<6"),
    (
      "induction", "induction: found the end at character 10, expected <, >, <=, >=, = or !="
    ),
    ("layer>", "layer>: found the end at character 7, expected a number"),
    ("layer>x", "layer>x: found \"x\" at character 7, expected a number"),
    ("layer>1 head<2", "layer>1 head<2: found \"head\" at character 9, expected & or |"),
    ("(layer>1", "(layer>1: found the end at character 9, expected )"),
    (
      "layer>1 & ",
      "layer>1 & : found the end at character 11, expected the name of a score, layer, head or kv"
    ),
    ("layer>1..2", "layer>1..2: found \"1..2\" at character 7, expected a number"),
    (
      "prophecy>1",
      "prophecy>1: no score is called prophecy, expected layer, head, kv or one of induction, sink-rate, entropy"
    ),
    (
      "layer<2 & layer>3",
      "layer<2 & layer>3: no head can have both layer<2 and layer>3; drop one of them"
    ),
    (
      "layer>2 & layer<3",
      "layer>2 & layer<3: no head can have both layer>2 and layer<3; drop one of them"
    ),
    (
      "induction=1 & induction!=1",
      "induction=1 & induction!=1: no head can have both induction=1 and induction!=1; drop one of them"
    ),
    (
      "!(layer<3 | induction<0.5) & layer=1",
      "!(layer<3 | induction<0.5) & layer=1: no head can have both layer>=3 and layer=1; drop one of them"
    ),
  ])
  func `what cannot be read or met is refused with what to do`(text: String, error: String) {
    #expect { try HeadFilter(text, known: known) } throws: { "\($0)" == error }
  }

  @Test(arguments: [
    "induction>2 & induction<3", "layer>=2 & layer<=2", "layer>3 & layer<2 | head=1",
  ])
  func `what can be met is read`(text: String) throws {
    #expect(try !HeadFilter(text, known: known).alternatives.isEmpty)
  }

  @Test func `a filter of too many alternatives is refused`() {
    let text = Array(repeating: "(layer=1|layer=2)", count: 9).joined(separator: "&")
    #expect(throws: HeadFilterError.tooLong(filter: text)) {
      try HeadFilter(text, known: known)
    }
  }
}
