import Models

/// Which heads a rule is put into.
enum RuleTarget: String, Sendable, CaseIterable {
  /// The head under the cursor.
  case head
  /// Its layer.
  case layer
  /// The selected heads.
  case selected
  /// All heads.
  case all
}

extension ExplorerState {
  /// The heads that a rule is put into.
  var ruledHeads: [HeadIndex] { ruledHeads(ruleTarget) }

  func ruledHeads(_ target: RuleTarget) -> [HeadIndex] {
    guard let patterns = subject?.patterns else { return [] }
    switch target {
    case .head: return [head]
    case .layer: return (0..<patterns.heads).map { HeadIndex(layer: head.layer, head: $0) }
    case .selected: return selected.sorted()
    case .all: return patterns.allHeads
    }
  }

  /// Puts the chosen rule into the chosen heads; without a rule, takes all rules away.
  mutating func applyRule() {
    guard let rule else {
      // Without a rule there is no inside of one to look at.
      return change { ($0.rules, $0.reach) = ([:], .propagated) }
    }
    let heads = ruledHeads
    guard !heads.isEmpty else { return say("no head is selected; Space selects") }
    let stream = stream
    change { $0[rulesOf: stream] = RulePlan(rule, in: heads) }
  }

  /// Whether there is a rule to do something with; says so when there is none.
  mutating func hasRule() -> Bool {
    if rule == nil { say("no rule; r chooses one") }
    return rule != nil
  }

  /// Turns the chosen parameter of the rule.
  mutating func turnRule(_ steps: Int) {
    guard hasRule(), let rule else { return }
    let parameters = rule.card.parameters
    guard parameters.indices.contains(ruleParameter) else {
      return say("\(rule.name) has no parameter")
    }
    self.rule = rule.turning(parameters[ruleParameter].name, by: steps)
    applyRule()
  }

  /// All rules as a list to choose from.
  var ruleChooser: Chooser {
    let rules = AttentionRules.all.map { type in
      Chooser.Item(
        name: type.card.name, help: "\(type.card.title) (\(type.card.label.name))",
        command: "rule \(type.card.name)")
    }
    let none = Chooser.Item(name: "none", help: "the model's own rule", command: "rule none")
    return Chooser(title: "Attention rule", items: [none] + rules, current: rule?.name ?? "none")
  }
}
