import ArgumentParser
import Checkpoints

/// `heed samples`: what heed brings along.
struct SamplesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "samples", abstract: "The embedded samples, and where they lie.")

  /// The formats of `heed samples`.
  enum Format: String, CaseIterable, ExpressibleByArgument {
    case text, json
  }

  @Option(help: "How to write it")
  var format = Format.text

  private struct Entry: Encodable {
    let name, folder, summary: String
  }

  func run() throws {
    let samples = Opening.samples
    guard !samples.all.isEmpty else { throw CheckpointError.noSamples(searched: samples.searched) }
    switch format {
    case .json:
      let entries = samples.all.map {
        Entry(name: "sample:\($0.name)", folder: $0.folder, summary: $0.summary)
      }
      try Output(nil).write(json: entries)
    case .text:
      var table = TextTable(["sample", "what it is", "folder"], leading: [0, 1, 2])
      for sample in samples.all {
        table.add(["sample:\(sample.name)", sample.summary, sample.folder])
      }
      try Output(nil).write(table.text)
    }
  }
}
