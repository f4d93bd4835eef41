import Foundation
import Testing

@testable import Checkpoints
@testable import Explorer

/// The numbers of views, and NumPy's archive.
@Suite struct DataTests {
  private func entries(_ bytes: [UInt8]) throws -> [String: [UInt8]] {
    try bytes.withUnsafeBytes { raw in
      let directory = try ZipDirectory(raw)
      return Dictionary(
        uniqueKeysWithValues: try directory.entries.keys.map { name in
          (name, Array(raw[try directory.range(of: name)]))
        })
    }
  }

  @Test(arguments: [ZipWriter.sentinel - 1, 100, 0])
  func `an archive gives back what was put in, with 64-bit fields too`(threshold: Int) throws {
    var bytes: [UInt8] = []
    var zip = ZipWriter(threshold: threshold) { bytes += $0 }
    let contents = (0..<3).map { number in [UInt8](repeating: UInt8(number), count: number * 90) }
    for (number, content) in contents.enumerated() {
      try zip.add("naïve \(number)", size: content.count) { write in
        for byte in content { try write([byte]) }
      }
    }
    try zip.finish()
    let found = try entries(bytes)
    #expect(found.count == 3)
    for (number, content) in contents.enumerated() { #expect(found["naïve \(number)"] == content) }
  }

  @Test func `npz holds the numbers of the NumPy file, and the tokens`() throws {
    let words = ["export", "sample:novels", "to be", "--layer", "1"]
    let array = try Shell.heed(words)
    let archive = try Shell.heed(words + ["--format", "npz"])
    let found = try entries(archive.output)
    #expect(found.keys.sorted() == ["attention.npy", "tokens.npy"])
    #expect(found["attention.npy"] == array.output)
    let tokens = try #require(found["tokens.npy"])
    #expect(String(decoding: tokens.prefix(80), as: UTF8.self).contains("'descr': '<U13'"))
    #expect(try Shell.heed(words + ["--format", "npz"]).output == archive.output)
  }

  @Test func `a view's numbers are what its commands print`() throws {
    let words = ["sample:novels", "to be or not to be"]
    let atlas = try Shell.heed(["export"] + words + ["--view", "atlas"])
    let scores = try Shell.heed(["scores"] + words + ["--score", "previous", "--format", "csv"])
    let table = atlas.rows(separator: ",")
    let column = try #require(table[0].firstIndex(of: "previous"))
    #expect(table.map { [$0[0], $0[1], $0[column]] } == scores.rows(separator: ","))
    let map = try Shell.heed(
      ["export"] + words + ["--view", "map", "--layer", "2", "--head", "6", "--format", "csv"])
    let tensor = try Shell.heed(
      ["export"] + words + ["--layer", "2", "--head", "6", "--format", "csv"])
    #expect(map.text == tensor.text)
    let tokens = try Shell.heed(
      ["export"] + words
        + ["--view", "tokens", "--layer", "2", "--head", "6", "--query", "3", "--format", "tsv"])
    let rows = tokens.rows(separator: "\t")
    #expect(rows[0] == ["key", "id", "piece", "weight"])
    #expect(rows.count == 8 && rows[2][2] == "to")
    let weights = rows.dropFirst().compactMap { Double($0[3]) }
    #expect(abs(weights.reduce(0, +) - 1) < 1e-5)
    // Tiles of other sizes add up in another order.
    let row = map.rows(separator: ",")[4].dropFirst().compactMap { Double($0) }
    #expect(zip(weights, row).allSatisfy { abs($0 - $1) < 1e-6 } && row.count == weights.count)
  }

  @Test func `a table is no array, and a view and a tensor are not both`() throws {
    let words = ["export", "sample:novels", "to be", "--view", "atlas"]
    let npy = try Shell.heed(words + ["--format", "npy"])
    #expect(npy.status == 1)
    #expect(
      npy.errors
        == "heed: error: npy holds one array and atlas is a table of several columns; "
        + "use npz, one array for each column, or csv, tsv or json\n")
    #expect(try Shell.heed(words + ["--tensor", "q"]).status == 64)
    let json = try Shell.heed(words + ["--format", "json"]).json()
    #expect(json["columns"]?[0]?.string == "layer")
    #expect(json["rows"]?.array?.count == 48)
  }

  @Test func `fields are quoted in csv and escaped in tsv`() {
    let fields = ["a", "b,c", "d\"e", "f\ng", "h\ti\\"]
    #expect(SeparatedValues.line(fields, .comma) == "a,\"b,c\",\"d\"\"e\",\"f\ng\",h\ti\\\n")
    #expect(SeparatedValues.line(fields, .tab) == "a\tb,c\td\"e\tf\\ng\th\\ti\\\\\n")
  }

  @Test func `a large export says its size first`() throws {
    let ids = (0..<300).map { "\($0)" }.joined(separator: ",")
    let finished = try Shell.script(
      "\"$heed\" export sample:novels --ids \(ids) > /dev/null")
    #expect(finished.status == 0)
    #expect(
      finished.errors
        == "heed: writing attention [6, 8, 300, 300]: 16.5 MiB as float32, text takes more\n")
  }
}
