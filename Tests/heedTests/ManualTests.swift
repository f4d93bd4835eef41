import Checkpoints
import Explorer
import Foundation
import Testing

/// The manual page, the help and the completions against the program.
@Suite struct ManualTests {
  /// The page as a reader sees it, hyphenation and all blanks reduced to one.
  private func page(section: String? = nil) throws -> String {
    let text = try Repository.text("man/heed.1")
    guard let section else { return text }
    let parts = text.components(separatedBy: "\n.Sh ")
    return try #require(parts.first { $0.hasPrefix(section + "\n") }, "no section \(section)")
  }

  private func words(_ text: String) -> Set<String> {
    Set(text.split { $0.isWhitespace }.map(String.init))
  }

  /// Every command, the program itself first, as the parser describes itself.
  private func commands() throws -> [JSON] {
    let finished = try Shell.heed(["--experimental-dump-help"])
    #expect(finished.status == 0)
    let root = try #require(try finished.json()["command"])
    let all = (root["subcommands"]?.array ?? []).filter { $0["commandName"]?.string != "help" }
    #expect(all.count >= 10)
    return [root] + all
  }

  private func arguments() throws -> [JSON] {
    try commands().flatMap { $0["arguments"]?.array ?? [] }
  }

  @Test func `every command stands in the synopsis and among the commands`() throws {
    let synopsis = try words(page(section: "SYNOPSIS"))
    let described = try page(section: "COMMANDS")
    for command in try commands().dropFirst() {
      let name = try #require(command["commandName"]?.string)
      #expect(synopsis.contains(name), "\(name)")
      #expect(described.contains("\n.It Cm \(name)\n"), "\(name)")
    }
  }

  @Test func `every option stands in the page`() throws {
    let text = try page()
    for argument in try arguments() {
      for name in argument["names"]?.array ?? [] {
        let spelling = try #require(name["name"]?.string)
        let macro = name["kind"]?.string == "long" ? "Fl -\(spelling)" : "Fl \(spelling)"
        let found =
          text.contains("It \(macro) ") || text.contains("It \(macro)\n")
          || text.contains(", \(macro) ") || text.contains(", \(macro)\n")
        #expect(found, "\(macro) has no entry")
      }
    }
  }

  @Test func `every value of an option stands in the page`() throws {
    let described = try words(page())
    for argument in try arguments() {
      for value in argument["allValues"]?.array ?? [] {
        let word = try #require(value.string)
        #expect(described.contains(word), "\(argument["valueName"]?.string ?? "") \(word)")
      }
    }
  }

  @Test func `every key and every colon command stands among the keys`() throws {
    let keys = try page(section: "KEYS")
    // `\&` keeps mdoc from reading punctuation; `:` commands stand in a list of their own.
    let plain = [("\\&", ""), ("\\(ha", "^"), ("\\-", "-")].reduce(keys) { text, escape in
      text.replacingOccurrences(of: escape.0, with: escape.1)
    }
    let described = words(plain)
    for command in Commands.all {
      #expect(keys.contains("\n.It Ic \(command.name)"), "\(command.name) has no entry")
      for key in command.keys {
        #expect(described.contains(key.label), "\(key.label), which does \(command.name)")
      }
    }
  }

  @Test func `the page names every environment variable that the sources read`() throws {
    let text = try page(section: "ENVIRONMENT")
    var variables: Set<String> = []
    for file in Repository.allSwiftFiles(below: "Sources") {
      for match in try Repository.text(file).matches(of: /environment\["(\w+)"\]/) {
        variables.insert(String(match.1))
      }
    }
    #expect(variables.contains("HEED_SAMPLES"))
    for variable in variables.sorted() { #expect(text.contains(variable), "\(variable)") }
  }

  @Test func `the page is clean to mandoc`() throws {
    let finished = try Shell.script("mandoc -T lint -W warning '\(Repository.path)/man/heed.1'")
    #expect(finished.status == 0)
    #expect(finished.text.isEmpty, "\(finished.text)")
  }

  @Test func `help and version are printed and succeed`() throws {
    for command in try commands() {
      let name = try #require(command["commandName"]?.string)
      let finished = try Shell.heed((name == "heed" ? [] : [name]) + ["--help"])
      #expect(finished.status == 0 && finished.errors.isEmpty, "\(name)")
      #expect(finished.text.contains("USAGE: heed"))
      let help = try Shell.heed(["help"] + (name == "heed" ? [] : [name]))
      #expect(help.text == finished.text)
    }
    let version = try Shell.heed(["--version"])
    #expect(version.status == 0)
    #expect(version.text.firstMatch(of: /^heed \d+\.\d+\.\d+\n$/) != nil)
  }

  @Test func `completions know every command, and bash reads its own`() throws {
    let names = try commands().dropFirst().compactMap { $0["commandName"]?.string }
    for shell in ["bash", "zsh", "fish"] {
      let finished = try Shell.heed(["--generate-completion-script", shell])
      #expect(finished.status == 0)
      for name in names { #expect(finished.text.contains(name), "\(shell): \(name)") }
    }
    let check = try Shell.script("\"$heed\" --generate-completion-script bash | bash -n")
    #expect(check.status == 0 && check.errors.isEmpty)
  }
}
