/// A file format for a canvas.
public protocol CanvasExport: Sendable {
  /// The name that `--format` takes.
  static var name: String { get }
  /// How its files end, without a dot.
  static var fileExtension: String { get }

  /// The canvas as a file's text.
  ///
  /// - Parameter appearance: What the canvas was drawn for.
  static func export(_ canvas: Canvas, appearance: Appearance, ramp: Ramp) -> String
}

/// Every format that a canvas can be written in.
public enum CanvasExports {
  /// Alphabetical; a test reads `Export/` and names a file that is missing here.
  public static let all: [any CanvasExport.Type] = [
    ANSIExport.self,
    TextExport.self,
  ]
}
