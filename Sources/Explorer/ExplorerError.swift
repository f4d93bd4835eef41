/// What can be wrong with a command that was typed.
public enum ExplorerError: Error, Sendable, Equatable {
  /// No such command; the nearest name, if one is near.
  case unknownCommand(String, nearest: String?)
  /// An argument that the command cannot take.
  case badArgument(command: String, found: String, expected: String)
  /// Something that whoever reads the argument refuses, in its own words.
  case refused(command: String, why: String)
  /// There is no model to ask.
  case nothingLoaded(command: String)
}

extension ExplorerError: CustomStringConvertible {
  /// One line: the command, what was found, what was expected.
  public var description: String {
    switch self {
    case .unknownCommand(let name, let nearest?):
      ":\(name): no such command; did you mean :\(nearest)?"
    case .unknownCommand(let name, nil):
      ":\(name): no such command; ? lists all of them"
    case .badArgument(let command, "", let expected):
      ":\(command): nothing given, expected \(expected)"
    case .badArgument(let command, let found, let expected):
      ":\(command): found \"\(found)\", expected \(expected)"
    case .refused(let command, let why): ":\(command): \(why)"
    case .nothingLoaded(let command):
      ":\(command): nothing is loaded; e types a prompt"
    }
  }
}
