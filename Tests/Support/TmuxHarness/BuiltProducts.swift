import Foundation

/// Executables that were built beside the tests.
public enum BuiltProducts {
  /// Where an executable lies.
  ///
  /// - Throws: `HarnessError.notBuilt` naming the places looked at.
  public static func path(_ name: String) throws -> String {
    // The test bundle lies in the folder of products, or is a bundle inside it.
    let started = [Bundle.main.executablePath, CommandLine.arguments.first].compactMap { $0 }
    let folders = started.flatMap { path in
      sequence(first: URL(fileURLWithPath: path).deletingLastPathComponent()) {
        $0.path == "/" ? nil : $0.deletingLastPathComponent()
      }.prefix(4)
    }
    let source = URL(fileURLWithPath: #filePath)
    let package = (0..<4).reduce(source) { url, _ in url.deletingLastPathComponent() }
    let places = (folders + [package.appendingPathComponent(".build/debug")])
      .map { $0.appendingPathComponent(name).path }
    for place in places where FileManager.default.isExecutableFile(atPath: place) { return place }
    throw HarnessError.notBuilt(name, places)
  }
}

/// How long tests wait for a program.
public enum Patience {
  /// Seconds, six times as many where `make sanitize` runs: a sanitized program is that much slower.
  public static func seconds(_ usual: TimeInterval) -> TimeInterval {
    ProcessInfo.processInfo.environment["TSAN_OPTIONS"] == nil ? usual : 6 * usual
  }
}

/// Why a test could not do its work.
public enum HarnessError: Error, CustomStringConvertible {
  /// An executable is missing.
  case notBuilt(String, [String])
  /// tmux refused a command.
  case tmux([String], String)
  /// What was waited for did not come.
  case timedOut(String, screen: String)

  /// What happened, with the screen as it was.
  public var description: String {
    switch self {
    case .notBuilt(let name, let places):
      "\(name): not built; looked for \(places.joined(separator: ", "))"
    case .tmux(let words, let text): "tmux \(words.joined(separator: " ")): \(text)"
    case .timedOut(let what, let screen): "waited in vain for \(what); the screen was:\n\(screen)"
    }
  }
}
