import Checkpoints
import Foundation
import Testing

/// `heed info` on models of several parts.
@Suite struct InfoTests {
  private static let encoders = Repository.path + "/Tests/ModelsTests/Fixtures/encoders/"

  @Test(arguments: [
    ("t5", ["encoder", "cross"]), ("whisper", ["encoder", "cross"]), ("llava", ["encoder"]),
    ("clip", ["vision"]), ("bert", []),
  ])
  func `every stream is described`(name: String, streams: [String]) throws {
    let report = try Shell.heed(["info", Self.encoders + name, "--format", "json"]).json()
    let found = try #require(report["streams"]?.array)
    #expect(found.compactMap { $0["name"]?.string } == streams)
    #expect(found.allSatisfy { ($0["layers"]?.int ?? 0) > 0 && ($0["heads"]?.int ?? 0) > 0 })
    let text = try Shell.heed(["info", Self.encoders + name]).text
    for stream in streams { #expect(text.contains("\n\(stream) ")) }
  }

  @Test func `a GGUF file that holds only a vocabulary is described`() throws {
    let file = Repository.path + "/Tests/CheckpointsTests/Fixtures/gguf/vocabulary.gguf"
    let finished = try Shell.heed(["info", file])
    #expect(finished.status == 0, "\(finished.errors)")
    #expect(finished.text.contains("weights     none; heed tokens takes this file"))
  }

  @Test func `a vocabulary of an unknown architecture is described, and cuts a text`() throws {
    let file = Repository.path + "/Tests/CheckpointsTests/Fixtures/gguf/vocabulary-other.gguf"
    let info = try Shell.heed(["info", file])
    #expect(info.status == 0, "\(info.errors)")
    #expect(info.text.contains("family      rwkv7"))
    #expect(info.text.contains("tokenizer   3 tokens, BPE"))
    let tokens = try Shell.heed(["tokens", file, "abb", "--format", "csv"])
    #expect(tokens.text.contains("0,2,ab,0,2"), "\(tokens.errors)")
    expectRefusal(
      try Shell.heed(["predict", file, "a"]),
      "\(file): found no weights, expected a model's; heed info and heed tokens take what is there")
  }

  @Test func `ids beyond the embedding are said, and refused where a text has one`() throws {
    let checkpoint = try TinyCheckpoint()
    try checkpoint.folder.write(
      "tokenizer.json", #"{"model":{"type":"BPE","vocab":{"a":0,"b":70},"merges":[]}}"#)
    let info = try Shell.heed(["info", checkpoint.path])
    #expect(
      info.text.contains("the tokenizer has ids up to 70, the model takes those below 64"),
      "\(info.text)")
    #expect(info.text.contains("tokenizer   2 tokens, BPE"))
    expectRefusal(
      try Shell.heed(["predict", checkpoint.path, "ab"]),
      "token id 70 at position 1 is outside the vocabulary, expected 0 to 63")
  }

  @Test func `an image that is none is refused like any other file`() throws {
    let folder = try TemporaryFolder()
    try folder.write("a.png", "GIF89a")
    let file = folder.path + "/a.png"
    expectRefusal(
      try Shell.heed(["predict", Self.encoders + "vit", "--image", file]),
      "\(file): found a GIF image, expected a PNG, JPEG or PPM image; convert it")
  }

  @Test func `a tokenizer that heed cannot read is described with the reason`() throws {
    let checkpoint = try TinyCheckpoint()
    try checkpoint.folder.write("tokenizer.json", #"{"model":{"type":"New"}}"#)
    let info = try Shell.heed(["info", checkpoint.path])
    #expect(info.status == 0, "\(info.errors)")
    #expect(info.text.contains("found model of type New"), "\(info.text)")
  }

  @Test(arguments: [
    ("bert", "--audio", "bert does not take sound; give it a text instead"),
    ("bert", "--image", "bert is no vision model; give it a text instead of an image"),
    ("vit", "--audio", "vit does not take sound; give it a text instead"),
    ("whisper", "--image", "whisper is no vision model; give it a text instead of an image"),
  ])
  func `media of the wrong kind is refused before anything is read`(
    name: String, option: String, text: String
  ) throws {
    expectRefusal(try Shell.heed(["predict", Self.encoders + name, option, "/nowhere"]), text)
  }

  @Test func `a text for a model of images is refused`() throws {
    expectRefusal(
      try Shell.heed(["predict", "sample:digits", "seven"]),
      "vit looks at images; give one with --image FILE or --pixels FILE.npy")
  }

  @Test func `a sound is made to fit a model without a preprocessor`() throws {
    let sound = Repository.path + "/Tests/MediaTests/Fixtures/sweep.wav"
    let finished = try Shell.heed([
      "export", Self.encoders + "whisper", "--audio", sound, "--stream", "cross", "--format", "npy",
    ])
    #expect(finished.status == 0, "\(finished.errors)")
  }
}
