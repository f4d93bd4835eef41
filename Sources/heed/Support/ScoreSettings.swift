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

  @Option(help: "The token whose logit dla is of, after the prompt: its text, or #ID")
  var target: String?

  @Option(help: "The token whose logit is subtracted from the target's")
  var against: String?

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
    if hops < 0 { throw ValidationError("--hops takes a number from 0.") }
    if let like, HeadIndex(like) == nil {
      throw ValidationError("--like takes one head, such as L5.H1.")
    }
    if against != nil, target == nil { throw ValidationError("--against needs --target.") }
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
  func options(
    _ scores: [any HeadScore.Type], _ source: TokenizerSource, addSpecial: Bool
  ) throws -> ScoreOptions {
    var options = ScoreOptions()
    options.probe = probe.flatMap(RepeatProbe.init)
    options.epsilon = epsilon
    if let threshold { options.laterSinks = threshold }
    options.excludesFirst = excludeFirst
    options.excludesSelf = excludeSelf
    options.like = like.flatMap { HeadIndex($0) }
    options.hops = hops
    options.gates = try gates.map(ScoreFiles.gates)
    if let target {
      options.target = ScoreOptions.Target(
        id: try ScoreFiles.token("target", target, source),
        against: try against.map { try ScoreFiles.token("against", $0, source) })
    }
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

  private var threshold: ScoreOptions.LaterSinks? {
    let isRelative = laterSinks.hasSuffix("/n")
    guard let number = Double(isRelative ? String(laterSinks.dropLast(2)) : laterSinks),
      number > 0, number.isFinite
    else { return nil }
    return isRelative ? .perToken(number) : .above(number)
  }
}
