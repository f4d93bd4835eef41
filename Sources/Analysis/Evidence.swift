/// How sure a definition is.
public enum Evidence: String, Sendable, CaseIterable {
  /// Read in the authors' code, their data or the output of their notebook.
  case verified = "V"
  /// Stated in the authors' public text.
  case text = "T"
  /// Stated by others who report the paper.
  case secondary = "S"
  /// From memory of the paper, unchecked.
  case recall = "R"

  /// A few words for people.
  public var description: String {
    switch self {
    case .verified: "the authors' code or data"
    case .text: "the authors' text"
    case .secondary: "reported by others"
    case .recall: "from memory, unchecked"
    }
  }
}

/// What a score is computed from.
public enum ScoreNeed: String, Sendable, CaseIterable {
  /// The maps of the prompt, in one streaming pass that all such scores share.
  case maps
  /// The values of the prompt's tokens.
  case values
  /// The residual stream.
  case residuals
  /// Weights of the checkpoint; no prompt.
  case weights
  /// Prompts that heed makes.
  case probe
  /// Derivatives of the loss.
  case gradients
  /// Runs without single heads.
  case ablations
}
