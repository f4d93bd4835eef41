import Analysis
import ArgumentParser

/// What a user may set about scores.
struct ScoreSettings: ParsableArguments {
  @Option(help: "Random tokens repeated, for induction and its like: repeat:N[,SEED[,PROMPTS]]")
  var probe: String?

  @Option(help: "From which share on a key counts as a sink")
  var epsilon = 0.3

  @Option(help: "From which share on a key is a later sink: a number, or 5/n for five times 1/n")
  var laterSinks = "0.1"

  @Flag(help: "Detectors leave key 0 out")
  var excludeFirst = false

  @Flag(help: "Detectors leave each query's own key out")
  var excludeSelf = false

  func validate() throws {
    if let probe, RepeatProbe(probe) == nil {
      throw ValidationError("--probe takes repeat:N, repeat:N,SEED or repeat:N,SEED,PROMPTS.")
    }
    if !(epsilon > 0 && epsilon < 1) {
      throw ValidationError("--epsilon takes a number between 0 and 1.")
    }
    if threshold == nil {
      throw ValidationError("--later-sinks takes a number above 0, or one before /n, such as 5/n.")
    }
  }

  /// The options of the analysis.
  func options() -> ScoreOptions {
    var options = ScoreOptions()
    options.probe = probe.flatMap(RepeatProbe.init)
    options.epsilon = epsilon
    if let threshold { options.laterSinks = threshold }
    options.excludesFirst = excludeFirst
    options.excludesSelf = excludeSelf
    return options
  }

  private var threshold: ScoreOptions.LaterSinks? {
    let isRelative = laterSinks.hasSuffix("/n")
    guard let number = Double(isRelative ? String(laterSinks.dropLast(2)) : laterSinks),
      number > 0, number.isFinite
    else { return nil }
    return isRelative ? .perToken(number) : .above(number)
  }
}
