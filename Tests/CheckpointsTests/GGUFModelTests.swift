import Foundation
import Tensors
import Testing

@testable import Checkpoints

@Test(arguments: [1, 2])
func `a model in parts opens under the names and settings that it had`(part: Int) throws {
  let folder = fixtures + "/gguf"
  let checkpoint = try Checkpoint.open("\(folder)/split-0000\(part)-of-00002.gguf")
  #expect(checkpoint.files.count == 2 && checkpoint.folder == folder)
  #expect(checkpoint.name == "split-0000\(part)-of-00002")
  let expected = try SafetensorsFile(path: folder + "/split.safetensors").tensors
  #expect(checkpoint.names == expected.map(\.name).sorted())
  for wanted in expected {
    let tensor = try #require(checkpoint.tensors[wanted.name])
    #expect(tensor.shape == wanted.shape)
    #expect(try numbers(tensor) == numbers(wanted), "\(wanted.name)")
  }
  let config = checkpoint.config
  #expect(config["model_type"] == "llama" && config["architectures"]?[0] == "LlamaForCausalLM")
  #expect(config["hidden_size"] == 32 && config["num_hidden_layers"] == 1)
  #expect(config["num_attention_heads"] == 2 && config["num_key_value_heads"] == 1)
  #expect(config["rms_norm_eps"]?.double == 1e-5 && config["rope_theta"]?.double == 500_000)
  #expect(config["vocab_size"] == 6 && config["tie_word_embeddings"] == true)
  #expect(config["bos_token_id"] == 1 && config["max_position_embeddings"] == 64)
}

@Test func `a part that is not there is named`() throws {
  let folder = try TemporaryFolder()
  let path = try folder.write("m-00001-of-00002.gguf", fixture("gguf/split-00001-of-00002.gguf"))
  let error = #expect(throws: CheckpointError.self) { try Checkpoint.open(path) }
  #expect(
    error?.description
      == "\(path): found no file m-00002-of-00002.gguf, expected part 2 of 2 beside this one; "
      + "fetch all parts")
}

@Test func `a folder with one GGUF model opens, a vocabulary too`() throws {
  let folder = try TemporaryFolder()
  try folder.write("m-00001-of-00002.gguf", fixture("gguf/split-00001-of-00002.gguf"))
  try folder.write("m-00002-of-00002.gguf", fixture("gguf/split-00002-of-00002.gguf"))
  #expect(try Checkpoint.open(folder.path).tensors.count == 6)
  let vocabulary = try Checkpoint.open(fixtures + "/gguf/vocabulary.gguf")
  #expect(vocabulary.tensors.isEmpty && vocabulary.config["vocab_size"] == 3)
}

@Test func `every architecture names a block's tensors without repeating one`() {
  for architecture in GGUFArchitecture.all {
    #expect(Set(architecture.inner.values).count == architecture.inner.count)
    #expect(Set(architecture.outer.values).count == architecture.outer.count)
  }
  let types = GGUFArchitecture.all.map(\.modelType)
  #expect(Set(types).count == types.count)
}

@Test func `a tensor of all experts is as many matrices, and so is one for each in older files`()
  throws
{
  let mixtral = try #require(GGUFArchitecture.named("llama", hasExperts: true))
  let header = #"{"t":{"dtype":"F32","shape":[3,2,4],"data_offsets":[0,96]}}"#
  let folder = try TemporaryFolder()
  let path = try folder.write("t.safetensors", safetensors(header, data: 96))
  let stored = try #require(try SafetensorsFile(path: path).tensors.first)
  let parts = try #require(
    try GGUFModel.experts(of: stored, block: "1", "ffn_down_exps", nil, mixtral))
  let block = "model.layers.1.block_sparse_moe.experts"
  #expect(parts.map(\.name) == (0..<3).map { "\(block).\($0).w2.weight" })
  #expect(parts.allSatisfy { $0.shape == [2, 4] })
  #expect(try numbers(parts[2]) == Array(numbers(stored)[16...]))
  let one = try #require(
    try GGUFModel.experts(of: parts[0], block: "1", "ffn_gate", 2, mixtral))
  #expect(one.map(\.name) == ["\(block).2.w1.weight"])
  #expect(try GGUFModel.experts(of: stored, block: "1", "attn_q", nil, mixtral) == nil)
  let fault = #expect(throws: GGUFFault.self) {
    try GGUFModel.experts(of: parts[0], block: "1", "ffn_up_exps", nil, mixtral)
  }
  #expect(fault?.description.contains("shape [2, 4]") == true)
}

@Test func `rows that turn in pairs are put back into halves`() {
  #expect(GGUFModel.halvesFromPairs(rows: 8, heads: 2) == [0, 2, 1, 3, 4, 6, 5, 7])
}
