import Foundation

/// Files of this repository.
enum Repository {
  /// Its top folder.
  static let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  /// The parity fixtures of `ModelsTests`.
  static let fixtures = path + "/Tests/ModelsTests/Fixtures"

  /// A file's text.
  static func text(_ name: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(fileURLWithPath: path + "/" + name)), as: UTF8.self)
  }

  /// Names of the Swift files right in a folder, without ending, sorted.
  static func swiftFiles(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path + "/" + folder)
      .filter { $0.hasSuffix(".swift") }.map { String($0.dropLast(6)) }.sorted()
  }

  /// Paths of the Swift files in a folder and below, relative to the repository.
  static func allSwiftFiles(below folder: String) -> [String] {
    let found = FileManager.default.enumerator(atPath: path + "/" + folder)?.allObjects ?? []
    return found.compactMap { $0 as? String }.filter { $0.hasSuffix(".swift") }.sorted()
      .map { folder + "/" + $0 }
  }
}
