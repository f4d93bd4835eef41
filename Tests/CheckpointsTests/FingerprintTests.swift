import Testing

@testable import Checkpoints

@Test func `the hash is FNV-1a`() {
  var hash = FNV1a()
  #expect(hash.text == "cbf29ce484222325")
  hash.add("a".utf8)
  #expect(hash.text == "af63dc4c8601ec8c")
  var other = FNV1a()
  other.add("foobar".utf8)
  #expect(other.text == "85944171f73967e8")
}

@Test func `a copy has the same fingerprint, any change another`() throws {
  func fingerprint(
    config: String = "{}", tensor: String = "a", data: [UInt8] = [0, 0, 128, 63]
  ) throws -> String {
    let folder = try TemporaryFolder()
    try folder.write("config.json", config)
    try folder.write("model.safetensors", safetensors("{\(entry(tensor, 1))}") + data)
    return try Checkpoint.open(folder.path).fingerprint()
  }
  let first = try fingerprint()
  #expect(first.count == 16)
  #expect(try fingerprint() == first)
  #expect(try fingerprint(config: "{} ") != first)
  #expect(try fingerprint(tensor: "b") != first)
  #expect(try fingerprint(data: [0, 0, 0, 64]) != first)
}

@Test func `of a large file the last bytes count, too`() throws {
  func fingerprint(last: UInt8) throws -> String {
    let folder = try TemporaryFolder()
    try folder.write("config.json", "{}")
    var bytes = safetensors("{\(entry("a", 100_000))}", data: 400_000)
    bytes[bytes.count - 1] = last
    try folder.write("model.safetensors", bytes)
    return try Checkpoint.open(folder.path).fingerprint()
  }
  #expect(try fingerprint(last: 1) != fingerprint(last: 2))
  #expect(try fingerprint(last: 1) == fingerprint(last: 1))
}
