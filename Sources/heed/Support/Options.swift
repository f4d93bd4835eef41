import ArgumentParser
import Explorer
import Foundation
import Models
import Tensors
import Tokenizers

/// The checkpoint.
struct ModelArgument: ParsableArguments {
  @Argument(
    help: """
      sample:NAME, a folder with config.json, a .safetensors, .bin, .pt or .gguf file, or ORG/NAME \
      in the Hugging Face cache (default: sample:novels)
      """,
    completion: .file())
  var model: String?

  @Option(help: "A folder with a LoRA adapter, merged into the weights", completion: .directory)
  var adapter: String?

  @Option(
    help: "Open the checkpoint as this model_type, for one that is new but fits a known family")
  var family: String?
}

/// Which head.
struct HeadOptions: ParsableArguments {
  @Option(help: "A layer, from 0")
  var layer: Int?

  @Option(help: "A head of the layer, from 0")
  var head: Int?

  /// Checks both against the model.
  func check(_ plan: ModelPlan) throws { try check(layers: plan.layers, heads: plan.heads) }

  /// Checks both against so many layers and heads.
  func check(layers: Int, heads: Int) throws {
    if let layer, !(0..<layers).contains(layer) { throw Failure.noSuchLayer(layer, layers: layers) }
    if let head, !(0..<heads).contains(head) { throw Failure.noSuchHead(head, heads: heads) }
  }
}

/// Formats of small results.
enum TableFormat: String, CaseIterable, ExpressibleByArgument {
  case text, json, csv, tsv
}

/// Where the output goes.
struct OutputOption: ParsableArguments {
  @Option(
    name: [.short, .customLong("output")], help: "Write to this file instead of standard output",
    completion: .file())
  var output: String?

  var sink: Output { Output(output) }
}

extension StreamName: ExpressibleByArgument {}
