import Analysis
import Models

/// Where a run comes from: enough to name it in a file, to open it again, and to notice another one.
public struct Origin: Sendable, Hashable {
  /// What opens it, as MODEL on the command line.
  public let address: String
  /// `Checkpoint.fingerprint`; empty when it is not known.
  public let fingerprint: String
  /// What the command line says beside MODEL and a text to get the same run, in its order.
  public let options: [Option]

  /// An option of the command line.
  public struct Option: Sendable, Hashable {
    /// Without dashes, such as `image`.
    public let name: String
    /// Its value, as it was given.
    public let value: String

    /// An option.
    public init(_ name: String, _ value: String) { (self.name, self.value) = (name, value) }
  }

  /// An origin.
  public init(address: String, fingerprint: String, options: [Option] = []) {
    self.address = address
    self.fingerprint = fingerprint
    self.options = options
  }
}

/// A model that is ready to run, and what makes prompts for it.
public struct OpenModel: Sendable {
  /// The model.
  public let model: Model
  /// Where it comes from.
  public let origin: Origin
  /// A text as this model's tokens.
  public let tokenize: @Sendable (String) throws -> Prompt
  /// The bytes that a token stands for; nil without a tokenizer.
  public let spell: @Sendable (Int) -> [UInt8]?
  /// Special tokens that begin a text, for prompts that heed makes.
  public var prefix: [Int] = []
  /// Tokens after which a text is over.
  public var ends: Set<Int> = []
  /// What a score wants to know beside the model and its run, such as words in their order.
  public var scoreOptions: @Sendable (any HeadScore.Type) throws -> ScoreOptions = { _ in
    ScoreOptions()
  }
  /// Opens another model as this one was opened; nil where that cannot be.
  public var another: (@Sendable (String) throws -> OpenModel)?
  /// Bytes that runs under changes may take together, beside the run that is looked at; nil for no limit.
  public var budget: Int?
  /// Called before a run that was not asked for by its prompt; throws where it would not fit into memory.
  public var prepare: @Sendable (Model, Prompt) throws -> Void = { _, _ in }

  /// A model and its tokenizer.
  public init(
    _ model: Model, origin: Origin, spell: @escaping @Sendable (Int) -> [UInt8]? = { _ in nil },
    tokenize: @escaping @Sendable (String) throws -> Prompt
  ) {
    self.model = model
    self.origin = origin
    self.tokenize = tokenize
    self.spell = spell
  }
}
