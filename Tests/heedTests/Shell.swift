import Foundation
import TmuxHarness

/// A program that ran to its end, without a terminal.
struct Finished {
  /// The exit status; 128 and the signal's number when a signal ended it, as shells say.
  let status: Int
  /// What it wrote to standard output.
  let output: [UInt8]
  /// What it wrote to standard error.
  let errors: String

  /// The output as text.
  var text: String { String(decoding: output, as: UTF8.self) }
  /// The lines of standard error.
  var errorLines: [String] { errors.split(separator: "\n").map(String.init) }
}

/// Starts programs with files for their streams.
///
/// Not Foundation's Process: pipes of tests that run at once are inherited by each other's children.
enum Shell {
  /// Runs heed.
  ///
  /// - Parameters:
  ///   - input: Its standard input; at its end at once when empty.
  ///   - environment: Variables beside PATH, HOME and a UTF-8 locale.
  static func heed(
    _ arguments: [String], input: [UInt8] = [], environment: [String: String] = [:],
    in folder: String? = nil
  ) throws -> Finished {
    try run([BuiltProducts.path("heed")] + arguments, input, environment, in: folder)
  }

  /// Runs a script of the shell, in which `$heed` is the program.
  static func script(_ script: String, in folder: String? = nil) throws -> Finished {
    let path = try BuiltProducts.path("heed")
    return try run(["/bin/bash", "-c", script], [], ["heed": path], in: folder)
  }

  private static func run(
    _ words: [String], _ input: [UInt8], _ environment: [String: String], in folder: String?
  ) throws -> Finished {
    let streams = try TemporaryFolder()
    try streams.write("in", input)
    let process = try start(words, environment, streams: streams, in: folder)
    let status = try process.wait()
    return Finished(
      status: status, output: try streams.read("out"),
      errors: String(decoding: try streams.read("err"), as: UTF8.self))
  }

  /// Starts a program whose streams are the files `in`, `out` and `err` of a folder.
  static func start(
    _ words: [String], _ environment: [String: String] = [:], streams: TemporaryFolder,
    in folder: String? = nil
  ) throws -> Running {
    let own = ProcessInfo.processInfo.environment
    // Programs of tests that run at once share the cores: none of their threads waits busily.
    var variables = [
      "LANG": "C.UTF-8", "SWIFT_BACKTRACE": "enable=no", "OMP_WAIT_POLICY": "passive",
    ]
    // A sanitized program is told what a sanitized test is.
    for name in ["PATH", "HOME", "TMPDIR", "ASAN_OPTIONS", "TSAN_OPTIONS"] {
      variables[name] = own[name]
    }
    // Nor does anybody's own configuration count.
    variables["XDG_CONFIG_HOME"] = "/nonexistent"
    variables.merge(environment) { $1 }

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, streams.path + "/in", O_RDONLY, 0)
    let writing = O_WRONLY | O_CREAT | O_TRUNC
    posix_spawn_file_actions_addopen(&actions, 1, streams.path + "/out", writing, 0o644)
    posix_spawn_file_actions_addopen(&actions, 2, streams.path + "/err", writing, 0o644)

    // Whoever runs the tests may ignore signals; the program must see them as a shell's child does.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    for number in [SIGINT, SIGPIPE, SIGTERM, SIGQUIT] { sigaddset(&signals, number) }
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

    // `env` changes the folder and then becomes the program.
    let line = ["/usr/bin/env", "-C", folder ?? streams.path] + words
    let arguments = line.map { strdup($0) } + [nil]
    let strings = variables.map { strdup("\($0)=\($1)") } + [nil]
    defer { for pointer in arguments + strings { free(pointer) } }
    var id = pid_t()
    let failure = posix_spawn(&id, line[0], &actions, &attributes, arguments, strings)
    guard failure == 0 else {
      throw HarnessError.tmux(words, String(cString: strerror(failure)))
    }
    return Running(id: id, words: words)
  }

  /// A program that has been started.
  struct Running {
    let id: pid_t
    let words: [String]

    /// Waits for its end; one that takes two minutes is killed.
    func wait() throws -> Int {
      let end = Date(timeIntervalSinceNow: Patience.seconds(120))
      var status: Int32 = 0
      while waitpid(id, &status, WNOHANG) == 0 {
        if Date() > end {
          kill(id, SIGKILL)
          waitpid(id, &status, 0)
          throw HarnessError.timedOut(words.joined(separator: " "), screen: "")
        }
        // Between two looks; the deadline alone decides.
        usleep(5_000)
      }
      let signal = Int(status & 0x7f)
      return signal == 0 ? Int(status >> 8 & 0xff) : 128 + signal
    }
  }
}

/// A folder that goes away with its owner.
final class TemporaryFolder {
  let path: String

  init() throws {
    path =
      FileManager.default.temporaryDirectory
      .appendingPathComponent("heed-\(UUID().uuidString)").resolvingSymlinksInPath().path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The names of everything in it, sorted.
  var names: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
  }

  /// Writes a file; returns its path.
  @discardableResult
  func write(_ name: String, _ bytes: [UInt8]) throws -> String {
    let file = URL(fileURLWithPath: path + "/" + name)
    try Data(bytes).write(to: file)
    return file.path
  }

  /// Writes a text; returns its path.
  @discardableResult
  func write(_ name: String, _ text: String) throws -> String { try write(name, Array(text.utf8)) }

  /// A file's bytes.
  func read(_ name: String) throws -> [UInt8] {
    try Array(Data(contentsOf: URL(fileURLWithPath: path + "/" + name)))
  }

  /// A file's text.
  func text(_ name: String) throws -> String { String(decoding: try read(name), as: UTF8.self) }
}

/// Where the program under test lies.
var heedPath: String { get throws { try BuiltProducts.path("heed") } }

/// Waits until something holds, at most half a minute.
func wait(_ what: String, until holds: () throws -> Bool) throws {
  let end = Date(timeIntervalSinceNow: Patience.seconds(30))
  while try !holds() {
    guard Date() < end else { throw HarnessError.timedOut(what, screen: "") }
    // Between two looks; the deadline alone decides.
    usleep(2_000)
  }
}
