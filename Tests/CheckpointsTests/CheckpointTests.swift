import Foundation
import Tensors
import Testing

@testable import Checkpoints

/// The text of the error for opening `path`; nil when it opens.
private func refusal(_ path: String) -> String? {
  do {
    _ = try Checkpoint.open(path)
    return nil
  } catch { return error.description }
}

private let weights = safetensors("{\(entry("w", 1))}", data: 4)

/// A folder with two shards and an index.
private func sharded(_ map: String) throws -> TemporaryFolder {
  let folder = try TemporaryFolder()
  try folder.write("config.json", "{}")
  try folder.write("one.safetensors", safetensors("{\(entry("a", 1))}", data: 4))
  try folder.write(
    "two.safetensors", safetensors("{\(entry("b", 2)),\(entry("c", 1, at: 8))}", data: 12))
  try folder.write("model.safetensors.index.json", map)
  return folder
}

private let two = #""a":"one.safetensors","b":"two.safetensors","c":"two.safetensors""#

@Test func `shards are put together and what the index leaves out is listed`() throws {
  let folder = try sharded(#"{"weight_map":{"a":"one.safetensors","c":"two.safetensors"}}"#)
  let checkpoint = try Checkpoint.open(folder.path)
  #expect(checkpoint.names == ["a", "b", "c"])
  #expect(checkpoint.parameterCount == 4)
  #expect(checkpoint.unlisted == ["b"])
  #expect(
    checkpoint.files.map { ($0.path as NSString).lastPathComponent } == [
      "one.safetensors", "two.safetensors",
    ])
}

@Test func `a weight file is opened with the configuration beside it`() throws {
  let folder = try TemporaryFolder()
  try folder.write("config.json", #"{"model_type":"x"}"#)
  let file = try folder.write("some.safetensors", weights)
  let checkpoint = try Checkpoint.open(file)
  #expect(checkpoint.folder == folder.path)
  #expect(checkpoint.config["model_type"]?.string == "x")
  #expect(checkpoint.configFile == folder.path + "/config.json")
}

@Test func `the one safetensors file of a folder is taken whatever its name`() throws {
  let folder = try TemporaryFolder()
  try folder.write("config.json", "{}")
  try folder.write("some.safetensors", weights)
  #expect(try Checkpoint.open(folder.path + "/").tensors.count == 1)
}

@Test func `model.safetensors is taken before other files`() throws {
  let folder = try TemporaryFolder()
  try folder.write("config.json", "{}")
  try folder.write("model.safetensors", weights)
  try folder.write("a.safetensors", "broken")
  try folder.write("pytorch_model.bin", "other")
  #expect(
    try Checkpoint.open(folder.path).files.map(\.path) == [folder.path + "/model.safetensors"])
}

@Test func `several safetensors files without an index are refused`() throws {
  let folder = try TemporaryFolder()
  try folder.write("config.json", "{}")
  try folder.write("a.safetensors", weights)
  try folder.write("b.safetensors", weights)
  #expect(
    refusal(folder.path)
      == "\(folder.path): found 2 weight files (a.safetensors, b.safetensors) and no index of shards, "
      + "expected one or the other; name one of the files instead of the folder")
}

@Test func `nothing at the path is refused by its name`() {
  #expect(refusal("/nowhere/at/all") == "/nowhere/at/all: no such file; check the spelling")
}

@Test func `a folder without a configuration is refused`() throws {
  let folder = try TemporaryFolder()
  try folder.write("model.safetensors", weights)
  let text =
    "\(folder.path): found no config.json, expected one beside the weights; give a checkpoint folder"
  #expect(refusal(folder.path) == text)
  #expect(refusal(folder.path + "/model.safetensors") == text)
}

@Test func `a configuration that is no object is refused`() throws {
  let folder = try TemporaryFolder()
  let file = try folder.write("config.json", "[1]")
  #expect(refusal(folder.path) == "\(file): found a list, expected an object; fetch the file again")
}

@Test func `a folder without weights is refused`() throws {
  let folder = try TemporaryFolder()
  try folder.write("config.json", "{}")
  #expect(
    refusal(folder.path)
      == "\(folder.path): found config.json but no weights, expected model.safetensors, "
      + "pytorch_model.bin, the index of either or a .gguf file; fetch the weights")
}

@Test func `a missing shard is refused with a tensor that it should hold`() throws {
  let folder = try sharded(
    #"{"weight_map":{\#(two),"e":"three.safetensors","d":"three.safetensors"}}"#)
  #expect(
    refusal(folder.path)
      == "\(folder.path)/model.safetensors.index.json: found no file three.safetensors, "
      + "expected it to hold d; fetch all shards")
}

@Test func `a tensor that its shard does not hold is refused`() throws {
  for map in [#"\#(two),"d":"one.safetensors""#, #""a":"two.safetensors","d":"one.safetensors""#] {
    let folder = try sharded("{\"weight_map\":{\(map)}}")
    let text = try #require(refusal(folder.path))
    #expect(text.hasPrefix("\(folder.path)/model.safetensors.index.json: found no tensor "))
    #expect(
      text.hasSuffix(".safetensors, where the index puts it; fetch the index and its shards again"))
  }
}

@Test func `a tensor in two shards is refused`() throws {
  let folder = try sharded("{\"weight_map\":{\(two)}}")
  try folder.write(
    "one.safetensors", safetensors("{\(entry("a", 1)),\(entry("b", 1, at: 4))}", data: 8))
  #expect(
    refusal(folder.path)
      == "\(folder.path)/one.safetensors: found tensor b also in \(folder.path)/two.safetensors, "
      + "expected it once; fetch the shards again")
}

@Test(arguments: [
  ("{}", "no weight_map"), (#"{"weight_map":[]}"#, "a list as weight_map"),
  (#"{"weight_map":{"a":1}}"#, "no file name for a"),
  (#"{"weight_map":{"a":"../one.safetensors"}}"#, "no file name for a"),
])
func `an index without a map of files is refused`(index: String, found: String) throws {
  let folder = try sharded(index)
  #expect(
    refusal(folder.path)
      == "\(folder.path)/model.safetensors.index.json: found \(found), expected JSON; "
      + "repair the file or fetch it again")
}

@Test func `files are read through links, and a dangling one is told`() throws {
  let folder = try TemporaryFolder()
  let blob = try folder.write("blobs/abc", weights)
  try folder.write("snapshot/config.json", "{}")
  let link = folder.path + "/snapshot/model.safetensors"
  try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "../blobs/abc")
  #expect(try Checkpoint.open(folder.path + "/snapshot").files.map(\.path) == [link])
  try FileManager.default.removeItem(atPath: blob)
  let text =
    "\(link): cannot be read: a link to ../blobs/abc, which does not exist; check the file and its permissions"
  #expect(refusal(folder.path + "/snapshot") == text)
  #expect(refusal(link) == text)
}

@Test func `mapping says what is wrong with a path`() throws {
  let folder = try TemporaryFolder()
  #expect(throws: CheckpointError.isFolder(path: folder.path)) { try MappedFile(path: folder.path) }
  #expect(
    CheckpointError.isFolder(path: "d").description
      == "d: found a folder, expected a file; name a file in it")
  #expect(throws: CheckpointError.unreadable(path: "/dev/null", reason: "not a regular file")) {
    try MappedFile(path: "/dev/null")
  }
  let empty = try MappedFile(path: try folder.write("empty", ""))
  #expect(empty.size == 0)
  let file = try MappedFile(path: try folder.write("three", [1, 2, 3]))
  #expect(file.withBytes { [UInt8]($0) } == [1, 2, 3])
}
