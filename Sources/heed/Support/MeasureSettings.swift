import Analysis
import ArgumentParser
import Models
import Tokenizers

/// What a user may set about measures of importance, one prompt or many.
struct MeasureSettings: ParsableArguments {
  @Option(help: "The token whose logit dla and patching are of, after the prompt: its text, or #ID")
  var target: String?

  @Option(help: "The token whose logit is subtracted from the target's")
  var against: String?

  @Option(
    help:
      "The corrupted prompt of patching, of as many tokens: a text, or ids after #, such as #0,5,9")
  var corrupt: String?

  @Option(
    help:
      "How lofit, voita and duo-learned are learned: steps, rate, penalty, seed, length, sink, recent, as KEY=VALUE,…"
  )
  var learn: String?

  func validate() throws {
    if let learn, LearningSettings(learn) == nil {
      throw ValidationError(
        "--learn takes steps=N, rate=X, penalty=X, seed=N, length=N, sink=N and recent=N, with commas between."
      )
    }
    if against != nil, target == nil { throw ValidationError("--against needs --target.") }
  }

  /// The options of the analysis.
  func options(_ source: TokenizerSource, addSpecial: Bool) throws -> ScoreOptions {
    var options = ScoreOptions()
    if let target {
      options.target = ScoreOptions.Target(
        id: try ScoreFiles.token("target", target, source),
        against: try against.map { try ScoreFiles.token("against", $0, source) })
    }
    options.corrupt = try corrupt.map {
      try ScoreFiles.prompt("corrupt", $0, source, addSpecial: addSpecial)
    }
    if let learn, let settings = LearningSettings(learn) { options.learning = settings }
    return options
  }

  /// Refuses what a score does not read.
  ///
  /// - Throws: `Failure.settingUnread` that names the scores that do.
  func check(for score: any HeadScore.Type) throws {
    let patching = ["activation-patching", "attribution-patching"]
    for (option, isGiven, readers) in [
      ("target", target != nil, ["dla"] + patching), ("corrupt", corrupt != nil, patching),
      ("learn", learn != nil, ["lofit", "voita", "duo-learned"]),
    ] where isGiven && !readers.contains(score.name) {
      throw Failure.settingUnread(option: option, score: score.name, readers: readers)
    }
  }
}
