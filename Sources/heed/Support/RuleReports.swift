import Analysis
import Explorer
import Foundation
import Models

/// A local what-if as it is written out.
struct DriftReport {
  let model, rules: String
  let card: RuleCard
  let drifts: [RuleDrift]

  /// As JSON; undefined is null, and `undefined` says why.
  struct File: Encodable {
    struct Head: Encodable {
      let head: String
      let measures: [String: Double?]
      let emptyRows: Int
      let facts: [String: Double]
    }
    let version = 1
    let model, rule, label, scope: String
    let heads: [Head]
    let mean: [String: Double?]
    let undefined: [String: String]
  }

  var file: File {
    File(
      model: model, rule: rules, label: card.label.text, scope: RuleReach.local.rawValue,
      heads: drifts.map { drift in
        File.Head(
          head: "\(drift.head)", measures: Self.numbers { $0.value(drift) },
          emptyRows: drift.emptyRows,
          facts: Dictionary(drift.facts.map { ($0.name, $0.value) }) { first, _ in first })
      }, mean: Self.numbers { $0.mean(drifts) }, undefined: reasons)
  }

  private static func numbers(_ value: (DriftMeasure) -> Double) -> [String: Double?] {
    Dictionary(
      uniqueKeysWithValues: DriftMeasure.allCases.map { measure in
        let number = value(measure)
        return (measure.rawValue, number.isFinite ? number : nil)
      })
  }

  /// Why measures are undefined, each once.
  private var reasons: [String: String] {
    var reasons: [String: String] = [:]
    for measure in DriftMeasure.allCases {
      reasons[measure.rawValue] = drifts.compactMap { measure.reason($0, card) }.first
    }
    return reasons
  }

  var text: String {
    var table = TextTable(["head"] + DriftMeasure.allCases.map(\.rawValue), leading: [0])
    func cells(_ value: (DriftMeasure) -> Double) -> [String] {
      DriftMeasure.allCases.map { Cell.number(value($0)) }
    }
    for drift in drifts { table.add(["\(drift.head)"] + cells { $0.value(drift) }) }
    if drifts.count > 1 { table.add(["mean"] + cells { $0.mean(drifts) }) }
    var text = "rule \(rules), local: inputs frozen\n\(card.label.text)\n\n" + table.text
    for (measure, reason) in reasons.sorted(by: { $0.key < $1.key }) {
      text += "\(measure): undefined where ·: \(reason)\n"
    }
    let empty = drifts.reduce(0) { $0 + $1.emptyRows }
    if empty > 0 { text += "rows without any weight: \(empty)\n" }
    if drifts.count == 1 {
      for fact in drifts[0].facts { text += "\(fact.name): \(Cell.count(fact.value))\n" }
    }
    return text
  }
}

/// A propagated what-if as it is written out.
struct EffectReport {
  let model, rules: String
  let card: RuleCard
  let without: [String]
  let prompt: Prompt
  let effect: RuleEffect
  /// Whether what is predicted is a class of the whole prompt.
  let isOfClasses: Bool
  /// The text of a token id, or the name of a class.
  let spelling: (Int) -> String

  /// As JSON; undefined is null.
  struct File: Encodable {
    struct Change: Encodable {
      let index: Int
      let piece, before, after: String
    }
    let version = 1
    let model, rule, label, scope: String
    let without: [String]
    let lossBefore, lossAfter, lossChange: Double?
    let tokenLossChanges: [Double]
    let topChanged: Double
    let accuracyBefore, accuracyAfter: Double?
    let klMean, klMax: Double?
    let firstChange: Change?

    enum CodingKeys: CodingKey {
      case version, model, rule, label, scope, without, lossBefore, lossAfter, lossChange
      case tokenLossChanges, topChanged, accuracyBefore, accuracyAfter, klMean, klMax, firstChange
    }

    /// What is undefined is there, as null.
    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(version, forKey: .version)
      try container.encode(model, forKey: .model)
      try container.encode(rule, forKey: .rule)
      try container.encode(label, forKey: .label)
      try container.encode(scope, forKey: .scope)
      try container.encode(without, forKey: .without)
      try container.encode(lossBefore, forKey: .lossBefore)
      try container.encode(lossAfter, forKey: .lossAfter)
      try container.encode(lossChange, forKey: .lossChange)
      try container.encode(tokenLossChanges, forKey: .tokenLossChanges)
      try container.encode(topChanged, forKey: .topChanged)
      try container.encode(accuracyBefore, forKey: .accuracyBefore)
      try container.encode(accuracyAfter, forKey: .accuracyAfter)
      try container.encode(klMean, forKey: .klMean)
      try container.encode(klMax, forKey: .klMax)
      try container.encode(firstChange, forKey: .firstChange)
    }
  }

  private func defined(_ number: Double) -> Double? { number.isFinite ? number : nil }

  var file: File {
    File(
      model: model, rule: rules, label: card.label.text, scope: RuleReach.propagated.rawValue,
      without: without, lossBefore: defined(effect.lossBefore),
      lossAfter: defined(effect.lossAfter), lossChange: defined(effect.lossChange),
      tokenLossChanges: zip(effect.lossesAfter, effect.lossesBefore).map(-),
      topChanged: effect.changedShare, accuracyBefore: defined(effect.accuracyBefore),
      accuracyAfter: defined(effect.accuracyAfter), klMean: defined(effect.divergence),
      klMax: effect.divergences.max(),
      firstChange: effect.changes.first.map { change in
        File.Change(
          index: change.position,
          piece: isOfClasses ? "" : prompt.tokens[change.position].piece,
          before: spelling(change.before), after: spelling(change.after))
      })
  }

  var text: String {
    func shown(_ text: String) -> String { TokenText.exact(Array(text.utf8), charset: .half) }
    var lines = ["rule \(rules), propagated: the model run under it", card.label.text]
    if !without.isEmpty {
      lines.append("without \(without.joined(separator: ", "))")
    }
    if isOfClasses { return (lines + [""] + ofClass(shown)).joined(separator: "\n") + "\n" }
    lines += [
      "",
      "loss: \(Cell.number(effect.lossBefore)) before, \(Cell.number(effect.lossAfter)) under the rule,"
        + " \(Cell.signed(effect.lossChange)) nats per token",
      "most probable token right: \(Cell.percent(effect.accuracyBefore)) before,"
        + " \(Cell.percent(effect.accuracyAfter)) under the rule",
      "most probable token changed: \(Cell.percent(effect.changedShare)) of predictions",
      "KL of the logits: \(Cell.number(effect.divergence)) nats on average,"
        + " \(Cell.number(effect.divergences.max() ?? .nan)) at most",
    ]
    if let change = effect.changes.first {
      lines.append(
        "first to change: after token \(change.position) \(prompt.tokens[change.position].piece),"
          + " \(shown(spelling(change.before))) becomes \(shown(spelling(change.after)))")
    } else {
      lines.append("first to change: none")
    }
    if effect.lossesBefore.isEmpty {
      lines.append("loss is undefined: nothing is predicted from what stands before")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// What a classifier makes of the whole prompt.
  private func ofClass(_ shown: (String) -> String) -> [String] {
    [
      effect.changes.first.map { change in
        "class: \(shown(spelling(change.before))) becomes \(shown(spelling(change.after)))"
      } ?? "class: the same",
      "KL of the class probabilities: \(Cell.number(effect.divergence)) nats",
    ]
  }
}

/// Numbers in tables for people.
enum Cell {
  /// A count as it is, anything else as a number.
  static func count(_ value: Double) -> String {
    value == value.rounded() ? String(format: "%.0f", value) : number(value)
  }
  static func number(_ value: Double) -> String {
    value.isNaN
      ? "·" : String(format: value == value.rounded() && abs(value) >= 10 ? "%.0f" : "%.4f", value)
  }
  static func signed(_ value: Double) -> String {
    value.isNaN ? "·" : String(format: "%+.4f", value)
  }
  static func percent(_ share: Double) -> String {
    share.isNaN ? "·" : String(format: "%.1f %%", share * 100)
  }
}
