import Checkpoints
import Foundation
import Models
import Testing

/// Checkpoints that are damaged, as the user sees them: one line, status 1.
@Suite struct BadCheckpointTests {
  @Test func `a checkpoint without tokenizer runs on ids, and says so otherwise`() throws {
    let tiny = try TinyCheckpoint()
    #expect(try tiny.heed("predict").status == 0)
    expectRefusal(
      try Shell.heed(["predict", tiny.path, "hello"]),
      "\(tiny.path): found no tokenizer.json, expected one beside config.json; "
        + "fetch it, or give token ids with --ids, which needs no tokenizer")
  }

  @Test func `missing weights are refused`() throws {
    let tiny = try TinyCheckpoint()
    try FileManager.default.removeItem(atPath: tiny.weights)
    expectRefusal(
      try tiny.heed("predict"),
      "\(tiny.path): found config.json but no weights, expected model.safetensors, "
        + "pytorch_model.bin, the index of either or a .gguf file; fetch the weights")
  }

  @Test func `an empty weight file is refused`() throws {
    let tiny = try TinyCheckpoint()
    try tiny.folder.write("model.safetensors", "")
    expectRefusal(
      try tiny.heed("info"),
      "\(tiny.weights): found 0 bytes, expected at least 8 for the length of the header; "
        + "fetch the file again")
  }

  @Test func `a truncated weight file is refused`() throws {
    let tiny = try TinyCheckpoint()
    let bytes = try tiny.folder.read("model.safetensors")
    try tiny.folder.write("model.safetensors", Array(bytes.dropLast(4)))
    let finished = try tiny.heed("predict")
    #expect(finished.status == 1 && finished.errorLines.count == 1)
    #expect(finished.errors.hasPrefix("heed: error: \(tiny.weights): found the end of tensor "))
    #expect(finished.errors.hasSuffix("the file is cut short: fetch it again\n"))
  }

  @Test func `a header larger than the file is refused`() throws {
    let tiny = try TinyCheckpoint()
    var bytes = try tiny.folder.read("model.safetensors")
    let rest = bytes.count - 8
    bytes[3] = 1
    let size = bytes.prefix(8).enumerated().reduce(0) { $0 + Int($1.element) << (8 * $1.offset) }
    try tiny.folder.write("model.safetensors", bytes)
    expectRefusal(
      try tiny.heed("predict"),
      "\(tiny.weights): found a header of \(size) bytes, expected at most the \(rest) that follow "
        + "its length; the file is cut short or no safetensors file: fetch it again")
  }

  @Test func `overlapping tensors are refused`() throws {
    let tiny = try TinyCheckpoint()
    try tiny.edit { header, _ in
      let first = header["transformer.h.0.ln_1.bias"]
      header["transformer.h.0.ln_1.weight"] = first
    }
    let finished = try tiny.heed("predict")
    #expect(finished.status == 1 && finished.errorLines.count == 1)
    #expect(finished.errors.hasPrefix("heed: error: \(tiny.weights): found "))
    #expect(finished.errors.hasSuffix("expected tensors side by side; write the file again\n"))
  }

  @Test func `an unknown dtype is refused with the known ones`() throws {
    let tiny = try TinyCheckpoint()
    try tiny.editEntry("transformer.ln_f.bias") { $0["dtype"] = .string("F4") }
    expectRefusal(
      try tiny.heed("info"),
      "\(tiny.name): transformer.ln_f.bias is stored as F4, expected F64, F32, F16, BF16, F8_E4M3, "
        + "F8_E5M2 or a GGUF block type; convert the checkpoint")
  }

  @Test func `weights stored as whole numbers are refused`() throws {
    let tiny = try TinyCheckpoint()
    try tiny.editEntry("transformer.ln_f.bias") { $0["dtype"] = .string("I32") }
    expectRefusal(
      try tiny.heed("info"),
      "\(tiny.name): transformer.ln_f.bias is stored as I32, expected F64, F32, F16, BF16, F8_E4M3, "
        + "F8_E5M2 or a GGUF block type; convert the checkpoint")
  }

  @Test func `a missing tensor is refused by name and shape`() throws {
    let tiny = try TinyCheckpoint()
    try tiny.edit { header, _ in
      header["another"] = header["transformer.h.2.ln_2.weight"]
      header["transformer.h.2.ln_2.weight"] = nil
    }
    expectRefusal(
      try tiny.heed("predict"),
      "\(tiny.name): no tensor transformer.h.2.ln_2.weight of shape [32]; the checkpoint is "
        + "incomplete or of another architecture than config.json says")
  }

  @Test func `an extra tensor is reported in one line, and the work goes on`() throws {
    let tiny = try TinyCheckpoint()
    let wanted = try tiny.heed("predict").text
    try tiny.edit { header, data in
      header["adapter.weight"] = .object([
        "dtype": .string("F32"), "shape": .array([.int(1)]),
        "data_offsets": .array([.int(data.count), .int(data.count + 4)]),
      ])
      data += [0, 0, 0, 0]
    }
    let finished = try tiny.heed("predict")
    #expect(finished.status == 0)
    #expect(finished.text == wanted)
    #expect(
      finished.errors == "heed: warning: \(tiny.name): tensors not used: adapter.weight\n")
  }

  @Test func `a wrong shape is refused with both`() throws {
    let tiny = try TinyCheckpoint()
    try tiny.editEntry("transformer.wpe.weight") { $0["shape"] = .array([.int(32), .int(64)]) }
    expectRefusal(
      try tiny.heed("predict"),
      "\(tiny.name): transformer.wpe.weight has shape [32, 64], expected [64, 32]; config.json and "
        + "weights do not belong together")
  }

  @Test(arguments: ["transformer.h.1.mlp.c_fc.weight", "transformer.ln_f.weight"])
  func `NaN in a weight is refused by tensor and element`(name: String) throws {
    let tiny = try TinyCheckpoint()
    try tiny.edit { header, data in
      let start = try #require(header[name]?["data_offsets"]?[0]?.int)
      data.replaceSubrange(start + 4 * 7..<start + 4 * 8, with: [0, 0, 0xC0, 0x7F])
    }
    expectRefusal(
      try tiny.heed("predict"),
      "\(tiny.name): \(name) holds an infinite number or NaN at element 7; the checkpoint is damaged"
    )
  }

  @Test func `an unknown model type is refused with the known ones`() throws {
    let tiny = try TinyCheckpoint()
    try tiny.configure("\"gpt2\"", "\"mamba\"")
    expectRefusal(
      try tiny.heed("info"),
      "\(tiny.configuration): model_type is \"mamba\", which heed does not know; known are "
        + Families.modelTypes.joined(separator: ", ") + "; --family NAME opens it as one of them"
    )
    try tiny.configure("\"model_type\"", "\"kind\"")
    expectRefusal(
      try tiny.heed("info"),
      "\(tiny.configuration): no model_type; add the architecture's name, such as \"llama\"")
  }

  @Test func `a broken configuration is refused with the line`() throws {
    let tiny = try TinyCheckpoint()
    try tiny.configure("\"n_head\": 4,", "\"n_head\" 4,")
    let finished = try tiny.heed("predict")
    #expect(finished.status == 1 && finished.errorLines.count == 1)
    #expect(finished.errors.hasPrefix("heed: error: \(tiny.configuration): found "))
    #expect(finished.errors.contains(" on line 16, expected JSON; "))
    try tiny.folder.write("config.json", "")
    expectRefusal(
      try tiny.heed("predict"),
      "\(tiny.configuration): found an empty file, expected JSON; repair the file or fetch it again"
    )
  }

  @Test func `a configuration without a key that is needed is refused by the key`() throws {
    let tiny = try TinyCheckpoint()
    try tiny.configure("\"n_head\"", "\"heads\"")
    expectRefusal(
      try tiny.heed("predict"),
      "\(tiny.configuration): no n_head; the checkpoint's config.json may be incomplete")
  }

  @Test func `a configuration with a wrong value is refused with it`() throws {
    let tiny = try TinyCheckpoint()
    try tiny.configure("\"n_head\": 4", "\"n_head\": 5")
    expectRefusal(
      try tiny.heed("predict"), "\(tiny.configuration): n_head is 5, expected a divisor of 32")
    try tiny.configure("\"n_head\": 5", "\"n_head\": 4")
    try tiny.configure("gelu_new", "mish")
    expectRefusal(
      try tiny.heed("predict"),
      "\(tiny.configuration): activation_function is mish, expected one of gelu, gelu_new, "
        + "gelu_pytorch_tanh, quick_gelu, relu, silu, swish")
  }

  @Test func `a checkpoint without output head shows maps, and refuses to predict`() throws {
    let tiny = try TinyCheckpoint("gpt2-inverse")
    let maps = try tiny.heed("export", ids: "1,2,3", "--layer", "0", "--head", "0")
    #expect(maps.status == 0)
    #expect(try NumPyFile(maps.output).shape == [3, 3])
  }

  @Test func `a missing folder and a file of another kind are refused`() throws {
    expectRefusal(
      try Shell.heed(["info", "/nowhere/at/all"]),
      "/nowhere/at/all: found neither a file nor a folder, expected sample:NAME, a folder with "
        + "config.json, a .safetensors, .bin, .pt or .gguf file, or ORG/NAME in the Hugging Face "
        + "cache; see heed samples for models to start with")
    expectRefusal(
      try Shell.heed(["info", "sample:poems"]),
      "sample:poems: no such sample, expected one of digits, novels, sort; see heed samples")
    let folder = try TemporaryFolder()
    expectRefusal(
      try Shell.heed(["info", folder.path]),
      "\(folder.path): found no config.json, expected one beside the weights; "
        + "give a checkpoint folder")
  }
}
