import Foundation
import Testing

/// What the explorer works out behind the screen on request, through the real engine, without a terminal.
@Suite struct ExploringTests {
  private static let beginning =
    "heed recording 1\nopen \"sample:novels\"\nprompt \"to be or not to be, to be or not\"\nsize 110x34\n"

  private func played(_ lines: String) throws -> Finished {
    let folder = try TemporaryFolder()
    try folder.write("r", Self.beginning + lines)
    let finished = try Shell.heed(["explore", "--play", "r"], in: folder.path)
    #expect(finished.status == 0)
    return finished
  }

  @Test func `pruning ends where heed prune ends, and its mask is taken and written`() throws {
    let finished = try played("P\ns\n$\ns\nEnter\n:view atlas\n:mask write m.json\n")
    #expect(finished.errors.isEmpty, "\(finished.errors)")
    #expect(finished.text.contains("48 of 48 heads left  loss"))
    #expect(finished.text.contains("1 of 48 heads left  loss"))
    let line = try #require(finished.text.split(separator: "\n").last)
    let mask = try JSONDecoder().decode([String: [Int]].self, from: Data(line.utf8))
    #expect(mask.values.reduce(0) { $0 + $1.count } == 47)
  }

  @Test func `a model of an unknown type opens with :open MODEL --family`() throws {
    let folder = try TemporaryFolder()
    let original = Repository.path + "/samples/novels/"
    for name in ["model.safetensors", "tokenizer.json"] {
      try FileManager.default.createSymbolicLink(
        atPath: "\(folder.path)/\(name)", withDestinationPath: original + name)
    }
    let config = try String(contentsOfFile: original + "config.json", encoding: .utf8)
    try folder.write("config.json", config.replacing("\"llama\"", with: "\"llama-next\""))
    let lines = "open \(folder.path)\nopen \(folder.path) --family llama\nview model\nshow\nquit\n"
    let finished = try Shell.heed(["--plain", "sample:novels", "to be"], input: Array(lines.utf8))
    #expect(finished.status == 0)
    let all = finished.text + finished.errors
    #expect(all.contains("model_type is \"llama-next\", which heed does not know"), "\(all)")
    #expect(finished.text.contains((folder.path as NSString).lastPathComponent), "\(all)")
  }

  @Test func `what is written is what heed predict says token by token`() throws {
    let finished = try played("C\n2\nEnter\n:export g.csv\ns\n")
    let rows = finished.text.split(separator: "\n").filter { $0.first?.isNumber == true }
    var ids: [Int] = []
    let tokens = try Shell.heed(
      ["tokens", "sample:novels", "to be or not to be, to be or not", "--format", "json"])
    var all = try (tokens.json()["tokens"]?.array ?? []).compactMap { $0["id"]?.int }
    for row in rows.prefix(3) {
      let id = try #require(Int(row.split(separator: ",")[1]))
      let text = all.map(String.init).joined(separator: ",")
      let json = try Shell.heed(
        ["predict", "sample:novels", "--ids", text, "--top", "1", "--format", "json"]
      ).json()
      #expect(json["top"]?.array?.first?["id"]?.int == id)
      ids.append(id)
      all.append(id)
    }
    #expect(ids.count == 3 && finished.text.contains("token 3 of 3: "))
  }

  @Test func `a run under comparison is the run that heed makes of it alone`() throws {
    let finished = try played(
      ":compare prompt it was the best of times\ns\n:compare open sample:novels\ns\n")
    #expect(finished.errors.isEmpty, "\(finished.errors)")
    #expect(finished.text.contains("L0.H0, other prompt"))
    #expect(finished.text.contains("no difference: the prompts have"))
    #expect(finished.text.contains("L0.H0 of novels"))
    // The same model twice: no head differs.
    #expect(finished.text.contains("second minus first -0.00"))
    let wrong = try played(":compare open nowhere\ns\n")
    #expect(wrong.text.contains("nowhere: "))
  }

  @Test func `a score that is worked out on request is the one that heed scores prints`() throws {
    let finished = try played(":score michel\n:export a.csv\n")
    let lines = finished.text.split(separator: "\n").map {
      $0.split(separator: ",").map(String.init)
    }
    let column = try #require(lines.first?.firstIndex(of: "michel"))
    let json = try Shell.heed(
      [
        "scores", "sample:novels", "to be or not to be, to be or not", "--score", "michel",
        "--format", "json",
      ]
    ).json()
    let values = json["scores"]?["michel"]?["values"]?.array ?? []
    for line in lines.dropFirst().prefix(48) {
      let (layer, head) = (Int(line[0]) ?? 0, Int(line[1]) ?? 0)
      let expected = try #require(values[layer].array?[head].double)
      #expect(abs((Double(line[column]) ?? .nan) - expected) < 1e-6)
    }
    let refused = try played(":score dla\n:score operand\ns\n")
    #expect(refused.errors.contains("operand"))
  }

  @Test func `a rule's figures keep their scopes apart`() throws {
    let finished = try played(
      ":rule streaming:sink=1,recent=2\ns\nD\ns\n:view atlas\n:score drift-tv\ns\n")
    #expect(finished.errors.isEmpty, "\(finished.errors)")
    #expect(finished.text.contains("L0.H0, inputs frozen: kept 0."))
    #expect(finished.text.contains("model run: loss "))
    #expect(finished.text.contains("model: not run, the reach is local"))
    #expect(finished.text.contains("Drift: tv 0.00"))
    let json = try Shell.heed(
      [
        "whatif", "sample:novels", "to be or not to be, to be or not", "--rule",
        "streaming:sink=1,recent=2", "--heads", "L0.H0", "--format", "json",
      ]
    ).text
    // The first three digits of the same number, by the command.
    let kept = try #require(finished.text.firstMatch(of: /inputs frozen: kept (\d\.\d\d)/)).1
    #expect(json.contains(kept), "\(kept) in \(json.prefix(600))")
  }

  @Test func `a knock-out is summed up beside the atlas`() throws {
    let finished = try played(":goto L2.H3\nx\ns\n")
    for text in ["without L2.H3", "loss ", "next ", "maps that moved most:"] {
      #expect(finished.text.contains(text), "\(text)")
    }
  }
}
