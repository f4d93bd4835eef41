import ArgumentParser
import Foundation

/// `heed config`: what is in force.
struct ConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config", abstract: "The configuration in force, as the file that would set it.")

  func run() throws {
    let path = Configuration.path(ProcessInfo.processInfo.environment)
    let configuration = try Configuration.current()
    let state = FileManager.default.fileExists(atPath: path) ? "" : ", which is not there"
    try Output(nil).write("# \(path)\(state)\n\n" + configuration.text)
  }
}
