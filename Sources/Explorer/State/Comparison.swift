import Models

/// What the compare view lays side by side.
public enum Comparison: String, Sendable, CaseIterable {
  /// Another head and this one.
  case heads
  /// This head before and after what was changed about the model.
  case change
  /// This head on another prompt and on this one.
  case prompts
  /// This head of another model and of this one.
  case models
}

extension ExplorerState {
  /// What is compared: what was chosen, as far as there is something to compare with.
  var compared: Comparison {
    switch comparison {
    case .change? where before != nil: .change
    case .prompts? where isOtherPrompt: .prompts
    case .models? where other != nil && !isOtherPrompt: .models
    case .heads?: .heads
    default: before != nil ? .change : .heads
    }
  }

  private var isOtherPrompt: Bool {
    guard case .prompt? = other else { return false }
    return true
  }

  /// The head that this one is compared with: the first selected one, else the one before.
  var otherHead: HeadIndex {
    if let chosen = selected.sorted().first(where: { $0 != head }) { return chosen }
    guard let patterns = subject?.patterns, patterns.heads > 1 else { return head }
    let other = head.head == 0 ? 1 : head.head - 1
    return HeadIndex(layer: head.layer, head: other)
  }

  /// The question about the run to compare with; nil while two heads of one run are compared.
  var otherQuestion: Question? {
    guard [.prompts, .models].contains(compared) else { return nil }
    return other.map { ask(.other($0)) }
  }

  /// The other run, once it is there.
  var comparedRun: ComparedRun? {
    guard let other, case .other(let run)? = answers.known(ask(.other(other))) else { return nil }
    return run
  }

  /// Compares with another prompt or another model.
  mutating func compare(with run: OtherRun) -> [Effect] {
    other = run
    comparison = isOtherPrompt ? .prompts : .models
    if let otherQuestion, answers.refusal(otherQuestion) != nil { answers.forget(otherQuestion) }
    open(CompareView.name)
    see()
    return []
  }

  /// Compares what a word names; of prompts, with the one that was run before.
  mutating func compare(_ wanted: Comparison) -> [Effect] {
    open(CompareView.name)
    if wanted == .prompts, !isOtherPrompt {
      guard let text = prompts.last(where: { $0 != prompt }) else {
        say("there is no other prompt; :compare prompt TEXT runs one")
        return []
      }
      return compare(with: .prompt(text))
    }
    if wanted == .models, other == nil || isOtherPrompt { say(":compare open MODEL opens one") }
    if wanted == .change, before == nil { say("nothing is changed; x takes a head out") }
    comparison = wanted
    return []
  }

  /// Everything to compare with that is at hand.
  var otherChooser: Chooser {
    var items = [
      Chooser.Item(
        name: "another head", help: "the first selected one, or the neighbour",
        command: "compare heads"),
      Chooser.Item(
        name: "before the change", help: "what x, X and rules change", command: "compare change"),
    ]
    items += prompts.filter { $0 != prompt && !$0.isEmpty }.reversed().map {
      let line = $0.split(whereSeparator: \.isNewline).joined(separator: " ")
      return Chooser.Item(name: "prompt", help: line, command: "compare prompt \($0)")
    }
    items.append(
      Chooser.Item(
        name: "another prompt", help: "as :compare prompt TEXT", command: "compare prompt ",
        isBeginning: true))
    items.append(
      Chooser.Item(
        name: "another model", help: "as :compare open MODEL", command: "compare open ",
        isBeginning: true))
    return Chooser(title: "Compare with", items: items, current: "")
  }
}
