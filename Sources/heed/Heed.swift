import ArgumentParser
import Explorer
import Foundation
import Tensors
import Terminal

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
    // A limit on files is an error of the write, not the end of the program.
    signal(SIGXFSZ, SIG_IGN)
    MemoryRefusal.onRefusal { refusal in
      EventLoop.giveTerminalBack()
      Console.error("\(refusal)")
      // Other threads are at work: an ordinary exit would take their libraries from under them.
      _exit(EXIT_FAILURE)
    }
    do {
      var command = try parseAsRoot()
      try Cancellation(when: { Interruption.isCaught }).watch { try command.run() }
    } catch {
      Failure.exit(error)
    }
  }
}
