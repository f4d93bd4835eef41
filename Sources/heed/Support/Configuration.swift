import Explorer
import Foundation
import TOMLKit
import Terminal

/// What the user prefers, from `$XDG_CONFIG_HOME/heed/config`, a TOML file that heed never writes.
///
/// An option on the command line goes first, then the environment (`NO_COLOR`), then this file.
struct Configuration: Sendable, Equatable {
  /// `[screen]`.
  var color: TerminalOptions.ColorChoice?
  var charset: TerminalOptions.CharsetChoice?
  var theme: Ramp?
  var mouse: Bool?
  /// `[defaults]`.
  var model: String?
  var view: String?
  var scale: Scale?
  var threads: Int?
  var memory: String?
  /// `[keys]`: a command for each.
  var keys: [Key: String] = [:]

  /// What is in force, read once.
  ///
  /// - Throws: `ConfigurationError` when the file is there and cannot be used.
  static func current() throws -> Configuration { try loaded.get() }

  private static let loaded = Result {
    let (configuration, unknown) = try load(path(ProcessInfo.processInfo.environment))
    for fault in unknown {
      Console.warning("\(path(ProcessInfo.processInfo.environment)): \(fault)")
    }
    return configuration
  }

  /// Where the file lies, or would lie.
  static func path(_ environment: [String: String]) -> String {
    if let folder = environment["XDG_CONFIG_HOME"], folder.hasPrefix("/") {
      return folder + "/heed/config"
    }
    return (environment["HOME"] ?? NSHomeDirectory()) + "/.config/heed/config"
  }

  /// Reads the file; nothing is set where there is none.
  ///
  /// - Returns: The settings, and what is to be said of keys that are none where they stand.
  static func load(
    _ path: String
  ) throws -> (configuration: Configuration, unknown: [String]) {
    guard FileManager.default.fileExists(atPath: path) else { return (Configuration(), []) }
    return try read(Start.text(of: path), file: path)
  }

  /// Reads the settings of a text.
  static func read(
    _ text: String, file: String
  ) throws(ConfigurationError) -> (configuration: Configuration, unknown: [String]) {
    let root: TOMLTable
    do {
      root = try TOMLTable(string: text)
    } catch {
      guard let fault = error as? TOMLParseError else {
        throw .syntax(file: file, line: 0, reason: "\(error)")
      }
      throw .syntax(file: file, line: Int(fault.source.begin.line), reason: fault.description)
    }
    var configuration = Configuration()
    var unknown: [String] = []
    for section in root.keys.sorted() {
      guard let table = root[section]?.table else {
        unknown.append("\(section): \(Setting.remedy(for: section))")
        continue
      }
      for key in table.keys.sorted() {
        let path = "\(section).\(key)"
        guard let setting = Setting.named(section, key) else {
          unknown.append("\(path): \(Setting.remedy(for: key))")
          continue
        }
        guard let value = table[key], setting.read(&configuration, key, Value(value)) else {
          throw .badValue(
            file: file, key: path, found: table[key].map { Value($0).toml } ?? "nothing",
            expected: setting.expected)
        }
      }
    }
    return (configuration, unknown)
  }
}

extension Configuration {
  /// A TOML value of the kinds that settings have.
  enum Value {
    case text(String)
    case flag(Bool)
    case number(Int)
    case other(String)

    init(_ value: any TOMLValueConvertible) {
      if let text = value.string {
        self = .text(text)
      } else if let flag = value.bool {
        self = .flag(flag)
      } else if let number = value.int {
        self = .number(number)
      } else {
        self = .other("a value of type \(value.type)")
      }
    }

    /// The value as TOML writes it.
    var toml: String {
      switch self {
      // JSON's escapes are TOML's, too.
      case .text(let text): QuotedText.written(text)
      case .flag(let flag): "\(flag)"
      case .number(let number): "\(number)"
      case .other(let text): text
      }
    }
  }
}

/// Why the configuration cannot be used.
enum ConfigurationError: Error, Equatable, CustomStringConvertible {
  case syntax(file: String, line: Int, reason: String)
  case badValue(file: String, key: String, found: String, expected: String)

  var description: String {
    switch self {
    case .syntax(let file, let line, let reason):
      "\(file):\(line): is no TOML: \(reason); correct it or move it away"
    case .badValue(let file, let key, let found, let expected):
      "\(file): \(key): found \(found), expected \(expected); correct it or leave it out"
    }
  }
}
