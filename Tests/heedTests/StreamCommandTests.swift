import Foundation
import Testing

/// Encoder-decoders, images, named parts and maps of a file, without a terminal.
@Suite struct StreamCommandTests {
  private func plain(_ arguments: [String], _ lines: String...) throws -> Finished {
    try Shell.heed(
      ["--plain"] + arguments, input: Array((lines.joined(separator: "\n") + "\n").utf8))
  }

  @Test func `E goes through encoder, decoder and cross attention of the sample that sorts`() throws
  {
    let finished = try plain(
      ["sample:sort"], "view map", "stream cross", "goto L1.H0", "query 1", "show", "E", "show",
      "E", "E",
      "view predict", "E", "quit")
    #expect(finished.status == 0 && finished.errors.isEmpty, "\(finished.errors)")
    let text = finished.text
    #expect(text.contains("7 queries × 14 keys") || text.contains(" queries × "), "\(text)")
    #expect(text.contains("cross attention") && text.contains("encoder"))
    // Queries are numbers that were written, keys the numbers that were read.
    #expect(text.contains("map: L1.H0  query 1 "), "\(text)")
    #expect(text.contains("the cross stream predicts nothing") || text.contains("predict: "))
  }

  @Test func `the stream of a snapshot stands in the line that opens it again`() throws {
    let picture = try Shell.heed([
      "snapshot", "sample:sort", "sort 5 3 9", "--stream", "cross", "--view", "tokens", "--layer",
      "1",
    ])
    #expect(picture.status == 0, "\(picture.errors)")
    let line = try #require(
      picture.text.split(separator: "\n").first { $0.hasPrefix("open: heed") })
    #expect(line.contains("--text 'sort 5 3 9' --stream cross --view tokens --layer 1"))
    #expect(picture.text.contains("\nprompt: \"sort 5 3 9\"\n"))
    #expect(try again(line).output == picture.output)
  }

  /// The command that a snapshot's last line names, as a snapshot.
  private func again(_ line: Substring) throws -> Finished {
    let command = line.dropFirst("open: heed ".count)
    return try Shell.script("OMP_WAIT_POLICY=passive \"$heed\" snapshot \(command)")
  }

  @Test func `lens, zoom, rules and knock-outs come back with a snapshot's line`() throws {
    let picture = try Shell.heed([
      "snapshot", "sample:novels", "to be or not to be", "--view", "map", "--layer", "5",
      "--zoom", "2", "--lens", "value-weighted,sinks=hidden", "--without", "L2.H6,L4.H2",
      "--rule", "streaming:sink=1,recent=2", "--heads", "L5.H0,L5.H1", "--rule", "top-k:k=2",
      "--heads", "L3", "--scope", "propagated", "--span", "first=1..3",
    ])
    #expect(picture.status == 0 && picture.errors.isEmpty, "\(picture.errors)")
    let line = try #require(
      picture.text.split(separator: "\n").first { $0.hasPrefix("open: heed") })
    for words in [
      "--zoom 2", "--lens 'value-weighted,sinks=hidden'", "--without L2.H6,L4.H2",
      "--span 'first=1..3'", "--heads L5.H0,L5.H1", "--scope propagated",
    ] {
      #expect(line.contains(words) || line.contains(words.replacing("'", with: "")), "\(words)")
    }
    #expect(picture.text.contains("\npart first: tokens 1 to 2\n"))
    #expect(try again(line).output == picture.output)
    for (wrong, message) in [
      (["--without", "L9"], "layer 9"), (["--rule", "what"], "what"),
      (["--rule", "top-k", "--heads", "L9.H9"], "L9.H9"),
    ] {
      let finished = try Shell.heed(["snapshot", "sample:novels", "to be"] + wrong)
      #expect(finished.status == 1 && finished.errorLines.count == 1, "\(finished.errors)")
      #expect(finished.errors.contains(message))
    }
  }

  @Test func `the digits open on their image`() throws {
    let picture = try Shell.heed(["snapshot", "sample:digits", "--size", "80x24"])
    #expect(picture.text.contains("view: image\n") && picture.text.contains("where L0.H0 looks"))
    let moved = try plain(["sample:digits"], "k", "k", "k", "k", "k", "goto L3.H1", "data", "quit")
    #expect(moved.text.contains("image: L0.H0  query 0 \"CLS\""), "\(moved.text)")
    #expect(moved.text.contains("key\tpiece\trow\tcolumn\tweight\n0\tCLS\t-1\t-1\t"))
  }

  @Test func `an edited prompt keeps its second text, and the parts that it names`() throws {
    // Any tokenizer takes a second text; only encoders are made for it.
    let finished = try plain(
      ["sample:novels", "one two", "--pair", "three four"], "view map", "F", "F", "show",
      "prompt three",
      "show", "write", "quit")
    guard finished.status == 0 else {
      Issue.record("\(finished.errors)")
      return
    }
    #expect(finished.text.contains("only A->A") && finished.text.contains("only A->B"))
    #expect(finished.text.contains("option pair \"three four\"\nprompt \"three\"\n"))
  }

  @Test func `maps of a file are shown, scored and written again`() throws {
    let file = Repository.path + "/Tests/CheckpointsTests/Fixtures/numpy/maps.npz"
    let map = try Shell.heed(["snapshot", file, "--view", "map", "--layer", "1"])
    #expect(map.status == 0 && map.text.contains("␣Mary"), "\(map.errors)")
    let scores = try Shell.heed(["scores", file, "--score", "entropy,previous", "--format", "csv"])
    #expect(scores.status == 0 && scores.text.contains("entropy"), "\(scores.errors)")
    let one = try Shell.heed(
      ["export", file, "--layer", "0", "--head", "0", "--format", "csv"])
    #expect(one.text.hasPrefix("query,key0,key1,key2,key3,key4\n0,1.0,0.0,0.0,0.0,0.0\n"))
    for (arguments, text) in [
      (["predict", file], "found maps, a model was expected"),
      (["scores", file, "--score", "value-norm"], "found maps, a model was expected"),
      (["snapshot", file, "hello"], "leave the prompt out"),
      (["snapshot", file, "--without", "L0.H0"], "a change needs the model"),
      (["snapshot", file, "--layer", "7"], "the model has layers 0 to 1"),
    ] {
      let finished = try Shell.heed(arguments)
      #expect(finished.status == 1 && finished.errorLines.count == 1, "\(finished.errors)")
      #expect(finished.errors.contains(text), "\(finished.errors)")
    }
  }
}
