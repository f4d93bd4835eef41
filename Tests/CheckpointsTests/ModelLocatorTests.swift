import Foundation
import Testing

@testable import Checkpoints

/// Samples that lie where `environment` says.
private func samples(_ folder: String) -> Samples {
  Samples(environment: ["HEED_SAMPLES": folder], executable: "/nowhere/heed")
}

@Test func `samples are found where the environment says`() throws {
  let found = samples(samplesFolder)
  #expect(found.all.map(\.name) == ["digits", "novels", "sort"])
  #expect(try found.named("sort").folder == samplesFolder + "/sort")
  #expect(found.all.allSatisfy { !$0.summary.isEmpty })
}

@Test(arguments: [
  ("prefix/bin/heed", "prefix/share/heed/samples"), ("bin/heed", "bin/samples"),
  ("tree/.build/debug/heed", "tree/samples"),
])
func `samples are found from where the program lies`(program: String, place: String) throws {
  let folder = try TemporaryFolder()
  try folder.write(program, "")
  try folder.write(place + "/novels/config.json", "{}")
  let link = folder.path + "/link"
  try FileManager.default.createSymbolicLink(
    atPath: link, withDestinationPath: folder.path + "/" + program)
  for executable in [folder.path + "/" + program, link] {
    let found = Samples(environment: [:], executable: executable)
    #expect(found.all.map(\.folder) == [folder.path + "/" + place + "/novels"])
  }
}

@Test func `an unknown sample is refused with the known ones`() {
  let error = #expect(throws: CheckpointError.self) { try samples(samplesFolder).named("x") }
  #expect(
    error?.description
      == "sample:x: no such sample, expected one of digits, novels, sort; see heed samples")
}

@Test func `samples that are nowhere are told with the places looked at`() {
  let error = #expect(throws: CheckpointError.self) { try samples("/nowhere").named("novels") }
  #expect(
    error?.description == "samples: found none in /nowhere; set HEED_SAMPLES to their folder")
}

@Test func `a model is a sample, a folder or a file`() throws {
  let locator = ModelLocator(samples: samples(samplesFolder))
  #expect(try locator.locate(nil) == samplesFolder + "/novels")
  #expect(try locator.locate("sample:sort") == samplesFolder + "/sort")
  #expect(try locator.locate(samplesFolder + "/digits") == samplesFolder + "/digits")
  let file = samplesFolder + "/digits/model.safetensors"
  #expect(try locator.locate(file) == file)
}

@Test func `a model that is nothing is refused with what it may be`() {
  let cache = HuggingFaceCache(environment: ["HF_HUB_CACHE": "/nowhere"])
  let locator = ModelLocator(samples: samples(samplesFolder), cache: cache)
  let error = #expect(throws: CheckpointError.self) { try locator.locate("no/such-model") }
  #expect(
    error?.description
      == "no/such-model: found neither a file nor a folder, expected sample:NAME, a folder with config.json, "
      + "a .safetensors, .bin, .pt or .gguf file, or ORG/NAME in the Hugging Face cache; see heed samples for models to start with"
  )
}
