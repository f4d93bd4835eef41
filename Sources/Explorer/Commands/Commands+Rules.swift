import Models

extension Commands {
  private static let here = [RulesView.name]

  static let rules: [Command] = [
    Command(
      "choose-rule", keys: [.character("r")], group: .change,
      hint: .init(keys: "r", label: "rule", views: here), help: "Choose an attention rule",
      change: { state in
        state.open(RulesView.name)
        state.entry = .choice(state.ruleChooser)
        return []
      }),
    Command(
      "rule", "NAME[:K=V,..]", group: .change, help: "A rule with parameters, or none",
      candidates: { _ in ["none"] + AttentionRules.all.map { $0.card.name } },
      action: { text, state throws(ExplorerError) in
        guard state.subject != nil else { throw .nothingLoaded(command: "rule") }
        let rule: RuleSpec?
        do throws(RuleError) {
          rule = text.trimmed == "none" ? nil : try RuleSpec(parsing: text.trimmed)
        } catch {
          throw .refused(command: "rule", why: error.description)
        }
        return .change { state in
          (state.rule, state.ruleParameter) = (rule, 0)
          state.open(RulesView.name)
          state.applyRule()
          return []
        }
      }),
    Command(
      "parameter", "N", group: .change, views: here,
      help: "Choose a parameter, from 0",
      action: { text, state throws(ExplorerError) in
        let count = state.rule?.card.parameters.count ?? 0
        guard count > 0 else {
          throw .refused(command: "parameter", why: "there is no rule that has one")
        }
        let number = try number(text, "parameter", below: count)
        return .change { state in
          state.ruleParameter = number
          return []
        }
      }),
    Command(
      "turn-up", keys: [.character(">")], group: .change, views: here,
      hint: .init(keys: "< >", label: "parameter", views: []), counted: true,
      help: "More of the rule's parameter",
      change: { state in
        state.turnRule(1)
        return []
      }),
    Command(
      "turn-down", keys: [.character("<")], group: .change, views: here, counted: true,
      help: "Less of it",
      change: { state in
        state.turnRule(-1)
        return []
      }),
    Command(
      "rule-in", keys: [.character("t")], group: .change, views: here,
      hint: .init(keys: "t", label: "in", views: []), help: "Head, layer, selected or all",
      change: { state in
        guard state.hasRule() else { return [] }
        let all = RuleTarget.allCases
        state.ruleTarget = all[((all.firstIndex(of: state.ruleTarget) ?? 0) + 1) % all.count]
        state.applyRule()
        return []
      }),
    Command(
      "reach", keys: [.character("D")], group: .change, views: here,
      hint: .init(keys: "D", label: "reach", views: []), help: "Inputs frozen, or run again",
      change: { state in
        guard state.hasRule() else { return [] }
        state.change { $0.reach = $0.reach == .local ? .propagated : .local }
        return []
      }),
  ]
}
