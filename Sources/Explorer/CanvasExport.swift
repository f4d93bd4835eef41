/// A file format for a canvas.
public protocol CanvasExport: Sendable {
  /// The name that `--format` takes.
  static var name: String { get }
  /// How its files end, without a dot.
  static var fileExtension: String { get }

  /// What a canvas is drawn for in this format, given what the output can show.
  static func appearance(for output: Appearance) -> Appearance

  /// The canvas alone.
  ///
  /// - Parameter appearance: What the canvas was drawn for.
  static func export(_ canvas: Canvas, appearance: Appearance, ramp: Ramp) -> String

  /// The canvas as a whole file.
  ///
  /// - Parameters:
  ///   - header: What the picture is of.
  ///   - appearance: What the canvas was drawn for.
  static func document(
    _ canvas: Canvas, header: SnapshotHeader, appearance: Appearance, ramp: Ramp
  ) -> String
}

extension CanvasExport {
  /// The output's own.
  public static func appearance(for output: Appearance) -> Appearance { output }

  /// The header as lines, an empty line, and the canvas.
  public static func document(
    _ canvas: Canvas, header: SnapshotHeader, appearance: Appearance, ramp: Ramp
  ) -> String {
    header.text + "\n" + export(canvas, appearance: appearance, ramp: ramp)
  }
}

/// Every format that a canvas can be written in.
public enum CanvasExports {
  /// Alphabetical; a test reads `Export/` and names a file that is missing here.
  public static let all: [any CanvasExport.Type] = [
    ANSIExport.self,
    HTMLExport.self,
    SVGExport.self,
    TextExport.self,
  ]

  /// The format of that name; nil when there is none.
  public static func named(_ name: String) -> (any CanvasExport.Type)? {
    all.first { $0.name == name }
  }

  /// The format that a file's name asks for by its ending; nil when it asks for none.
  public static func forFile(_ path: String) -> (any CanvasExport.Type)? {
    let ending = path.split(separator: ".").last.map(String.init)?.lowercased()
    return all.first { $0.fileExtension == ending || $0.name == ending }
  }
}

extension SnapshotHeader {
  /// The header as lines of text, with line ends.
  var text: String {
    title + "\n" + lines.map { "\($0.label): \($0.text)\n" }.joined()
  }
}
