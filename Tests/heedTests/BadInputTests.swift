import Analysis
import Foundation
import Testing

/// Prompts, options and places that do not work: one line, the right status, nothing half-written.
@Suite struct BadInputTests {
  private let tiny = Repository.fixtures + "/llama-multiquery"
  private let novels = "sample:novels"

  @Test func `an empty prompt is refused by what runs the model`() throws {
    let text = "the prompt has no tokens; give a text, or ids with --ids 1,2,3"
    for command in ["predict", "export", "scores", "snapshot", "explore", "bench"] {
      expectRefusal(try Shell.heed([command, novels, "--no-special", "--text", ""]), text)
    }
    expectRefusal(try Shell.heed(["predict", tiny, "--ids", ""]), text)
  }

  @Test func `no prompt at all is refused with the ways to give one`() throws {
    for command in ["tokens", "predict", "export", "scores"] {
      expectRefusal(
        try Shell.heed([command, novels]),
        "no prompt was given; write it after the model, or use --text, --file, --ids, or - for "
          + "standard input")
    }
  }

  @Test func `a prompt longer than the context is refused with both lengths`() throws {
    let ids = (0..<65).map { "\($0 % 64)" }.joined(separator: ",")
    expectRefusal(
      try Shell.heed(["predict", tiny, "--ids", ids]),
      "the prompt has 65 tokens, the model's context holds 64; shorten it")
  }

  @Test func `ids outside the vocabulary are refused`() throws {
    expectRefusal(
      try Shell.heed(["predict", tiny, "--ids", "1,64"]),
      "token id 64 at position 1 is outside the vocabulary, expected 0 to 63")
    expectRefusal(
      try Shell.heed(["export", novels, "--ids=-1"]),
      "token id -1 at position 0 is outside the vocabulary, expected 0 to 4095")
  }

  @Test(arguments: ["1,two,3", "1.5", "99999999999999999999"])
  func `ids that are no numbers are refused`(ids: String) throws {
    expectRefusal(
      try Shell.heed(["predict", novels, "--ids", ids]),
      "--ids \(ids): expected whole numbers separated by commas, such as 1,2,3, or @FILE")
  }

  @Test func `a file that cannot be read is refused by name`() throws {
    let folder = try TemporaryFolder()
    expectRefusal(
      try Shell.heed(["tokens", novels, "--file", "/nowhere/prompt"]),
      "/nowhere/prompt: cannot be read: no such file")
    expectRefusal(
      try Shell.heed(["predict", novels, "--ids", "@/nowhere/ids"]),
      "/nowhere/ids: cannot be read: no such file")
    expectRefusal(
      try Shell.heed(["tokens", novels, "--file", folder.path]),
      "\(folder.path): cannot be read: it is a folder")
  }

  @Test(arguments: [
    ("inof", "info"), ("exprot", "export"), ("score", "scores"), ("snpshot", "snapshot"),
  ])
  func `a misspelt command is answered with the right one`(word: String, command: String) throws {
    expectRefusal(
      try Shell.heed([word]), "\(word): no such command or model; did you mean heed \(command)?")
    expectRefusal(
      try Shell.heed([word, novels, "to be"]),
      "\(word): no such command or model; did you mean heed \(command)?")
  }

  @Test func `a layer, a head, a query or a score that is not there is refused`() throws {
    let known = HeadScores.all.map { $0.name }.joined(separator: ", ")
    expectRefusal(
      try Shell.heed(["export", novels, "to be", "--layer", "6"]),
      "--layer 6: the model has layers 0 to 5")
    expectRefusal(
      try Shell.heed(["snapshot", novels, "to be", "--head", "8"]),
      "--head 8: each layer has heads 0 to 7")
    expectRefusal(
      try Shell.heed(["snapshot", novels, "to be", "--query", "3"]),
      "--query 3: the prompt has tokens 0 to 2")
    expectRefusal(
      try Shell.heed(["scores", novels, "to be", "--score", "previous,prophecy"]),
      "prophecy: no such score, expected one of \(known)")
  }

  @Test(arguments: [
    (["info", "--qqqq"], "Unknown option '--qqqq'; see heed info --help"),
    (
      ["predict", "--format", "xml"],
      "The value 'xml' is invalid for '--format <format>'. Please provide one of 'text', 'json', "
        + "'csv' or 'tsv'; see heed predict --help"
    ),
    (
      ["export", "--layer", "x"],
      "The value 'x' is invalid for '--layer <layer>'; see heed export --help"
    ),
    (
      ["predict", "sample:novels", "a", "--text", "b"],
      "Give the prompt once: as words, --text, --file or --ids; see heed predict --help"
    ),
    (["bench", "--repeats", "0"], "--repeats takes a number above 0; see heed bench --help"),
    (["predict", "--top", "0"], "--top takes a number above 0; see heed predict --help"),
    (["predict", "--threads", "0"], "--threads takes a number above 0; see heed predict --help"),
    (
      ["predict", "--memory", "lots"],
      "--memory takes a size such as 900M or 4G; see heed predict --help"
    ),
    (
      ["scores", "--format", "npy"],
      "--format npy writes one score; name it with --score; see heed scores --help"
    ),
    (["--qqqq"], "Unknown option '--qqqq'; see heed --help"),
  ])
  func `what the parser rejects is one line and status 64`(words: [String], text: String) throws {
    let finished = try Shell.heed(words)
    expectRefusal(finished, text, status: 64)
  }

  @Test func `a run over the memory budget is refused with both sizes`() throws {
    expectRefusal(
      try Shell.heed(["predict", novels, "--ids", "0,1,2,3", "--memory", "1K"]),
      "a run of 4 tokens needs 2.8 MiB, the budget is 1 KiB; no prompt fits; raise --memory")
    #expect(
      try Shell.heed(["predict", novels, "--ids", "0,1,2,3", "--memory", "4M"]).status == 0)
  }

  @Test(arguments: ["npy", "json", "csv"])
  func `an output that cannot be written is refused and leaves nothing behind`(
    format: String
  ) throws {
    let folder = try TemporaryFolder()
    let file = try folder.write("file", "here first")
    let words = ["export", tiny, "--ids", "1,2", "--format", format, "--output"]
    // A file where a folder would be needed stops the superuser, too.
    expectRefusal(
      try Shell.heed(words + [file + "/map"]),
      "\(file)/map: cannot be written: Not a directory; choose another place with --output")
    expectRefusal(
      try Shell.heed(words + ["/nowhere/map"]),
      "/nowhere/map: cannot be written: No such file or directory; choose another place with --output"
    )
    expectRefusal(
      try Shell.heed(words + [folder.path]),
      "\(folder.path): cannot be written: Is a directory; choose another place with --output")
    #expect(folder.names == ["file"])
    #expect(try folder.text("file") == "here first")
    let parent = URL(fileURLWithPath: folder.path).deletingLastPathComponent().path
    let left = try FileManager.default.contentsOfDirectory(atPath: parent)
    #expect(
      !left.contains { $0.hasPrefix(URL(fileURLWithPath: folder.path).lastPathComponent + ".") })
  }

  @Test func `a full disk is an error, not a short file`() throws {
    let finished = try Shell.script(
      "\"$heed\" export \(Repository.fixtures)/llama-multiquery --ids 1,2 > /dev/full")
    #expect(finished.status == 1)
    #expect(
      finished.errors
        == "heed: error: standard output: cannot be written: No space left on device; "
        + "choose another place with --output\n")
  }

  @Test func `an output that was there stays when the work fails`() throws {
    let folder = try TemporaryFolder()
    try folder.write("map.npy", "old")
    let finished = try Shell.heed(
      ["export", tiny, "--ids", "1,99", "-o", "map.npy"], in: folder.path)
    #expect(finished.status == 1)
    #expect(folder.names == ["map.npy"])
    #expect(try folder.text("map.npy") == "old")
  }

  @Test func `a closed pipe ends the program quietly`() throws {
    let ids = (0..<64).map(String.init).joined(separator: ",")
    let finished = try Shell.script(
      "\"$heed\" export \(tiny) --ids \(ids) --format csv | head -c 10; echo \" ${PIPESTATUS[0]}\"")
    #expect(finished.text.hasSuffix(" 141\n"))
    #expect(finished.errors.isEmpty)
  }

  @Test func `an interrupted export leaves with 130 and no file`() throws {
    let streams = try TemporaryFolder()
    let folder = try TemporaryFolder()
    try streams.write("in", "")
    let ids = (0..<400).map { "\($0)" }.joined(separator: ",")
    let words = [
      try heedPath, "export", novels, "--ids", ids, "--tensor", "attention", "-o", "maps.csv",
    ]
    let process = try Shell.start(words, streams: streams, in: folder.path)
    try wait("the export to begin") { folder.names.contains { $0.hasPrefix("maps.csv.heed-") } }
    kill(process.id, SIGINT)
    #expect(try process.wait() == 130)
    #expect(folder.names.isEmpty)
    // Its size was said at the beginning; nothing follows.
    let errors = try streams.text("err")
    #expect(errors.hasPrefix("heed: writing attention "))
    #expect(errors.split(separator: "\n").count == 1)
  }

  @Test func `an interrupted run leaves with 130`() throws {
    let streams = try TemporaryFolder()
    try streams.write("in", "")
    let ids = (0..<100).map { "\($0)" }.joined(separator: ",")
    // Double precision takes long enough to be interrupted.
    let words = [try heedPath, "predict", novels, "--precision", "f64", "--ids", ids]
    let process = try Shell.start(words, streams: streams)
    try wait("the run to begin") {
      let status = try String(contentsOfFile: "/proc/\(process.id)/status", encoding: .utf8)
      let line = status.split(separator: "\n").first { $0.hasPrefix("SigCgt:") } ?? ""
      let mask = UInt64(line.dropFirst(7).trimmingCharacters(in: .whitespaces), radix: 16) ?? 0
      return mask & 1 << UInt64(SIGINT - 1) != 0
    }
    kill(process.id, SIGINT)
    #expect(try process.wait() == 130)
    #expect(try streams.text("out").isEmpty)
    #expect(try streams.text("err").isEmpty)
  }

  @Test func `control characters in a name do not reach the terminal`() throws {
    let finished = try Shell.heed(["info", "no\u{1b}[2Jsuch\nmodel"])
    #expect(finished.status == 1)
    #expect(finished.errors.hasPrefix("heed: error: no?[2Jsuch?model: found neither"))
    #expect(finished.errorLines.count == 1)
  }
}
