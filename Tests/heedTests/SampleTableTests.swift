import Checkpoints
import Foundation
import Testing

/// The table of head types in `samples/README.md`.
@Suite struct SampleTableTests {
  private struct Row {
    let type, head, score, rank: String
    let words: [String]
  }

  private func rows() throws -> [Row] {
    let text = try Repository.text("samples/README.md")
    let section = try #require(text.components(separatedBy: "## Which heads").last)
    return section.split(separator: "\n").filter { $0.contains("| `--") }.map { line in
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      return Row(
        type: cells[0], head: cells[1], score: cells[2], rank: cells[3],
        words: cells[4].trimmingCharacters(in: ["`"]).split(separator: " ").map(String.init))
    }
  }

  /// The strongest head with its score and the ranks it may have.
  private func strongest(_ json: JSON) throws -> (head: String, score: Double, rank: String) {
    let score = try #require(json["scores"]?.object?.values.first)
    if let first = score["ranked"]?[0] {
      let ranks = first["ranks"]?.array?.compactMap(\.int) ?? []
      let (low, high) = (ranks.first ?? 0, ranks.last ?? 0)
      return (
        "L\(first["layer"]?.int ?? -1).H\(first["head"]?.int ?? -1)",
        first["mean"]?.double ?? .nan, low == high ? "\(low)" : "\(low)–\(high)"
      )
    }
    let values = try #require(score["values"]?.numbers)
    let best = try #require(values.indices.max { (values[$0], -$0) < (values[$1], -$1) })
    return ("L\(best / 8).H\(best % 8)", values[best], "1")
  }

  @Test func `every type of head is the one that the sample's table names`() throws {
    let rows = try rows()
    #expect(
      rows.map(\.type) == [
        "previous-token", "induction", "duplicate-token", "successor", "name-mover", "retrieval",
        "sink",
      ])
    for row in rows {
      let finished = try Shell.heed(
        ["scores", "sample:novels", "--format", "json"] + row.words, in: Repository.path)
      let found = try strongest(try finished.json())
      #expect(found.head == row.head, "\(row.type)")
      // The table has three digits; single precision adds less on any processor.
      #expect(abs(found.score - (Double(row.score) ?? 0)) < 0.001, "\(row.type): \(found.score)")
      #expect(found.rank == row.rank, "\(row.type)")
    }
  }
}
