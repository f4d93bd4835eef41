import Foundation
import Testing

@testable import Checkpoints

private let commit = "0123456789abcdef0123456789abcdef01234567"
private let home = "hub/models--org--name"

/// A cache with one model whose files are links to blobs.
private func cache() throws -> (folder: TemporaryFolder, cache: HuggingFaceCache) {
  let folder = try TemporaryFolder()
  try folder.write("\(home)/refs/main", commit)
  try folder.write("\(home)/refs/pr/1", commit)
  try folder.write("\(home)/blobs/aa", "{}")
  try folder.write("\(home)/blobs/bb", safetensors("{\(entry("w", 1))}", data: 4))
  let snapshot = "\(folder.path)/\(home)/snapshots/\(commit)"
  try FileManager.default.createDirectory(atPath: snapshot, withIntermediateDirectories: true)
  for (name, blob) in [("config.json", "aa"), ("model.safetensors", "bb")] {
    try FileManager.default.createSymbolicLink(
      atPath: "\(snapshot)/\(name)", withDestinationPath: "../../blobs/\(blob)")
  }
  return (folder, HuggingFaceCache(environment: ["HF_HOME": folder.path]))
}

@Test func `the cache lies where the environment says`() {
  let place = { (environment: [String: String]) in HuggingFaceCache(environment: environment).folder
  }
  #expect(place(["HF_HUB_CACHE": "/a", "HF_HOME": "/b"]) == "/a")
  #expect(place(["HF_HUB_CACHE": "", "HF_HOME": "/b", "XDG_CACHE_HOME": "/c"]) == "/b/hub")
  #expect(place(["XDG_CACHE_HOME": "/c", "HOME": "/d"]) == "/c/huggingface/hub")
  #expect(place(["HOME": "/d"]) == "/d/.cache/huggingface/hub")
}

@Test(arguments: [
  "org/name", "org/name@main", "org/name@pr/1", "org/name@\(commit)", "org/name@0123456",
])
func `a model is found by its name and revision`(argument: String) throws {
  let (folder, cache) = try cache()
  let found = try #require(try cache.locate(argument))
  #expect(found == "\(folder.path)/\(home)/snapshots/\(commit)")
  #expect(try Checkpoint.open(found).names == ["w"])
}

@Test(arguments: ["org/other", "name", "../name", "org/../name", "", "/", "a/b/c"])
func `what is no model of the cache is left to others`(argument: String) throws {
  let (folder, cache) = try cache()
  defer { withExtendedLifetime(folder) {} }
  #expect(try cache.locate(argument) == nil)
}

@Test func `models are listed with their revisions`() throws {
  let (folder, cache) = try cache()
  defer { withExtendedLifetime(folder) {} }
  #expect(cache.models.map(\.id) == ["org/name", "org/name"])
  #expect(cache.models.map(\.revision) == ["main", "pr/1"])
  #expect(cache.models.allSatisfy { $0.missing == nil })
  #expect(HuggingFaceCache(environment: ["HF_HUB_CACHE": "/nowhere"]).models.isEmpty)
}

@Test func `an unknown revision is refused with the known ones`() throws {
  let (folder, cache) = try cache()
  defer { withExtendedLifetime(folder) {} }
  for revision in ["v2", "../main"] {
    let error = #expect(throws: CheckpointError.self) { try cache.locate("org/name@\(revision)") }
    #expect(
      error?.description
        == "org/name@\(revision): found no such revision in the cache, expected one of main, pr/1; "
        + "download it, or leave the revision out")
  }
}

@Test func `an incomplete download is named as such`() throws {
  let (folder, cache) = try cache()
  let snapshot = "\(folder.path)/\(home)/snapshots/\(commit)"
  let refusal = { () -> String? in
    #expect(throws: CheckpointError.self) { try cache.locate("org/name") }?.description
  }
  try FileManager.default.removeItem(atPath: "\(folder.path)/\(home)/blobs/bb")
  try folder.write("\(home)/blobs/bb.incomplete", "x")
  #expect(
    refusal()
      == "\(snapshot): found model.safetensors without its contents and 1 unfinished downloads, "
      + "expected a complete download; download the model again")
  try FileManager.default.removeItem(atPath: snapshot + "/model.safetensors")
  #expect(
    refusal()
      == "\(snapshot): found no weights and 1 unfinished downloads, "
      + "expected a complete download; download the model again")
  try folder.write(
    "\(home)/snapshots/\(commit)/model.safetensors.index.json",
    #"{"weight_map":{"w":"model-00001-of-00001.safetensors"}}"#)
  #expect(
    refusal()
      == "\(snapshot): found no model-00001-of-00001.safetensors and 1 unfinished downloads, "
      + "expected a complete download; download the model again")
  #expect(cache.models.allSatisfy { $0.missing != nil })
}

@Test func `a link that leads to itself is told`() throws {
  let folder = try TemporaryFolder()
  try folder.write("config.json", "{}")
  let link = folder.path + "/model.safetensors"
  try FileManager.default.createSymbolicLink(
    atPath: link, withDestinationPath: "model.safetensors")
  let error = #expect(throws: CheckpointError.self) { try Checkpoint.open(folder.path) }
  #expect(
    error?.description
      == "\(link): cannot be read: Too many levels of symbolic links; check the file and its permissions"
  )
}
