import Analysis
import Explorer
import Foundation
import Models
import Tokenizers

/// Scores as they are written out.
struct ScoreReport {
  /// The model's name.
  let model: String
  /// The prompt's tokens; none without a prompt.
  let tokens: [Token]
  /// The scores.
  let results: [ScoreResult]
  /// The same scores of the untrained model; none without a control.
  var control: [ScoreResult] = []
  /// The rule that was in force; nil for the model's own.
  var rule: String?

  private struct File: Encodable {
    struct Score: Encodable {
      let unit: String
      /// Undefined is null, and `undefined` or `reason` say why.
      let values: [[Double?]]
      let reason: String?
      let undefined: [String: String]?
      /// Of the untrained model, and how much the score is above that.
      let control, difference: [[Double?]]?
    }
    let version = 1
    let model: String
    let tokens: [String]
    /// Left out for the model's own.
    let rule: String?
    let scores: [String: Score]
  }

  /// Writes the scores.
  ///
  /// Formats that have no place for a reason leave it to a warning.
  func write(to sink: Output, _ format: Scores.Format) throws {
    switch format {
    case .json: try sink.write(json: file)
    case .csv, .tsv:
      warn()
      try sink.write(SeparatedTable.text(rows, format: format == .csv ? .csv : .tsv))
    case .npy:
      warn()
      guard let table = results.first?.table else { return }
      try sink.write { write in
        try write(NPYHeader.bytes(shape: [table.layers, table.heads], type: "<f8")[...])
        try table.values.withUnsafeBytes { try write(Array($0)[...]) }
      }
    case .text:
      let head = rule.map { "\($0)\n\n" } ?? ""
      try sink.write(head + results.map(text).joined(separator: "\n"))
    }
  }

  private func warn() {
    if let rule { Console.note(rule) }
    for result in results {
      if let reason = result.reason { Console.warning("\(result.name): \(reason)") }
    }
    for (head, reason) in broken { Console.warning("\(head): \(reason)") }
  }

  /// Heads without a score, each once.
  private var broken: [(HeadIndex, String)] {
    var all: [HeadIndex: String] = [:]
    for result in results { all.merge(result.undefined) { first, _ in first } }
    return all.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  private func numbers(_ table: HeadTable) -> [[Double?]] {
    table.rows.map { $0.map { $0.isFinite ? $0 : nil } }
  }

  /// The untrained model's table of a score; nil without a control.
  private func controlled(_ result: ScoreResult) -> HeadTable? {
    control.first { $0.name == result.name }?.table
  }

  private func difference(_ result: ScoreResult) -> HeadTable? {
    controlled(result).map { result.table.difference(from: $0) }
  }

  private var file: File {
    let scores = results.map { result in
      let undefined = result.undefined.map { ("\($0)", $1) }
      return (
        result.name,
        File.Score(
          unit: result.score.unit, values: numbers(result.table), reason: result.reason,
          undefined: undefined.isEmpty ? nil : Dictionary(undefined) { first, _ in first },
          control: controlled(result).map(numbers), difference: difference(result).map(numbers))
      )
    }
    return File(
      model: model, tokens: tokens.map(\.piece), rule: rule,
      scores: Dictionary(scores) { first, _ in first })
  }

  /// A heading, then one row for each head.
  private var rows: [[String]] {
    let columns = results.flatMap { result in
      [(result.name, result.table)]
        + (controlled(result).map { [("\(result.name)-control", $0)] } ?? [])
        + (difference(result).map { [("\(result.name)-difference", $0)] } ?? [])
    }
    guard let heads = columns.first?.1.indices else { return [] }
    return [["layer", "head"] + columns.map(\.0)]
      + heads.map { head in
        ["\(head.layer)", "\(head.head)"]
          + columns.map { $0.1[head].isFinite ? "\($0.1[head])" : "" }
      }
  }

  private func text(_ result: ScoreResult) -> String {
    let heading = "\(result.name) [\(result.score.unit)]"
    if let reason = result.reason { return "\(heading)  ·  \(reason)\n" }
    let notes = result.undefined.sorted { $0.key < $1.key }.map { "\($0): \($1)\n" }
    let control = controlled(result).map { text("\(result.name) untrained", $0) } ?? ""
    let difference = difference(result).map { text("\(result.name) difference", $0) } ?? ""
    return text(heading, result.table) + notes.joined() + control + difference
  }

  private func text(_ heading: String, _ table: HeadTable) -> String {
    var text = TextTable([heading] + (0..<table.heads).map { "H\($0)" })
    for (layer, row) in table.rows.enumerated() {
      text.add(["L\(layer)"] + row.map { $0.isFinite ? String(format: "%.3f", $0) : "·" })
    }
    return text.text
  }
}

/// The list of all scores.
enum ScoreCatalogue {
  static var text: String {
    var table = TextTable(
      ["score", "unit", "range", "needs", "formula", "source"], leading: [0, 1, 2, 3, 4, 5])
    for score in HeadScores.all {
      table.add([
        score.name, score.unit, range(score), needs(score), score.formula,
        "\(score.source) [\(score.evidence.rawValue)]"
          + (score.follows.map { "; follows \($0)" } ?? ""),
      ])
    }
    let tags = Evidence.allCases.map { "[\($0.rawValue)] \($0.description)" }
    return table.text + "\n" + tags.joined(separator: ", ") + "\n"
  }

  private static func range(_ score: any HeadScore.Type) -> String {
    func end(_ value: Double?) -> String { value.map { String(format: "%g", $0) } ?? "" }
    // A bound that moves with the prompt has no number here.
    let (short, long) = (score.highest(seq: 10), score.highest(seq: 1000))
    return "\(end(score.lowest))…\(short == long ? end(long) : "")"
  }

  private static func needs(_ score: any HeadScore.Type) -> String {
    ScoreNeed.allCases.filter(score.needs.contains).map(\.rawValue).joined(separator: "+")
  }
}
