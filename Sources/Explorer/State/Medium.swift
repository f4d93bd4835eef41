import Models

/// What a prompt can hold beside its text, or in place of one.
public enum Medium: String, Sendable, CaseIterable {
  /// An image.
  case image
  /// A sound.
  case audio

  /// The options of the command line that give one: each with the file's name.
  var options: [String] { self == .image ? ["image", "pixels"] : ["audio"] }

  /// How a file's name ends, as far as completion offers it.
  var endings: [String] {
    self == .image ? ["png", "jpg", "jpeg", "ppm", "npy"] : ["wav"]
  }

  /// The option that gives a file: an image that is prepared already is told by its ending.
  public func option(_ file: String) -> Origin.Option {
    let isPrepared = self == .image && file.lowercased().hasSuffix(".npy")
    return Origin.Option(isPrepared ? "pixels" : rawValue, file)
  }

  /// What a model can be given.
  static func taken(by plan: ModelPlan) -> Set<Medium> {
    Set((plan.takesImages ? [.image] : []) + (plan.takesSound ? [.audio] : []))
  }
}

/// What a name that is being typed could be of.
public enum Listing: Sendable, Equatable {
  /// Models, by whatever names them.
  case models
  /// Files with these endings; all of them for none.
  case files([String])
}

extension Origin {
  /// The image or the sound that a run was given.
  var medium: Option? {
    let names = Medium.allCases.flatMap(\.options)
    return options.first { names.contains($0.name) }
  }
}

extension ExplorerState {
  /// Runs the prompt beside another image or sound, so that it can be undone.
  mutating func run(beside option: Origin.Option) -> [Effect] {
    if option != medium, subject != nil { edits.note(version) }
    medium = option
    return run(prompt)
  }

  /// What could not be run is not what a rerun repeats.
  mutating func takeBackMedium() {
    if let run, !run.media.isEmpty { medium = run.origin?.medium }
  }

  /// The command that gives a run that reads no text something else to look at or to listen to; nil for any other.
  var mediumCommand: Medium? {
    guard readsNoText, let run else { return nil }
    return Medium.allCases.first { run.media.contains($0) }
  }
}
