/// Rewrites text before it is cut, such as Unicode normal forms or lower case.
protocol Normalizer: Stage {
  /// Rewrites the text segments of `text` in place.
  func normalize(_ text: inout Segments)
}

/// The normalizers that are implemented.
enum Normalizers {
  /// Alphabetical.
  static let all: [any Normalizer.Type] = []
}
