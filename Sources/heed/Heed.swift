import ArgumentParser
import Explorer
import Foundation

/// The program: its commands, and how errors reach the user.
@main
struct Heed: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "heed",
    abstract: "A terminal explorer for attention.",
    discussion: """
      Opens a transformer checkpoint, runs it, and shows every layer and head: heat maps, scores, \
      and what each token attends to. Without arguments it opens the embedded sample.
      """,
    version: "heed \(Release.version)",
    subcommands: [
      Explore.self, Info.self, Tokens.self, Scores.self, Sinks.self, Prune.self, Predict.self,
      Export.self, Rules.self, WhatIf.self, Fit.self, SnapshotCommand.self, SamplesCommand.self,
      ModelsCommand.self, ConfigCommand.self, Bench.self,
    ],
    defaultSubcommand: Explore.self)

  /// Not `async`: the screen needs the process's main thread; see ARCHITECTURE in CONTRIBUTING.md.
  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      Failure.exit(error)
    }
  }
}
