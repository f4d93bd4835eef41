import Models
import Tensors

/// A score that is read from repeated random tokens.
///
/// A map score that is one, too, is read from the prompt unless a probe is asked for.
public protocol RepeatScore: HeadScore {
  /// How often the random tokens stand in the prompt.
  static var copies: Int { get }

  /// The score of one head.
  ///
  /// - Parameters:
  ///   - map: Of the probe; `duplicate` and `induction` follow positions, not chance repeats.
  ///   - length: How many random tokens were repeated.
  ///   - prefix: How many tokens stand before them.
  static func value(_ map: MapStatistics, length: Int, prefix: Int) -> Double
}

extension RepeatScore {
  /// Once, and again.
  public static var copies: Int { 2 }

  /// From a run of its own; `HeadScores.results` lets all such scores share one.
  public static func table<Element: Scalar>(_ input: ScoreInput<Element>) throws -> HeadTable {
    try RepeatRun.tables([self], copies: copies, input)[0]
  }
}

extension MapScore where Self: RepeatScore {
  /// From the probe, or without one from the prompt.
  public static func table<Element: Scalar>(_ input: ScoreInput<Element>) throws -> HeadTable {
    try HeadScores.results([self], of: input)[0].table
  }
}

/// Repeated random tokens, run once for all scores that are read from as many copies.
enum RepeatRun {
  /// The tables of the given scores, averaged over the probe's prompts.
  ///
  /// - Parameter scores: All of `copies` copies.
  static func tables<Element: Scalar>(
    _ scores: [any RepeatScore.Type], copies: Int, _ input: ScoreInput<Element>
  ) throws -> [HeadTable] {
    let plan = input.model.plan
    let prefix = input.prefix
    let probe = (input.options.probe ?? RepeatProbe(length: 50)).fitting(
      plan.contextLength, prefix: prefix.count, copies: copies)
    var sums = scores.map { _ in
      HeadTable(repeating: 0, layers: plan.layers, heads: plan.heads)
    }
    let prompts = probe.prompts(
      prefix: prefix, vocabularySize: plan.vocabularySize, copies: copies)
    for ids in prompts {
      let trace = try input.model.run(Prompt(ids: ids), as: Element.self) { progress in
        try input.onProgress(Double(progress.done) / Double(progress.total))
      }
      // Equal positions of the copies have equal labels; two equal random tokens do not.
      let labels = ids.indices.map { position in
        position < prefix.count ? -1 - position : (position - prefix.count) % probe.length
      }
      let heads = try MapStatistics.reduce(trace, ids: labels, onProgress: input.onProgress) {
        _, map in
        scores.map { score in
          map.brokenRows > 0
            ? .nan : score.value(map, length: probe.length, prefix: prefix.count)
        }
      }
      for index in scores.indices {
        let values = heads.flatMap { $0.map { $0[index] } }
        for head in values.indices { sums[index].values[head] += values[head] }
      }
    }
    for index in scores.indices {
      for head in sums[index].values.indices {
        sums[index].values[head] /= Double(prompts.count)
      }
    }
    return sums
  }
}
