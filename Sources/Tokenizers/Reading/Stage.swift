/// A step of the pipeline that tokenizer.json describes by a `type` and its options.
protocol Stage: Sendable {
  /// The `type` in tokenizer.json.
  static var type: String { get }

  /// Reads the options; every option is either implemented or refused.
  init(_ section: Section) throws(TokenizerError)
}
