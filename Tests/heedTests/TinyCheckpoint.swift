import Checkpoints
import Foundation
import Testing

/// A copy of a parity fixture that a test damages.
final class TinyCheckpoint {
  let folder: TemporaryFolder
  var path: String { folder.path }
  /// The name that error texts begin with.
  var name: String { URL(fileURLWithPath: path).lastPathComponent }
  var weights: String { path + "/model.safetensors" }
  var configuration: String { path + "/config.json" }

  /// A copy of a fixture with one weight file and without a tokenizer.
  init(_ fixture: String = "gpt2-standard") throws {
    folder = try TemporaryFolder()
    for name in ["config.json", "model.safetensors"] {
      try FileManager.default.copyItem(
        atPath: "\(Repository.fixtures)/\(fixture)/\(name)", toPath: "\(folder.path)/\(name)")
    }
  }

  /// Replaces a text of `config.json`.
  func configure(_ old: String, _ new: String) throws {
    let text = try folder.text("config.json")
    try #require(text.contains(old))
    try folder.write("config.json", text.replacingOccurrences(of: old, with: new))
  }

  /// Changes the header and the data of the weights.
  func edit(_ change: (inout [String: JSON], inout [UInt8]) throws -> Void) throws {
    let bytes = try folder.read("model.safetensors")
    let length = bytes.prefix(8).enumerated().reduce(0) { $0 + Int($1.element) << (8 * $1.offset) }
    let text = Data(bytes[8..<8 + length])
    var header = try #require(try JSONDecoder().decode(JSON.self, from: text).object)
    var data = Array(bytes[(8 + length)...])
    try change(&header, &data)
    let written = Array(JSON.object(header).written.utf8)
    let size = withUnsafeBytes(of: UInt64(written.count).littleEndian) { Array($0) }
    try folder.write("model.safetensors", size + written + data)
  }

  /// Changes one tensor's entry in the header.
  func editEntry(_ name: String, _ change: (inout [String: JSON]) -> Void) throws {
    try edit { header, _ in
      var entry = try #require(header[name]?.object)
      change(&entry)
      header[name] = .object(entry)
    }
  }

  /// Runs a command on it, the prompt given as ids.
  func heed(_ command: String, ids: String = "1,2,3", _ more: String...) throws -> Finished {
    try Shell.heed([command, path] + (command == "info" ? [] : ["--ids", ids]) + more)
  }
}

extension JSON {
  /// The value as JSON text.
  var written: String {
    switch self {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .int(let value): "\(value)"
    case .double(let value): "\(value)"
    case .string(let value): "\"\(value)\""
    case .array(let values): "[\(values.map(\.written).joined(separator: ","))]"
    case .object(let members):
      "{"
        + members.sorted { $0.key < $1.key }.map { "\"\($0)\":\($1.written)" }
        .joined(separator: ",") + "}"
    }
  }
}

/// Expects that a command failed with one line that begins `heed: error: `.
///
/// - Parameter text: The whole line after that.
func expectRefusal(
  _ finished: Finished, _ text: String, status: Int = 1,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(finished.errors == "heed: error: \(text)\n", sourceLocation: sourceLocation)
  #expect(finished.status == status, sourceLocation: sourceLocation)
  #expect(finished.output.isEmpty, sourceLocation: sourceLocation)
}
