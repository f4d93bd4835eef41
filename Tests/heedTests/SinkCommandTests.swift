import Foundation
import Testing

/// `heed sinks` and what `heed scores` says about itself.
@Suite struct SinkCommandTests {
  private let words = ["sinks", "sample:novels", "--ids", "0,5,9,77,5,9,12,13,14,15", "--format"]

  @Test func `sinks as JSON keeps the contract`() throws {
    let json = try Shell.heed(words + ["json"]).json()
    for key in ["epsilon", "positions", "massive", "heads"] { #expect(json[key] != nil, "\(key)") }
    let positions = try #require(json["positions"]?.array)
    #expect(positions.count == 10)
    for key in ["index", "piece", "received"] { #expect(positions[0][key] != nil, "\(key)") }
    #expect(positions[0]["index"]?.int == 0)
    let head = try #require(json["heads"]?[0])
    for key in ["layer", "head", "share"] { #expect(head[key]?.double != nil, "\(key)") }
    #expect(json["sinkRate"]?.double ?? 0 > 10)
  }

  @Test func `every table is written as rows, and as numbers`() throws {
    let folder = try TemporaryFolder()
    for table in ["positions", "heads", "massive", "layers"] {
      let rows = try Shell.heed(words + ["tsv", "--table", table]).rows(separator: "\t")
      #expect(rows.allSatisfy { $0.count == rows[0].count }, "\(table)")
      let written = try Shell.heed(
        words + ["npy", "--table", table, "-o", "t.npy"], in: folder.path)
      #expect(written.status == 0 && written.errors.isEmpty)
    }
    let rows = try Shell.heed(words + ["tsv"]).rows(separator: "\t")
    #expect(rows.count == 11 && rows[0] == ["index", "piece", "received", "rate"])
    #expect(rows[1][1] == "<|endoftext|>")
  }

  @Test func `sinks as text names key, heads and layers`() throws {
    let text = try Shell.heed(words + ["text"]).text
    #expect(text.hasPrefix("sink rate of the first token: "))
    #expect(text.contains("   L4  ") && text.contains("sink dimensions: 31"))
  }

  @Test func `a threshold that is no share is refused`() throws {
    for value in ["0", "1", "-2"] {
      let finished = try Shell.heed(words + ["json", "--epsilon=\(value)"])
      #expect(finished.status == 64)
      #expect(finished.errors.contains("--epsilon takes a number between 0 and 1"))
    }
  }

  @Test func `a score that does not apply says why`() throws {
    let none = ["scores", "sample:novels", "--ids", "0,5,9", "--score", "induction", "--format"]
    let reason =
      "no token of the prompt occurs twice; give a prompt with a repeat, or --probe repeat:50"
    let json = try Shell.heed(none + ["json"]).json()
    #expect(json["scores"]?["induction"]?["reason"]?.string == reason)
    #expect(json["scores"]?["induction"]?["values"]?[0]?[0] == .null)
    #expect(try Shell.heed(none + ["text"]).text == "induction [share]  ·  \(reason)\n")
    let csv = try Shell.heed(none + ["csv"])
    #expect(csv.errors == "heed: warning: induction: \(reason)\n")
    #expect(csv.text.contains("\n0,0,\n"))
  }

  @Test func `a probe needs no prompt, and finds the sample's induction heads`() throws {
    let words = ["scores", "sample:novels", "--probe", "repeat:50", "--score", "induction"]
    let rows = try Shell.heed(words + ["--format", "csv"]).rows(separator: ",").dropFirst()
    let best = rows.sorted { (Double($0[2]) ?? 0) > (Double($1[2]) ?? 0) }.prefix(4)
    #expect(Set(best.map { $0[0] + "." + $0[1] }) == ["5.0", "5.1", "5.2", "5.3"])
    for probe in ["repeat", "echo:5", "repeat:0"] {
      #expect(try Shell.heed(["scores", "--probe", probe]).status == 64)
    }
  }
}
