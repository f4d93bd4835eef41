import Checkpoints
import Foundation
import Tensors
import Testing

private let mary = "When Mary and John went to the store, John gave a drink to"

/// `heed export`, whose numbers are compared with Hugging Face's.
@Suite struct ExportTests {
  private func stored(_ fixture: String, _ name: String) throws -> StoredTensor {
    let file = try SafetensorsFile(path: "\(Repository.fixtures)/\(fixture)/expected.safetensors")
    return try #require(file.tensors.first { $0.name == name })
  }

  private func expected(_ fixture: String, _ name: String) throws -> (values: [Double], [Int]) {
    let stored = try stored(fixture, name)
    let tensor = try #require(stored.widened(to: Double.self))
    return (tensor.elements, tensor.shape)
  }

  private func export(_ more: String..., prompt: String = mary) throws -> NumPyFile {
    let finished = try Shell.heed(["export", "sample:novels", prompt] + more)
    #expect(finished.status == 0 && finished.errors.isEmpty, "\(finished.errors)")
    return try NumPyFile(finished.output)
  }

  @Test func `attention of the sample is the reference's`() throws {
    let (values, shape) = try expected("novels", "mary.f32.attention")
    let all = try export("--tensor", "attention")
    #expect(all.type == "<f4")
    #expect(all.shape == shape && shape == [6, 8, 15, 15])
    #expect(largestDifference(all.values, values) < 1e-5)
    for row in all.lastRows { #expect(abs(row.reduce(0, +) - 1) < 1e-5) }
    for (number, row) in all.lastRows.enumerated() {
      #expect(row.dropFirst(number % 15 + 1).allSatisfy { $0 == 0 }, "a key after its query")
    }
    let layer = try export("--layer", "5")
    #expect(layer.shape == [8, 15, 15])
    #expect(layer.values == Array(all.values.suffix(8 * 225)))
    let head = try export("--layer", "5", "--head", "7")
    #expect(head.shape == [15, 15])
    #expect(head.values == Array(all.values.suffix(225)))
    let heads = try export("--head", "7")
    #expect(heads.shape == [6, 15, 15])
    #expect(Array(heads.values.suffix(225)) == head.values)
  }

  @Test func `double precision is closer to the exact values`() throws {
    let (values, _) = try expected("novels", "mary.f64.attention")
    let maps = try export("--precision", "f64")
    // The expected values, and the file, are rounded to float32.
    #expect(largestDifference(maps.values, values) < 2e-7)
  }

  @Test(arguments: [
    ("attention", [3, 4, 17, 17]), ("q", [3, 4, 17, 8]), ("k", [3, 1, 17, 8]),
    ("v", [3, 1, 17, 8]), ("z", [3, 4, 17, 8]), ("residual", [4, 17, 32]), ("logits", [17, 64]),
  ])
  func `every tensor has its shape and the reference's numbers`(
    tensor: String, shape: [Int]
  ) throws {
    let ids = try stored("llama-multiquery", "p17.ids").integers()
    let name = ["residual": "hidden_states"][tensor] ?? tensor
    let (values, wanted) = try expected("llama-multiquery", "p17.f32.\(name)")
    let finished = try Shell.heed([
      "export", Repository.fixtures + "/llama-multiquery", "--tensor", tensor,
      "--ids", ids.map { "\($0)" }.joined(separator: ","),
    ])
    let array = try NumPyFile(finished.output)
    #expect(array.shape == shape && shape == wanted)
    let largest = values.map { abs($0) }.max() ?? 0
    #expect(largestDifference(array.values, values) < 3e-5 * max(1, largest))
  }

  @Test func `softmax of the exported scores is the exported attention`() throws {
    let scores = try export("--tensor", "scores", "--layer", "3", "--head", "2")
    let maps = try export("--layer", "3", "--head", "2")
    #expect(scores.shape == [15, 15])
    for (query, (row, weights)) in zip(scores.lastRows, maps.lastRows).enumerated() {
      let exponentials = row.prefix(query + 1).map { exp($0) }
      let sum = exponentials.reduce(0, +)
      #expect(
        largestDifference(exponentials.map { $0 / sum }, Array(weights.prefix(query + 1))) < 1e-5)
    }
  }

  @Test func `JSON, CSV and TSV hold the numbers of the NumPy file`() throws {
    let folder = try TemporaryFolder()
    let words = ["export", "sample:novels", mary, "--layer", "2", "--head", "6"]
    for ending in ["npy", "json", "csv", "tsv"] {
      let finished = try Shell.heed(words + ["-o", "map.\(ending)"], in: folder.path)
      #expect(finished.status == 0 && finished.errors.isEmpty && finished.output.isEmpty)
    }
    #expect(folder.names == ["map.csv", "map.json", "map.npy", "map.tsv"])
    let array = try NumPyFile(folder.read("map.npy"))
    let json = try JSONDecoder().decode(JSON.self, from: Data(folder.read("map.json")))
    #expect(json["shape"] == .array([.int(15), .int(15)]))
    #expect(largestDifference(json["values"]?.numbers ?? [], array.values) < 1e-7)
    for (ending, separator) in [("csv", Character(",")), ("tsv", "\t")] {
      let lines = try folder.text("map.\(ending)").split(separator: "\n")
      #expect(lines.count == 1 + 225 || lines.count == 1 + 15, "\(ending)")
      let width = lines.count == 226 ? 1 : 15
      let values = lines.dropFirst().flatMap { line in
        line.split(separator: separator).suffix(width).map { Double($0) ?? .nan }
      }
      #expect(largestDifference(values, array.values) < 1e-7, "\(ending)")
    }
    // What the option says comes before what the name says.
    let asked = try Shell.heed(words + ["-o", "x.txt", "--format", "npy"], in: folder.path)
    #expect(asked.status == 0)
    #expect(try folder.read("x.txt") == folder.read("map.npy"))
  }

  @Test func `a prompt longer than a tile is exported whole`() throws {
    let ids = "0," + (0..<600).map { "\($0 * 37 % 4095 + 1)" }.joined(separator: ",")
    let finished = try Shell.heed([
      "export", "sample:novels", "--ids", ids, "--layer", "1", "--head", "3",
    ])
    let maps = try NumPyFile(finished.output)
    #expect(maps.shape == [601, 601])
    for row in maps.lastRows { #expect(abs(row.reduce(0, +) - 1) < 1e-4) }
  }
}
