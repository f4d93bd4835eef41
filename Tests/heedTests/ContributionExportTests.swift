import Checkpoints
import Foundation
import Testing

/// Exports of what keys and tokens really add.
@Suite struct ContributionExportTests {
  private let words = ["export", "sample:novels", "--format", "json", "--ids", "0,5,9,77,5,9"]

  @Test func `flows are one matrix whose rows sum to one`() throws {
    for tensor in ["rollout", "max-flow"] {
      let json = try Shell.heed(words + ["--tensor", tensor]).json()
      #expect(json["values"]?.sizes == [6, 6], "\(tensor)")
      let values = json["values"]?.numbers ?? []
      for row in 0..<6 {
        let sum = values[row * 6..<row * 6 + 6].reduce(0, +)
        // Single precision on the way out.
        #expect(abs(sum - 1) < 1e-5, "\(tensor)")
        #expect(values[row * 6..<row * 6 + 6].dropFirst(row + 1).allSatisfy { $0 == 0 })
      }
      let first = try Shell.heed(words + ["--tensor", tensor, "--layer", "0"]).json()
      #expect(first["values"]?.numbers != values)
    }
    let flow = try Shell.heed(words + ["--tensor", "flow"]).json()
    #expect(flow["values"]?.sizes == [6, 6])
    #expect(flow["values"]?.numbers.allSatisfy { $0 >= 0 } == true)
  }

  @Test func `weighted maps are shaped as maps are, and cut as they are`() throws {
    let all = try Shell.heed(words + ["--tensor", "value-weighted"]).json()
    #expect(all["values"]?.sizes == [6, 8, 6, 6])
    let one = ["--layer", "4", "--head", "4"]
    let maps = try Shell.heed(words + one).json()["values"]?.numbers ?? []
    let value = try Shell.heed(words + one + ["--tensor", "value-weighted"]).json()
    let norm = try Shell.heed(words + one + ["--tensor", "norm-weighted"]).json()
    #expect(value["values"]?.sizes == [6, 6] && norm["values"]?.sizes == [6, 6])
    let values = value["values"]?.numbers ?? []
    #expect(abs(values[30..<36].reduce(0, +) - 1) < 1e-5)
    #expect(values != maps && norm["values"]?.numbers.allSatisfy { $0 >= 0 } == true)
  }

  @Test func `relevance, flows, distances and channels are shaped as they say`() throws {
    func values(_ more: String...) throws -> JSON? {
      try Shell.heed(words + ["--tensor"] + more).json()["values"]
    }
    let relevance = try values("relevance")
    #expect(relevance?.sizes == [6, 6])
    let numbers = relevance?.numbers ?? []
    // R begins as the identity and only grows; no token depends on a later one.
    #expect((0..<6).allSatisfy { numbers[$0 * 7] >= 1 } && numbers[1] == 0)
    #expect(numbers[30..<35].contains { $0 > 0 })
    for flow in ["flow-in", "flow-out"] {
      let all = try values(flow)
      #expect(all?.sizes == [6, 8, 6])
      // Conserved: each head's flows sum to the number of tokens.
      #expect(abs((all?.numbers[..<6].reduce(0, +) ?? 0) - 6) < 1e-4)
    }
    #expect(try values("head-distance")?.sizes == [48, 48])
    #expect(try values("head-distance", "--layer", "1")?.sizes == [8, 8])
    let like = try values("head-distance", "--layer", "1", "--head", "2")
    #expect(like?.sizes == [6, 8] && like?.numbers[10] == 0)
    let channels = try values("channels", "--layer", "1", "--head", "2")
    #expect(channels?.sizes == [32, 32])
    #expect(abs((channels?.numbers[..<32].reduce(0, +) ?? 0) - 1) < 1e-5)
    expectRefusal(
      try Shell.heed([
        "export", "sample:digits", "--image", Repository.path + "/samples/digits/images/3.png",
        "--tensor", "relevance", "--format", "csv",
      ]),
      "digits: its logits are classes, and relevance needs the gradient of a token's; use rollout or flow"
    )
  }

  @Test func `maximum flow of a long prompt is refused`() throws {
    let ids = (0..<65).map(String.init).joined(separator: ",")
    expectRefusal(
      try Shell.heed([
        "export", "sample:novels", "--ids", ids, "--tensor", "max-flow", "--format", "csv",
      ]),
      "the prompt has 65 tokens, maximum flow takes up to 64; shorten it, or use rollout or flow")
  }
}
