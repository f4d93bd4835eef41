import Foundation
import Testing

/// Compares a text with `Goldens/NAME.txt`; `HEED_UPDATE_GOLDENS=1` rewrites the file instead.
func expectGolden(
  _ text: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  let file = folder.appendingPathComponent("Goldens/\(name).txt")
  if ProcessInfo.processInfo.environment["HEED_UPDATE_GOLDENS"] == "1" {
    try Data(text.utf8).write(to: file)
    return
  }
  let wanted = String(decoding: try Data(contentsOf: file), as: UTF8.self)
  #expect(text == wanted, "\(name) differs", sourceLocation: sourceLocation)
}
