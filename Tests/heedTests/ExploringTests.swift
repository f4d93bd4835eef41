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

  @Test
  func `a file of prompts tells the prune view what is right on them, as it tells heed prune`()
    throws
  {
    let folder = try TemporaryFolder()
    let images = Repository.path + "/samples/digits/images"
    // Ten is never right: the loss is of what the file says, not of what the model names.
    for (name, label) in [("right", "3"), ("wrong", "4")] {
      try folder.write(
        "\(name).jsonl", "{\"image\": \"\(images)/3.png\", \"class\": \"\(label)\"}\n")
      let lines = ["open \"sample:digits\"", "size 110x30", ":prompts \(name).jsonl", "P", "s"]
      try folder.write("r", "heed recording 1\n" + lines.joined(separator: "\n") + "\n")
      let shown = try Shell.heed(["explore", "--play", "r"], in: folder.path)
      #expect(shown.errors.isEmpty, "\(shown.errors)")
      let pruned = try Shell.heed(
        [
          "prune", "sample:digits", "--prompts", "\(name).jsonl", "--steps", "1", "--controls", "0",
          "-o", "out-\(name)",
        ], in: folder.path)
      let row = try #require(pruned.text.split(separator: "\n").dropFirst().first)
      let loss = try #require(Double(row.split(separator: " ")[2]))
      let digits = String(format: "%.3f", loss)
      #expect(shown.text.contains("16 of 16 heads left  loss \(digits)"), "\(row)\n\(shown.text)")
    }
  }

  @Test func `another image is looked at in place of the first, and undone`() throws {
    let folder = try TemporaryFolder()
    let image = Repository.path + "/samples/digits/images/7.png"
    let lines = [
      "open \"sample:digits\"", "size 90x24", "p", "s", ":image \(image)", "s", ":image none.png",
      "R",
      "s", "u", "u", "s", ":open sample:novels", ":open sample:digits --image \(image)",
      ":view predict",
      "s",
    ]
    try folder.write("r", "heed recording 1\n" + lines.joined(separator: "\n") + "\n")
    let finished = try Shell.heed(["explore", "--play", "r"], in: folder.path)
    #expect(finished.errors.contains("none.png: cannot be read: no such file"))
    let pictures = finished.text.components(separatedBy: "heed 0").dropFirst().map { picture in
      picture.split(separator: "\n").filter { !$0.hasPrefix("ids:") }.joined(separator: "\n")
    }
    #expect(pictures.count == 5)
    #expect(pictures[0] != pictures[1] && pictures[1].contains("--image \(image)"))
    #expect(pictures[2] == pictures[1] && pictures[3] == pictures[0])
    #expect(pictures[4].contains("--image \(image)"))
    let alone = try Shell.heed(
      ["predict", "sample:digits", "--image", image, "--top", "1", "--format", "json"]
    ).json()
    let best = try #require(alone["top"]?.array?.first?["text"]?.string)
    #expect(pictures[1].contains(best))
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
    #expect(finished.text.contains("no difference: the prompts"))
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
