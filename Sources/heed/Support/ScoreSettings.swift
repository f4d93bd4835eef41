import Analysis
import ArgumentParser
import Models
import Tokenizers

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

  @OptionGroup var measure: MeasureSettings

  /// What importance is measured by.
  enum Metric: String, CaseIterable, ExpressibleByArgument {
    case loss, logit
  }

  @Option(help: "What importance is of: the loss, or the logit of --target less that of --against")
  var metric = Metric.loss

  @Option(help: "Needles for retrieval: lines {\"prompt\": …, \"answer\": …}", completion: .file())
  var needles: String?

  @Option(
    help: "Ordered words for successor, a class a line, separated by commas", completion: .file())
  var ordinals: String?

  @Option(help: "The head that head-distance compares all with, such as L5.H1")
  var like: String?

  @Option(help: "How far apart the patches of k-hop are")
  var hops = 1

  @Option(help: "A published full_attention_heads.tsv, for duo-gate", completion: .file())
  var gates: String?

  func validate() throws {
    if metric == .logit, measure.target == nil {
      throw ValidationError("--metric logit needs --target.")
    }
    if hops < 0 { throw ValidationError("--hops takes a number from 0.") }
    if let like, HeadIndex(like) == nil {
      throw ValidationError("--like takes one head, such as L5.H1.")
    }
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
  ///
  /// What needs a tokenizer is made only for scores that ask for it.
  ///
  /// - Parameter seq: How many tokens the output is of; nil without a prompt.
  func options(
    _ scores: [any HeadScore.Type], _ source: TokenizerSource, addSpecial: Bool, seq: Int? = nil
  ) throws -> ScoreOptions {
    var options = try measure.options(source, addSpecial: addSpecial)
    options.probe = probe.flatMap(RepeatProbe.init)
    options.epsilon = epsilon
    if let threshold { options.laterSinks = threshold }
    options.excludesFirst = excludeFirst
    options.excludesSelf = excludeSelf
    options.like = like.flatMap { HeadIndex($0) }
    options.hops = hops
    options.gates = try gates.map(ScoreFiles.gates)
    if let seq { options = measured(options, seq: seq) }
    let names = Set(scores.map { $0.name })
    if names.contains("successor") {
      let words = try ordinals.map(ScoreFiles.classes) ?? Ordinals.words
      if let tokenizer = try? source.open() {
        options.ordinals = Ordinals.ids(words) { ScoreFiles.oneToken($0, tokenizer) }
      }
    }
    if names.contains("retrieval") {
      let texts = try needles.map(ScoreFiles.needles) ?? NeedleText.generated(count: 10)
      if let tokenizer = needles == nil ? try? source.open() : try source.open() {
        options.needles = texts.compactMap {
          ScoreFiles.needle($0, tokenizer, addSpecial: addSpecial)
        }
      }
    }
    if names.contains("qr-score"), let tokenizer = try? source.open() {
      options.nullQuery = tokenizer.ids(Array(" N/A".utf8))
    }
    if !names.isDisjoint(with: ["token-induction", "concept-induction"]),
      let ids = (try? source.open())?.ids(Array("\n".utf8)), ids.count == 1
    {
      options.newline = ids[0]
    }
    return options
  }

  /// Options with what importance is of, for a prompt whose output has so many tokens.
  func measured(_ options: ScoreOptions, seq: Int) -> ScoreOptions {
    guard metric == .logit, let target = options.target else { return options }
    var options = options
    options.objective =
      target.against.map { .logitDifference(position: seq - 1, target.id, minus: $0) }
      ?? .logit(.init(position: seq - 1, id: target.id))
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

extension LearningSettings {
  /// Reads `KEY=VALUE,…`; nil for an unknown key or a value that does not fit.
  init?(_ text: String) {
    self.init()
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let pair = part.split(separator: "=", maxSplits: 1).map(String.init)
      guard pair.count == 2 else { return nil }
      let number = Double(pair[1]).flatMap { $0.isFinite && $0 >= 0 ? $0 : nil }
      let whole = Int(pair[1]).flatMap { $0 > 0 ? $0 : nil }
      switch (pair[0], number, whole) {
      case ("rate", let number?, _): rate = number
      case ("penalty", let number?, _): penalty = number
      case ("steps", _, let whole?): steps = whole
      case ("length", _, let whole?): length = max(16, whole)
      case ("recent", _, let whole?): recent = whole
      case ("sink", let number?, _) where number.rounded() == number: sink = Int(number)
      case ("seed", let number?, _) where number.rounded() == number: seed = UInt64(number)
      default: return nil
      }
    }
  }
}
