import Explorer
import Foundation
import Terminal
import Testing

@testable import heed

/// The configuration: what it may say, what it is answered with, and what goes before it.
@Suite struct ConfigurationTests {
  private func configured(_ text: String) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(
      atPath: folder.path + "/heed", withIntermediateDirectories: true)
    try folder.write("heed/config", text)
    return folder
  }

  private func heed(
    _ words: [String], _ text: String, environment: [String: String] = [:]
  ) throws -> Finished {
    let folder = try configured(text)
    return try Shell.heed(
      words, environment: environment.merging(["XDG_CONFIG_HOME": folder.path]) { $1 })
  }

  @Test func `everything that can be set is read`() throws {
    let text = """
      [screen]
      color = "256"
      charset = "ascii"
      theme = "grey"
      mouse = false
      [defaults]
      model = "sample:sort"
      view = "map"
      scale = "log"
      threads = 2
      memory = "4G"
      """
    let (configuration, unknown) = try Configuration.read(text, file: "c")
    #expect(unknown.isEmpty)
    #expect(configuration.color == .palette256 && configuration.charset == .ascii)
    #expect(configuration.theme == .grey && configuration.mouse == false)
    #expect(configuration.model == "sample:sort" && configuration.view == "map")
    #expect(configuration.scale == .log && configuration.threads == 2)
    #expect(configuration.memory == "4G")
    // What heed config prints sets the same again.
    #expect(try Configuration.read(configuration.text, file: "c").configuration == configuration)
    let nothing = try Configuration.read(Configuration().text, file: "c").configuration
    #expect(nothing.color == .auto && nothing.threads == nil)
  }

  @Test(arguments: [
    ("a = ", "c:1: is no TOML: "),
    ("[keys]\nx = \"frobnicate\"", "c: keys.x: found \"frobnicate\", expected a key such as "),
    (
      "[screen]\ntheme = \"pink\"", "c: screen.theme: found \"pink\", expected one of \"cividis\", "
    ),
    ("[screen]\nmouse = \"no\"", "c: screen.mouse: found \"no\", expected true or false; "),
    ("[defaults]\nthreads = 0", "c: defaults.threads: found 0, expected a number above 0; "),
    (
      "[defaults]\nview = []",
      "c: defaults.view: found a value of type array, expected one of atlas"
    ),
  ])
  func `what cannot be is refused with what was expected`(text: String, message: String) {
    #expect {
      try Configuration.read(text, file: "c")
    } throws: {
      "\($0)".hasPrefix(message) && !"\($0)".contains("\n")
    }
  }

  @Test func `settings that are none are named, and the rest is used`() throws {
    let finished = try heed(
      ["snapshot", "sample:novels", "to be"],
      "size = 3\n[screen]\ncolour = \"auto\"\ntheme = \"grey\"\n[defaults]\nview = \"map\"\n")
    #expect(finished.status == 0)
    #expect(
      finished.text.contains("view: map\n") && finished.text.contains("scale: linear, grey\n"))
    #expect(finished.errorLines.count == 2)
    #expect(
      finished.errors.contains(
        "/heed/config: screen.colour: no such setting; heed config lists them"))
    #expect(finished.errors.contains("/heed/config: size: no such setting"))
  }

  @Test(arguments: [
    ("theme = \"grey\"", "theme: belongs below [screen]"),
    ("[defaults]\nmouse = false", "defaults.mouse: belongs below [screen]"),
    ("[screens]\nview = \"map\"", "screens.view: belongs below [defaults]"),
    ("[keys]\nthreads = 2", "keys.threads: belongs below [defaults]"),
    ("F5 = \"rerun\"", "F5: belongs below [keys]"),
    ("[screen]\nx = \"rerun\"", "screen.x: belongs below [keys]"),
  ])
  func `a setting that stands elsewhere is told its section`(text: String, warning: String) throws {
    let (configuration, unknown) = try Configuration.read(text, file: "c")
    #expect(unknown == [warning] && configuration == Configuration())
  }

  @Test func `an option goes before NO_COLOR, and NO_COLOR before the file`() throws {
    func depth(
      _ option: TerminalOptions.ColorChoice?, _ set: TerminalOptions.ColorChoice?, no: Bool
    )
      throws -> ColorDepth
    {
      var options = try ScreenOptions.parse([])
      options.color = option
      var configuration = Configuration()
      configuration.color = set
      let environment = no ? ["NO_COLOR": "1"] : [:]
      return ScreenStyle(options, configuration, environment: environment)
        .appearance(colors: true).depth
    }
    #expect(try depth(nil, nil, no: false) == .palette256)
    #expect(try depth(nil, .truecolor, no: false) == .direct)
    #expect(try depth(nil, .truecolor, no: true) == .mono)
    #expect(try depth(.palette16, .truecolor, no: true) == .palette16)
    #expect(try depth(nil, .always, no: true) == .palette256)
    #expect(try depth(.never, .always, no: false) == .mono)
  }

  @Test func `heed config prints what is in force, and a broken file stops it`() throws {
    let finished = try heed(["config"], "[screen]\ntheme = \"viridis\"\n")
    #expect(finished.status == 0 && finished.errors.isEmpty)
    #expect(finished.text.hasPrefix("# /") && finished.text.contains("/heed/config\n\n[screen]\n"))
    #expect(finished.text.contains("\ntheme = \"viridis\"  # one of "))
    let none = try Shell.heed(["config"], environment: ["XDG_CONFIG_HOME": "/nowhere"])
    #expect(none.text.hasPrefix("# /nowhere/heed/config, which is not there\n"))
    let broken = try heed(["config"], "theme")
    #expect(broken.status == 1 && broken.errorLines.count == 1)
    #expect(broken.errors.contains("/heed/config:1: is no TOML: "))
  }
}
