import ArgumentParser
import Checkpoints
import Foundation

/// `heed models`: what there is to open.
struct ModelsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "models", abstract: "Samples, and models in the Hugging Face cache.")

  /// The formats of `heed models`.
  enum Format: String, CaseIterable, ExpressibleByArgument {
    case text, json
  }

  @Option(help: "How to write it")
  var format = Format.text

  private struct Entry: Encodable {
    let model, folder: String
    /// What an incomplete download lacks.
    let missing: String?
  }

  func run() throws {
    let cache = HuggingFaceCache(environment: ProcessInfo.processInfo.environment)
    let entries =
      Opening.samples.all.map {
        Entry(model: "sample:\($0.name)", folder: $0.folder, missing: nil)
      }
      + cache.models.map {
        Entry(
          model: $0.revision == "main" ? $0.id : "\($0.id)@\($0.revision)", folder: $0.folder,
          missing: $0.missing)
      }
    switch format {
    case .json: try Output(nil).write(json: entries)
    case .text:
      var table = TextTable(["model", "folder"], leading: [0, 1])
      for entry in entries {
        table.add([
          entry.model, entry.folder + (entry.missing.map { "  incomplete: \($0)" } ?? ""),
        ])
      }
      try Output(nil).write(table.text)
    }
  }
}
