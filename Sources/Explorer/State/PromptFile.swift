/// A file of prompts.
public struct PromptFile: Sendable, Hashable {
  /// Its name.
  public let name: String
  /// Its texts; a line that is an image or ids has none.
  public let texts: [String]
  /// How many prompts it holds.
  public let count: Int

  /// A file of prompts.
  ///
  /// - Parameter count: How many prompts there are, with and without a text; nil for as many as texts.
  public init(name: String, texts: [String], count: Int? = nil) {
    (self.name, self.texts, self.count) = (name, texts, count ?? texts.count)
  }
}
