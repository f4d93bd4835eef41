import Foundation
import Tensors
import Testing

@testable import Checkpoints

/// The text of the error for a checkpoint with such a `quantization_config`, without its path.
private func refusal(_ settings: String, _ header: String = "{}", data: Int = 0) throws -> String? {
  let folder = try TemporaryFolder()
  let file = try folder.write("config.json", #"{"quantization_config":\#(settings)}"#)
  try folder.write("model.safetensors", safetensors(header, data: data))
  do {
    _ = try Checkpoint.open(folder.path)
    return nil
  } catch {
    #expect(error.description.hasPrefix(file + ": "))
    return String(error.description.dropFirst(file.count + 2))
  }
}

@Test(arguments: [
  ("gptq", "GPTQ_I4"), ("awq", "AWQ_I4"), ("mxfp4", "MXFP4"), ("fp8", "F8_E4M3"),
  ("compressed", "F8_E4M3"),
])
func `quantised weights are ordinary tensors under the plain name`(
  name: String, type: String
) throws {
  let folder = "\(fixtures)/quantized/\(name)"
  let checkpoint = try Checkpoint.open(folder)
  let expected = try SafetensorsFile(path: folder + "/expected.safetensors.values").tensors
  #expect(checkpoint.names == expected.map(\.name).sorted())
  for wanted in expected {
    let tensor = try #require(checkpoint.tensors[wanted.name])
    #expect(tensor.shape == wanted.shape && tensor.type.isFloatingPoint)
    if !wanted.name.hasPrefix("norm") { #expect(tensor.type == .composite(type)) }
    #expect(try numbers(tensor) == numbers(wanted), "\(wanted.name)")
    let half = tensor.shape[0] / 2..<tensor.shape[0]
    #expect(try numbers(tensor.rows(half)) == numbers(wanted.rows(half)))
  }
}

@Test(arguments: [
  (#"{"quant_method":"bitsandbytes","load_in_4bit":true}"#, "bitsandbytes"),
  (#"{"load_in_8bit":true}"#, "bitsandbytes"), (#"{"quant_method":"hqq"}"#, "hqq"),
  (#"{"quant_method":"gptq","bits":3}"#, "GPTQ of 3 bits"),
  (#"{"quant_method":"awq","version":"GEMV"}"#, "AWQ gemv of 4 bits"),
  (
    #"{"quant_method":"compressed-tensors","format":"pack-quantized"}"#,
    "compressed-tensors pack-quantized"
  ),
])
func `a way to quantise that is not read is refused by name`(
  settings: String, name: String
) throws {
  #expect(
    try refusal(settings)
      == "found weights quantised by \(name), expected gptq, awq, mxfp4, fp8 or "
      + "compressed-tensors in float8; take the checkpoint before it was quantised")
}

@Test func `parts that are missing or do not fit are refused by name`() throws {
  let words = #"{"l.qweight":{"dtype":"I32","shape":[1,8],"data_offsets":[0,32]}}"#
  let found = try refusal(#"{"quant_method":"gptq"}"#, words, data: 32)
  #expect(
    found
      == "found tensor l.qweight without parts of the shapes that its quantization_config asks for, "
      + "expected all of them; fetch the checkpoint again")
  let float8 = #"{"l.weight":{"dtype":"F8_E4M3","shape":[2,2],"data_offsets":[0,4]}}"#
  #expect(
    try #require(try refusal(#"{"quant_method":"fp8"}"#, float8, data: 4)).contains("l.weight"))
}
