import Explorer
import Models
import Terminal

extension Configuration {
  /// One setting: how it is read, what it may be, and what is in force.
  struct Setting: Sendable {
    let section, key, expected: String
    /// Takes a value; false when it cannot be one.
    let read: @Sendable (inout Configuration, _ key: String, Value) -> Bool
    /// What is in force, as TOML; nil where nothing is set and nothing is the default.
    let inForce: @Sendable (Configuration) -> Value?

    /// The setting of that name.
    static func named(_ section: String, _ key: String) -> Setting? {
      all.first {
        $0.section == section
          && ($0.key == key || $0.key == "*" && (Self.section(of: key) ?? section) == section)
      }
    }

    /// Where a key belongs; nil for one that is no setting.
    private static func section(of key: String) -> String? {
      all.first { $0.key == key }?.section ?? (Key(label: key) == nil ? nil : "keys")
    }

    /// What to do about a key that is no setting where it stands.
    static func remedy(for key: String) -> String {
      section(of: key).map { "belongs below [\($0)]" }
        ?? "no such setting; heed config lists them"
    }

    /// Every setting, in the order in which `heed config` prints them.
    static let all: [Setting] = [
      choice("screen", "color", \.color, default: .auto),
      choice("screen", "charset", \.charset, default: .auto),
      choice("screen", "theme", \.theme, default: .standard),
      Setting(
        section: "screen", key: "mouse", expected: "true or false",
        read: { configuration, _, value in
          guard case .flag(let flag) = value else { return false }
          configuration.mouse = flag
          return true
        }, inForce: { .flag($0.mouse ?? true) }),
      text("defaults", "model", \.model, expected: "what MODEL may be") { !$0.isEmpty },
      text(
        "defaults", "view", \.view,
        expected: "one of " + ExplorerViews.all.map { $0.name }.joined(separator: ", ")
      ) { name in ExplorerViews.all.contains { $0.name == name } },
      choice("defaults", "scale", \.scale, default: .linear),
      Setting(
        section: "defaults", key: "threads", expected: "a number above 0",
        read: { configuration, _, value in
          guard case .number(let number) = value, number > 0 else { return false }
          configuration.threads = number
          return true
        }, inForce: { $0.threads.map(Value.number) }),
      text("defaults", "memory", \.memory, expected: "a size such as \"4G\"") {
        ByteCount($0) != nil
      },
      Setting(
        section: "keys", key: "*", expected: "a key such as x, ^N or F5 and a command in quotes",
        read: { configuration, key, value in
          guard case .text(let command) = value, let key = Key(label: key) else { return false }
          let name = command.split(separator: " ").first.map(String.init)
          guard Commands.all.contains(where: { $0.name == name }) else { return false }
          configuration.keys[key] = command
          return true
        }, inForce: { _ in nil }),
    ]

    private static func choice<Choice: RawRepresentable<String> & CaseIterable & Sendable>(
      _ section: String, _ key: String,
      _ path: WritableKeyPath<Configuration, Choice?> & Sendable, default standard: Choice
    ) -> Setting {
      Setting(
        section: section, key: key,
        expected: "one of " + Choice.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", "),
        read: { configuration, _, value in
          guard case .text(let text) = value, let choice = Choice(rawValue: text) else {
            return false
          }
          configuration[keyPath: path] = choice
          return true
        }, inForce: { .text(($0[keyPath: path] ?? standard).rawValue) })
    }

    private static func text(
      _ section: String, _ key: String,
      _ path: WritableKeyPath<Configuration, String?> & Sendable, expected: String,
      isGood: @escaping @Sendable (String) -> Bool
    ) -> Setting {
      Setting(
        section: section, key: key, expected: expected,
        read: { configuration, _, value in
          guard case .text(let text) = value, isGood(text) else { return false }
          configuration[keyPath: path] = text
          return true
        }, inForce: { $0[keyPath: path].map(Value.text) })
    }
  }

  /// The settings in force as a file that sets them; what has no value is a comment.
  var text: String {
    var lines: [String] = []
    for (place, setting) in Setting.all.enumerated() {
      if place == 0 || Setting.all[place - 1].section != setting.section {
        lines += (place == 0 ? [] : [""]) + ["[\(setting.section)]"]
      }
      if setting.key == "*" {
        lines += keys.sorted { $0.key.label < $1.key.label }.map { key, command in
          "\(Value.text(key.label).toml) = \(Value.text(command).toml)"
        }
        if keys.isEmpty { lines.append("# \"F5\" = \"rerun\"") }
      } else if let value = setting.inForce(self) {
        lines.append("\(setting.key) = \(value.toml)  # \(setting.expected)")
      } else {
        lines.append("# \(setting.key): not set, \(setting.expected)")
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
