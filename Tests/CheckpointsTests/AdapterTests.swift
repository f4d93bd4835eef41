import Foundation
import Tensors
import Testing

@testable import Checkpoints

/// A safetensors file of float32 tensors.
private func floats(_ tensors: KeyValuePairs<String, (shape: [Int], values: [Float])>) -> [UInt8] {
  var (entries, data): ([String], [UInt8]) = ([], [])
  for (name, tensor) in tensors {
    let end = data.count + 4 * tensor.values.count
    entries.append(
      #""\#(name)":{"dtype":"F32","shape":\#(tensor.shape),"data_offsets":[\#(data.count),\#(end)]}"#
    )
    data += tensor.values.flatMap { withUnsafeBytes(of: $0) { [UInt8]($0) } }
  }
  return safetensors("{\(entries.joined(separator: ","))}") + data
}

private let prefix = "base_model.model."

/// A base with one 2x2 matrix and a norm, and an adapter of rank one over it.
private func merged(
  _ config: String, _ adapter: [UInt8]? = nil
) throws -> (checkpoint: Checkpoint, folder: TemporaryFolder) {
  let folder = try TemporaryFolder()
  try folder.write("base/config.json", "{}")
  try folder.write(
    "base/model.safetensors",
    floats(["model.l.weight": ([2, 2], [1, 2, 3, 4]), "model.norm.weight": ([2], [1, 1])]))
  try folder.write("lora/adapter_config.json", config)
  try folder.write(
    "lora/adapter_model.safetensors",
    adapter
      ?? floats([
        "\(prefix)model.l.lora_A.weight": ([1, 2], [1, 10]),
        "\(prefix)model.l.lora_B.weight": ([2, 1], [1, 2]),
      ]))
  let base = try Checkpoint.open(folder.path + "/base")
  return (try base.applying(adapter: folder.path + "/lora"), folder)
}

@Test(
  arguments: [
    (#"{"peft_type":"LORA","r":1,"lora_alpha":2}"#, [3, 22, 7, 44]),
    (#"{"peft_type":"LORA","r":1,"lora_alpha":2,"use_rslora":true}"#, [3, 22, 7, 44]),
    (#"{"peft_type":"LORA","r":1,"lora_alpha":2,"fan_in_fan_out":true}"#, [3, 6, 23, 44]),
    (#"{"peft_type":"LORA","r":1,"lora_alpha":9,"alpha_pattern":{"l":1}}"#, [2, 12, 5, 24]),
  ] as [(String, [Float])])
func `an adapter is added to its weight`(config: String, expected: [Float]) throws {
  let (checkpoint, folder) = try merged(config)
  #expect(try numbers(checkpoint.tensors["model.l.weight"]) == expected)
  #expect(try numbers(checkpoint.tensors["model.l.weight"]?.rows(1..<2)) == Array(expected[2...]))
  #expect(try numbers(checkpoint.tensors["model.norm.weight"]) == [1, 1])
  #expect(checkpoint.files.last?.path == folder.path + "/lora/adapter_model.safetensors")
}

@Test func `the root of the rank is taken where the adapter says so`() throws {
  let four = floats([
    "\(prefix)model.l.lora_A.weight": ([4, 2], [1, 0, 0, 0, 0, 0, 0, 0]),
    "\(prefix)model.l.lora_B.weight": ([2, 4], [1, 0, 0, 0, 0, 0, 0, 0]),
  ])
  let config = #"{"peft_type":"LORA","lora_alpha":8,"use_rslora":true}"#
  #expect(try numbers(merged(config, four).checkpoint.tensors["model.l.weight"]) == [5, 2, 3, 4])
}

@Test func `modules that were saved replace those of the base`() throws {
  let saved = floats(["\(prefix)model.norm.weight": ([2], [5, 6])])
  let (checkpoint, _) = try merged(#"{"peft_type":"LORA","lora_alpha":1}"#, saved)
  #expect(try numbers(checkpoint.tensors["model.norm.weight"]) == [5, 6])
}

@Test(arguments: [
  (#"{"peft_type":"IA3"}"#, "found IA3, expected LORA"),
  (#"{"peft_type":"LORA","use_dora":true}"#, "found DoRA, expected plain LoRA"),
])
func `another kind of adapter is refused by name`(config: String, found: String) throws {
  let error = #expect(throws: CheckpointError.self) { try merged(config) }
  let text = try #require(error?.description)
  #expect(
    text.hasSuffix(
      "adapter_config.json: \(found); take the adapter that belongs to this base"))
}

@Test func `a part that fits no weight of the base is refused by name`() throws {
  let foreign = floats(["\(prefix)other.lora_A.weight": ([1, 2], [1, 1])])
  let wide = floats([
    "\(prefix)model.l.lora_A.weight": ([1, 3], [1, 1, 1]),
    "\(prefix)model.l.lora_B.weight": ([2, 1], [1, 1]),
  ])
  for (parts, found) in [(foreign, "a matrix other.weight"), (wide, "factors of a matrix")] {
    let error = #expect(throws: CheckpointError.self) {
      try merged(#"{"peft_type":"LORA","lora_alpha":1}"#, parts)
    }
    #expect(error?.description.contains(found) == true)
  }
}
