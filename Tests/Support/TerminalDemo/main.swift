import Explorer
import Terminal

#if canImport(Glibc)
  import Glibc
#endif

// A program for trying the event loop by hand and from tests: a pattern to the last cell, the last
// event in words, and keys that do what only a screen can do, or break it.
let options = TerminalOptions(
  color: argument("--color").flatMap(TerminalOptions.ColorChoice.init) ?? .auto,
  charset: argument("--charset").flatMap(TerminalOptions.CharsetChoice.init) ?? .auto,
  mouse: !CommandLine.arguments.contains("--no-mouse"), environment: environment())
do throws(TerminalError) {
  try EventLoop.run(DemoProgram(), options: options)
  print("demo left")
} catch {
  complain("demo: error: \(error)\n")
  exit(1)
}

func argument(_ name: String) -> String? {
  let words = CommandLine.arguments
  return words.firstIndex(of: name).flatMap { $0 + 1 < words.count ? words[$0 + 1] : nil }
}

func environment() -> [String: String] {
  var found: [String: String] = [:]
  let names = [
    "TERM", "COLORTERM", "NO_COLOR", "LC_ALL", "LC_CTYPE", "LANG", "ESCDELAY", "SSH_CONNECTION",
    "STY", "TMUX",
  ]
  for name in names { found[name] = getenv(name).map { String(cString: $0) } }
  return found
}

func complain(_ text: String) { _ = text.withCString { write(2, $0, strlen($0)) } }
