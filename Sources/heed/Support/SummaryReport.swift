import Analysis
import Explorer
import Foundation
import Models

/// Scores over many prompts as they are written out.
struct SummaryReport {
  /// How far the work got: everything that is needed to go on with it.
  struct State: Codable {
    /// What the numbers are of; a state of something else is not gone on with.
    let model, prompts, settings: String
    /// The rule in force; nil for the model's own.
    let rule: String?
    /// Prompts done, and prompts in all.
    var done: Int
    let total: Int
    var summaries: [ScoreSummary]
    /// Of the untrained model; nil without a control.
    var control: [ScoreSummary]?
    /// For each score that some prompt does not have, why, and how many prompts.
    var reasons: [String: [String: Int]]
  }

  let state: State
  let scores: [any HeadScore.Type]

  private var isPartial: Bool { state.done < state.total }

  private func unit(_ summary: ScoreSummary) -> String {
    let name = summary.name.split(separator: ":").first.map(String.init) ?? summary.name
    return scores.first { $0.name == name }?.unit ?? ""
  }

  private struct File: Encodable {
    struct Rank: Encodable {
      let layer, head: Int
      let mean, low, high: Double
      /// The ranks it may have, from 1.
      let ranks: [Int]
    }
    struct Score: Encodable {
      let unit: String
      let mean, deviation, minimum, maximum: [[Double?]]
      let tags: [String: [[Double?]]]
      /// The untrained model's means, and how much the trained one's are above them.
      let control, difference: [[Double?]]?
      let ranked: [Rank]
      let reasons: [String: Int]?
    }
    let version = 1
    let model: String
    /// Left out for the model's own.
    let rule: String?
    let prompts, done: Int
    let partial: Bool
    let scores: [String: Score]
  }

  /// The untrained model's means; nil without a control.
  private func control(_ summary: ScoreSummary) -> HeadTable? {
    state.control?.first { $0.name == summary.name }?.all.mean
  }

  private func difference(_ summary: ScoreSummary) -> HeadTable? {
    control(summary).map { summary.all.mean.difference(from: $0) }
  }

  private func rows(_ table: HeadTable) -> [[Double?]] {
    table.rows.map { $0.map { $0.isFinite ? $0 : nil } }
  }

  private var file: File {
    let scores = state.summaries.map { summary in
      (
        summary.name,
        File.Score(
          unit: unit(summary), mean: rows(summary.all.mean),
          deviation: rows(summary.all.deviation), minimum: rows(summary.all.minimum),
          maximum: rows(summary.all.maximum), tags: summary.tags.mapValues { rows($0.mean) },
          control: control(summary).map(rows), difference: difference(summary).map(rows),
          ranked: summary.ranked.map {
            File.Rank(
              layer: $0.head.layer, head: $0.head.head, mean: $0.mean, low: $0.low,
              high: $0.high, ranks: [$0.ranks.lowerBound, $0.ranks.upperBound])
          }, reasons: state.reasons[summary.name])
      )
    }
    return File(
      model: state.model, rule: state.rule, prompts: state.total, done: state.done,
      partial: isPartial,
      scores: Dictionary(scores) { first, _ in first })
  }

  /// Writes the summary.
  func write(to sink: Output, _ format: Scores.Format) throws {
    switch format {
    case .json: try sink.write(json: file)
    case .csv, .tsv:
      try sink.write(SeparatedTable.text(table, format: format == .csv ? .csv : .tsv))
    case .npy:
      guard let mean = state.summaries.first?.all.mean else { return }
      try sink.write { write in
        try write(NPYHeader.bytes(shape: [mean.layers, mean.heads], type: "<f8")[...])
        try mean.values.withUnsafeBytes { try write(Array($0)[...]) }
      }
    case .text: try sink.write(text)
    }
  }

  /// What a score's columns are named and hold.
  private func columns(_ summary: ScoreSummary) -> [(String, HeadTable)] {
    let name = summary.name
    var columns = [
      (name, summary.all.mean), ("\(name)-deviation", summary.all.deviation),
      ("\(name)-minimum", summary.all.minimum), ("\(name)-maximum", summary.all.maximum),
    ]
    columns += summary.tags.sorted { $0.key < $1.key }.map { ("\(name)[\($0)]", $1.mean) }
    if let control = control(summary) { columns.append(("\(name)-control", control)) }
    if let difference = difference(summary) { columns.append(("\(name)-difference", difference)) }
    return columns
  }

  /// One row for each head: mean, deviation, extremes, count, and the mean of each tag.
  private var table: [[String]] {
    let columns = state.summaries.flatMap(columns)
    guard let heads = columns.first?.1.indices else { return [] }
    return [["layer", "head"] + columns.map(\.0)]
      + heads.map { head in
        ["\(head.layer)", "\(head.head)"]
          + columns.map { $0.1[head].isFinite ? "\($0.1[head])" : "" }
      }
  }

  private var text: String {
    var text =
      "\(state.model), \(state.done) of \(state.total) prompts"
      + (isPartial ? " (partial: interrupted)" : "") + "\n"
      + (state.rule.map { "\($0)\n" } ?? "")
    for summary in state.summaries {
      let tags = summary.tags.keys.sorted()
      let (control, difference) = (control(summary), difference(summary))
      let held = control == nil ? [] : ["untrained", "difference"]
      var table = TextTable(
        ["head", "mean", "95 %", "sd", "min", "max", "rank"] + held + tags, leading: [0])
      for ranked in summary.ranked.prefix(10) {
        func number(_ table: HeadTable) -> String {
          let value = table[ranked.head]
          return value.isFinite ? String(format: "%.3f", value) : "·"
        }
        let (low, high) = (ranked.ranks.lowerBound, ranked.ranks.upperBound)
        var cells = [
          "\(ranked.head)", number(summary.all.mean),
          String(format: "±%.3f", ranked.high - ranked.mean), number(summary.all.deviation),
          number(summary.all.minimum), number(summary.all.maximum),
          low == high ? "\(low)" : "\(low)–\(high)",
        ]
        cells += [control, difference].compactMap { $0.map(number) }
        cells += tags.map { tag in summary.tags[tag].map { number($0.mean) } ?? "·" }
        table.add(cells)
      }
      text += "\n\(summary.name) [\(unit(summary))]\n" + table.text
      for (reason, count) in (state.reasons[summary.name] ?? [:]).sorted(by: { $0.key < $1.key }) {
        text += "undefined for \(count) of \(state.done): \(reason)\n"
      }
    }
    return text
  }
}
