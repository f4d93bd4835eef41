import Analysis
import Models
import Tensors

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

/// What comes before work on a prompt: throws where it would not fit into memory; gives the file that is to hold
/// what a run keeps, nil for memory.
public typealias Preparation = @Sendable (Model, Prompt, PlannedWork) throws -> KeptFile?

/// Work that is about to be done on a prompt.
public struct PlannedWork: Sendable {
  /// What is done.
  public let works: [MemoryPlan.Work]
  /// Bytes that runs hold already.
  public let held: Int
  /// Bytes of them that the run holds which the work is done on; 0 where it is yet to be made.
  public let base: Int
  /// Whether it begins with a run that can keep what it makes in a file.
  public let isFiled: Bool

  /// Work beside what runs hold.
  public init(
    _ works: [MemoryPlan.Work] = [.scores], holding held: Int, base: Int = 0, isFiled: Bool = true
  ) {
    (self.works, self.held, self.base, self.isFiled) = (works, held, base, isFiled)
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
  /// The prompts of a file, and what is right on each of them.
  public var examples: @Sendable (_ file: String, ScoreOptions) throws -> [Example] = { file, _ in
    throw ExplorerError.refused(command: "prune", why: "\(file) cannot be read here")
  }
  /// Opens another model as this one was opened; nil where that cannot be.
  public var another: (@Sendable (String) throws -> OpenModel)?
  /// The same model with another image or sound beside every text, as far as it takes one; nil where it is the
  /// same for all.
  public var beside: (@Sendable (Origin.Option?) throws -> OpenModel)?
  /// Called before a run on the thread that will do it.
  public var prepare: Preparation = { _, _, _ in nil }

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
