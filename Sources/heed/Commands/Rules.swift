import ArgumentParser
import Models

/// `heed rules`: what attention could follow instead.
struct Rules: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Attention rules, with parameters, label, evidence and source.")

  @Argument(help: "One rule, to be explained in full")
  var name: String?

  /// The formats of `heed rules`.
  enum Format: String, CaseIterable, ExpressibleByArgument {
    case text, json
  }

  @Option(help: "How to write it")
  var format = Format.text

  @OptionGroup var output: OutputOption

  private struct Report: Encodable {
    struct Rule: Encodable {
      struct Parameter: Encodable {
        let name, standard, expected, help: String
      }
      let name, title, formula, family, label, evidence, source, rowSum, sharedBy: String
      let supplied, kvFraction: String?
      let needs: [String]
      let parameters: [Parameter]
    }
    struct Native: Encodable {
      let name, title, needs, source: String
    }
    let version = 1
    let rules: [Rule]
    let nativeOnly: [Native]
  }

  func run() throws {
    let cards = try name.map { [try RuleSpec($0).card] } ?? AttentionRules.all.map { $0.card }
    switch format {
    case .json:
      try output.sink.write(
        json: Report(rules: cards.map(report), nativeOnly: name == nil ? native : []))
    case .text: try output.sink.write(name == nil ? overview(cards) : cards.map(full).joined())
    }
  }

  private var native: [Report.Native] {
    NativeOnlyRules.all.map {
      Report.Native(name: $0.name, title: $0.title, needs: $0.needs, source: $0.source)
    }
  }

  private func report(_ card: RuleCard) -> Report.Rule {
    var supplied: String?
    if case .adapted(let text) = card.label { supplied = text }
    return Report.Rule(
      name: card.name, title: card.title, formula: card.formula, family: card.family.rawValue,
      label: card.label.name, evidence: card.evidence.rawValue, source: card.source,
      rowSum: card.rows.text, sharedBy: card.scope.rawValue, supplied: supplied,
      kvFraction: card.kvFraction, needs: needs(card),
      parameters: card.parameters.map {
        .init(name: $0.name, standard: $0.standard, expected: $0.expected, help: $0.help)
      })
  }

  private func needs(_ card: RuleCard) -> [String] {
    RuleNeed.allCases.filter(card.needs.contains).map(\.rawValue)
  }

  private func overview(_ cards: [RuleCard]) -> String {
    var text = ""
    for family in RuleFamily.allCases {
      let members = cards.filter { $0.family == family }
      guard !members.isEmpty else { continue }
      var table = TextTable(
        [family.rawValue, "label", "evidence", "parameters", "needs"], leading: [0, 1, 2, 3, 4])
      for card in members {
        let settings = card.parameters.map {
          $0.standard.isEmpty ? "\($0.name)=…" : "\($0.name)=\($0.standard)"
        }
        table.add([
          card.name, card.label.name, "[\(card.evidence.rawValue)]",
          settings.joined(separator: ","), needs(card).joined(separator: ", "),
        ])
      }
      text += table.text + "\n"
    }
    var table = TextTable(["native only", "needs"], leading: [0, 1])
    for entry in NativeOnlyRules.all { table.add([entry.name, entry.needs]) }
    return text + table.text + "\n" + Self.evidence + "heed rules NAME explains one.\n"
  }

  private static let evidence = """
    [N] an independent reference reproduces the authors' code, [C] read in the authors' code, \
    [P] in somebody else's, [T] in the text, [R] recall, [–] ours

    """

  private func full(_ card: RuleCard) -> String {
    var lines = [
      "\(card.name): \(card.title)", "  \(card.formula)", "  \(card.label.text)",
      "  source: \(card.source) [\(card.evidence.rawValue)]", "  rows sum to \(card.rows.text)",
      "  the same for each \(card.scope.rawValue)",
    ]
    if let fraction = card.kvFraction { lines.append("  keys and values kept: \(fraction)") }
    if !card.needs.isEmpty { lines.append("  needs \(needs(card).joined(separator: ", "))") }
    for parameter in card.parameters {
      let standard = parameter.standard.isEmpty ? "" : " (default \(parameter.standard))"
      lines.append("  \(parameter.name)=\(parameter.expected)\(standard): \(parameter.help)")
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
