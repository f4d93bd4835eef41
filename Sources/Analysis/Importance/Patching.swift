import Models
import Tensors

/// A clean prompt and a corrupted one, and by how much single heads bring the clean answer back.
///
/// Source: Meng et al. 2022, "Locating and Editing Factual Associations in GPT"; Nanda 2023, "Attribution
/// patching".
struct Patching<Element: Scalar> {
  /// The logit of the answer less that of the other one, after the prompt.
  let metric: Objective
  /// The two runs of all parts.
  let clean, corrupted: Trace<Element>
  private let input: ScoreInput<Element>
  private var model: Model { input.model }
  private let atClean, atCorrupted: Double

  init(_ input: ScoreInput<Element>) throws {
    self.input = input
    clean = try input.whole()
    guard var prompt = input.options.corrupt, let target = input.options.target else {
      throw ModelError.promptEmpty
    }
    // Both are asked about the same answer so far.
    if prompt.decoder.isEmpty { prompt.decoder = clean.wholePrompt.decoder }
    corrupted = try input.model.run(prompt, as: Element.self)
    let last = clean.seq - 1
    metric =
      target.against.map { .logitDifference(position: last, target.id, minus: $0) }
      ?? .logit(.init(position: last, id: target.id))
    let model = input.model
    atClean = try model.outcomes(of: [[]], by: metric, base: clean)[0].value
    atCorrupted = try model.outcomes(of: [[]], by: metric, base: corrupted)[0].value
  }

  /// The share of what corruption took that comes back when a head's weighted values of the clean run stand in
  /// the corrupted one: 0 for nothing, 1 for all.
  func activation(_ onProgress: (Double) throws -> Void) throws -> HeadTable {
    let source = try input.trace()
    let variants = input.plan.allHeads.map { [Intervention.resample($0, from: source)] }
    let outcomes = try model.outcomes(
      of: variants, in: input.stream, by: metric, base: corrupted, onProgress: onProgress)
    return table(outcomes.map { $0.value - atCorrupted })
  }

  /// The first-order estimate of the same, from one backward pass of the corrupted run.
  func attribution() throws -> HeadTable {
    let gradients = try model.gradients(of: metric, corrupted)
    guard let own = gradients.stream(input.stream) else { return input.undefined }
    return table(AttributionPatching.values(own, from: try input.trace()))
  }

  private func table(_ changes: [Double]) -> HeadTable {
    let whole = atClean - atCorrupted
    return input.table(changes.map { whole == 0 ? .nan : $0 / whole })
  }
}

extension ScoreFacts {
  /// There are no two prompts to patch between, or nothing to measure by.
  var patchingObstacle: String? {
    if let obstacle = outputObstacle { return obstacle }
    guard outputIsCausal else {
      return "the answer is the next token, which this model does not predict"
    }
    guard let corrupt else { return "give the corrupted prompt with --corrupt" }
    let count = asked?.seq ?? 0
    if corrupt.seq != count {
      return "the corrupted prompt has \(corrupt.seq) tokens, the prompt \(count): make them equal"
    }
    return hasTarget ? nil : "name the answer with --target, and the other one with --against"
  }
}
