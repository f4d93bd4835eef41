import Checkpoints
import Foundation
import Testing

/// `heed rules`, `whatif`, `fit`, and rules in exports and scores.
@Suite struct RuleCommandTests {
  private let novels = "sample:novels"
  private let mary = "When Mary and John went to the store, John gave a drink to"

  @Test func `rules lists every rule with label, evidence and parameters`() throws {
    let json = try Shell.heed(["rules", "--format", "json"]).json()
    let rules = try #require(json["rules"]?.array)
    #expect(rules.count == 33)
    for rule in rules {
      for key in ["name", "title", "formula", "family", "label", "evidence", "source", "rowSum"] {
        #expect(rule[key]?.string?.isEmpty == false, "\(key)")
      }
    }
    #expect(json["nativeOnly"]?.array?.isEmpty == false)
    let text = try Shell.heed(["rules"]).text
    for rule in rules { #expect(text.contains("\n\(rule["name"]?.string ?? "?") ")) }
    let one = try Shell.heed(["rules", "streaming"])
    #expect(one.text.contains("recent=a whole number of at least 1 (default 512)"))
    expectRefusal(
      try Shell.heed(["rules", "music"]),
      "--rule music: needs a learned embedding for every distance, which this checkpoint does not have,"
        + " so there is nothing to apply; heed rules lists what can be")
  }

  @Test func `whatif measures a head on frozen inputs`() throws {
    let json = try Shell.heed([
      "whatif", novels, mary, "--rule", "streaming:sink=1,recent=4", "--heads", "L5.H1,L3",
      "--format", "json",
    ]).json()
    #expect(json["scope"]?.string == "local")
    #expect(json["label"]?.string == "as published")
    #expect(json["rule"]?.string == "streaming:sink=1,recent=4,positions=true in L3, L5.H1")
    let heads = try #require(json["heads"]?.array)
    #expect(heads.count == 9 && heads[8]["head"]?.string == "L5.H1")
    let measures = try #require(heads[0]["measures"])
    let kept = try #require(measures["kept-mass"]?.double)
    let moved = try #require(measures["tv"]?.double)
    #expect(abs(kept + moved - 1) < 1e-5, "what is dropped goes to the rest")
    #expect(abs((measures["kv-fraction"]?.double ?? 0) - 5.0 / 15) < 1e-12)
    let text = try Shell.heed(["whatif", novels, mary, "--rule", "flow", "--heads", "L5.H1"]).text
    #expect(text.hasPrefix("rule flow in L5.H1, local: inputs frozen\nadapted: "))
    #expect(
      text.contains("tv: undefined where ·: rows do not all sum to one; see l1 and row-sum\n"))
  }

  @Test func `patches of an image can be marked, but not left out`() throws {
    let digits = ["whatif", "sample:digits", "--heads", "L0.H0", "--span"]
    let painted = try Shell.heed(
      digits + ["stroke=3..9", "--rule", "paint", "--format", "json"]
    ).json()
    #expect(painted["heads"]?.array?.count == 1)
    expectRefusal(
      try Shell.heed(digits + ["stroke=3..9", "--rule", "vhr"]),
      "--rule vhr: runs the prompt a second time without the span, and of an image or a sound nothing"
        + " can be left out; it works on prompts of tokens")
    expectRefusal(
      try Shell.heed(digits + ["stroke=3..900", "--rule", "paint"]),
      "--span stroke=3..900: the prompt has tokens 0 to 64; END is the first token after the span")
  }

  @Test func `whatif runs the model under the rule, with heads taken out as well`() throws {
    func effect(_ more: [String]) throws -> JSON {
      try Shell.heed(
        [
          "whatif", novels, mary, "--scope", "propagated", "--format", "json",
        ] + more
      ).json()
    }
    let same = try effect(["--rule", "window:size=64"])
    #expect(abs(same["lossChange"]?.double ?? 1) < 1e-5)
    #expect(same["topChanged"]?.double == 0 && same["firstChange"] == .null)
    let window = try effect(["--rule", "window:size=2", "--heads", "L5"])
    let change = try #require(window["lossChange"]?.double)
    let parts = try #require(window["tokenLossChanges"]).numbers
    #expect(parts.count == 14)
    #expect(abs(parts.reduce(0, +) / 14 - change) < 1e-5)
    let both = try effect(["--rule", "window:size=2", "--heads", "L5", "--without", "L5"])
    let alone = try Shell.heed(
      ["predict", novels, mary, "--without", "L5", "--format", "json"]
    ).json()
    #expect(abs((both["lossAfter"]?.double ?? 0) - (alone["loss"]?.double ?? 1)) < 1e-4)
    #expect(both["without"]?.array?.count == 8)
  }

  @Test func `fit writes a plan and DuoAttention's table, which duo reads back`() throws {
    let folder = try TemporaryFolder()
    let json = try Shell.heed([
      "fit", novels, mary, "--budget", "40%", "--rules", "streaming,window", "--format", "json",
    ]).json()
    let plan = try #require(json["plan"]?.array)
    #expect(plan.count == 48)
    for head in plan {
      let errors = (head["errors"]?.object ?? [:]).values.compactMap(\.double)
      #expect(head["outputError"]?.double == errors.min())
    }
    #expect(json["uniform"]?.array?.count == 2 && json["lossOfPlan"]?.double != nil)
    let file = folder.path + "/full_attention_heads.tsv"
    let written = try Shell.heed(["fit", novels, mary, "--format", "tsv", "-o", file])
    #expect(written.status == 0)
    let rows = try folder.text("full_attention_heads.tsv").split(separator: "\n")
    #expect(rows.count == 6 && rows.allSatisfy { $0.split(separator: "\t").count == 4 })
    let read = try Shell.heed([
      "whatif", novels, mary, "--rule", "duo:sink=1,recent=3,pattern=\(file)", "--format", "json",
    ]).json()
    let fractions = (read["heads"]?.array ?? []).compactMap {
      $0["measures"]?["kv-fraction"]?.double
    }
    #expect(fractions.filter { $0 < 1 }.count == 24, "half of the KV heads stream")
    expectRefusal(
      try Shell.heed(["fit", novels, mary, "--budget", "0"]),
      "--budget takes a share above 0 and up to 1, such as 25% or 0.25; see heed fit --help",
      status: 64)
  }

  @Test func `an export under a rule says so and holds the rule's map`() throws {
    let rule = ["--rule", "window:size=2", "--layer", "5", "--head", "1"]
    let json = try Shell.heed(["export", novels, mary, "--format", "json"] + rule).json()
    #expect(json["rule"]?.string == "rule window:size=2,dilation=1 in L5, local")
    let values = try #require(json["values"]?.array).map(\.numbers)
    #expect(values[9][7] == 0 && values[9][8] > 0 && values[9][9] > 0)
    let csv = try Shell.heed(["export", novels, mary, "--format", "csv"] + rule)
    #expect(csv.text.hasPrefix("# rule window:size=2,dilation=1 in L5, local\nquery,"))
    let folder = try TemporaryFolder()
    let npy = try Shell.heed(["export", novels, mary, "-o", folder.path + "/a.npy"] + rule)
    #expect(
      npy.errors == "heed: rule window:size=2,dilation=1 in L5, local; npy has no place to say so\n"
    )
    let array = try NumPyFile(folder.read("a.npy"))
    #expect(array.shape == [15, 15])
    #expect(array.lastRows.allSatisfy { abs($0.reduce(0, +) - 1) < 1e-5 })
    let run = try Shell.heed(
      ["export", novels, mary, "--format", "json", "--scope", "propagated"] + rule
    ).json()
    #expect(run["rule"]?.string?.hasSuffix(", propagated") == true)
    // Layer 5 reads what the rule in layer 5 alone has not changed.
    #expect(largestDifference(run["values"]?.numbers ?? [], json["values"]?.numbers ?? [1]) < 1e-6)
    let plain = try Shell.heed(["export", novels, mary, "--layer", "5", "--format", "json"]).json()
    #expect(plain["rule"] == nil)
  }

  @Test func `of a classifier a rule changes one prediction, the class`() throws {
    let image = ["--image", Repository.path + "/samples/digits/images/3.png"]
    let words = ["whatif", "sample:digits", "--scope", "propagated", "--rule"] + image
    // Of the rules with a budget, those that are defined for attention that sees both ways.
    let fit = try Shell.heed(["fit", "sample:digits", "--format", "json"] + image).json()
    #expect(fit["uniform"]?.array?.compactMap { $0["loss"]?.double }.count == 2)
    #expect((fit["lossOfPlan"]?.double ?? 0) > (fit["lossBefore"]?.double ?? 1))
    func answer(_ rule: String, _ more: [String] = []) throws -> Finished {
      var words = words
      words.insert(rule, at: 5)
      return try Shell.heed(words + more)
    }
    let json = try answer("davit:window=2", ["--format", "json"]).json()
    #expect(json["topChanged"]?.double == 1 && json["tokenLossChanges"]?.array?.isEmpty == true)
    #expect(json["firstChange"]?["before"]?.string == "3")
    #expect((json["klMean"]?.double ?? 0) > 0)
    #expect(try answer("davit:window=8").text.contains("class: the same\n"))
    expectRefusal(
      try answer("biformer"),
      "--rule biformer: regions is 7; 8 x 8 patches take regions=8, 4 or 2")
    expectRefusal(
      try answer("agent:pool=9"),
      "--rule agent: pool is \"9\", expected at most 8, for the grid has 8 x 8 patches")
  }

  @Test func `a snapshot and a view's numbers stand under the rule`() throws {
    let words = [novels, mary, "--view", "map", "--layer", "5", "--head", "1"]
    let rule = ["--rule", "window:size=2"]
    let text = try Shell.heed(["snapshot"] + words + rule).text
    #expect(text.contains("rule window:size=2 in 48 heads, propagated"))
    let notice = "rule window:size=2,dilation=1 in L5.H1, propagated"
    let one = rule + ["--heads", "L5.H1"]
    let svg = try Shell.heed(["snapshot"] + words + one + ["--format", "svg"]).text
    #expect(svg.contains("\nrule: \(notice)\n"))
    let rows = try Shell.heed(["export"] + words + ["--format", "csv"] + one).rows(separator: ",")
    #expect(rows[0].joined(separator: ",") == "# \(notice)")
    #expect(rows[11][8] == "0.0" && rows[11][10] != "0.0")
    let atlas = [novels, mary, "--view", "atlas", "--format", "json"]
    #expect(try Shell.heed(["export"] + atlas + one).json()["rule"]?.string == notice)
    #expect(try Shell.heed(["export"] + atlas).json()["rule"] == nil)
  }

  @Test func `scores can be computed under a rule`() throws {
    let json = try Shell.heed([
      "scores", novels, mary, "--rule", "window:size=1", "--heads", "L2", "--score", "self",
      "--format", "json",
    ]).json()
    #expect(json["rule"]?.string == "rule window:size=1,dilation=1 in L2, local")
    let values = try #require(json["scores"]?["self"]?["values"]?.array).map(\.numbers)
    #expect(values[2].allSatisfy { abs($0 - 1) < 1e-5 })
    #expect(values[1].contains { $0 < 0.9 })
  }

  @Test func `spans are marked by positions or tags, and what is wrong with them is said`() throws {
    let tagged = "When <<a>>Mary and<</a>> <<b>>John<</b>> went to the store, John gave a drink to"
    let first = try Shell.heed(
      ["whatif", novels, tagged, "--tags", "--rule", "isolation", "--format", "json"]
    ).json()
    let second = try Shell.heed([
      "whatif", novels, mary, "--span", "a=2..4", "--span", "b=4..5", "--rule", "isolation",
      "--format", "json",
    ]).json()
    let kept = first["mean"]?["kept-mass"]?.double ?? 0
    #expect(kept < 1 && kept > 0.5)
    #expect(abs(kept - (second["mean"]?["kept-mass"]?.double ?? 1)) < 0.05)
    expectRefusal(
      try Shell.heed(["whatif", novels, mary, "--rule", "pine", "--span", "a=2"]),
      "--span a=2: expected NAME=START..END with token positions, such as doc=3..9; heed tokens lists"
        + " them")
    expectRefusal(
      try Shell.heed(["whatif", novels, mary, "--rule", "pine"]),
      "--rule pine: the prompt has 0 marked spans, expected at least 2; mark them with"
        + " --span NAME=START..END, or as <<NAME>>…<</NAME>> with --tags")
    expectRefusal(
      try Shell.heed(["whatif", novels, "<<a>>to be", "--tags", "--rule", "pine"]),
      "<<a>> is never closed; write <</a>> where the span ends")
  }

  @Test func `what a rule cannot have is refused before or after the model is open`() throws {
    expectRefusal(
      try Shell.heed(["export", novels, mary, "--rule", "biformer"]),
      "--rule biformer: needs patches in rows and columns and this prompt is text; open a vision model"
        + " with --image F.png")
    expectRefusal(
      try Shell.heed(["whatif", "no-such-model", mary, "--rule", "act:beta=3"]),
      "--rule act: beta is \"3\", expected a number from 0 to 1")
    expectRefusal(
      try Shell.heed(["whatif", novels, mary, "--rule", "window", "--heads", "L9"]),
      "layer 9: the model has layers 0 to 5")
    expectRefusal(
      try Shell.heed(["whatif", novels, mary, "--rule", "window", "--heads", ""]),
      "no head is named: expected heads or layers separated by commas, such as L5.H1,L3")
    expectRefusal(
      try Shell.heed(["whatif", novels, mary, "--rule", "no-sink:positions=0+15"]),
      "--rule no-sink: positions names position 15, and the prompt's are 0 to 14")
    expectRefusal(
      try Shell.heed(["whatif", novels, mary, "--rule", "cut:edges=3>40"]),
      "--rule cut: edges names position 40, and the prompt's are 0 to 14")
    let bloom = Repository.fixtures + "/families/bloom"
    expectRefusal(
      try Shell.heed(["whatif", bloom, "--ids", "1,2,3", "--rule", "streaming:positions=cache"]),
      "--rule streaming: needs queries and keys before rotation, and this model's positions are ALiBi;"
        + " open a model with rotary positions")
    let gpt2 = Repository.fixtures + "/gpt2-standard"
    expectRefusal(
      try Shell.heed(["whatif", gpt2, "--ids", "1,2,3", "--rule", "longheads"]),
      "--rule longheads: needs queries and keys before rotation, and this model's positions are added to"
        + " the embeddings or absent; open a model with rotary positions")
  }
}
