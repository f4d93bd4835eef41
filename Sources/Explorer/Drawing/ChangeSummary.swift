import Models

extension Drawing {
  /// What a change of the model comes to, in a few lines: the loss, the next token, the maps that moved most.
  ///
  /// Nothing where nothing is changed.
  var changeLines: [(text: String, role: Role)] {
    guard let what = state.alteration.text else { return [] }
    let waiting = state.answers.refusal(state.ask(.outcome)) ?? "running"
    guard let after = state.outcome(state.alteration) else {
      return [(what, .title), (waiting, .dimmed)]
    }
    var lines: [(text: String, role: Role)] = [(what, .title)]
    if state.alteration.isLocal {
      lines.append(("local: no other map moves", .dimmed))
    } else if let before = state.outcome(Alteration()), let old = before.predictions,
      let new = after.predictions
    {
      if !new.losses.isEmpty {
        lines.append(
          (
            "loss \(old.loss.visible(3)) to \(new.loss.visible(3)), \((new.loss - old.loss).change)",
            .strongest
          ))
      }
      if let first = old.best.last, let second = new.best.last {
        let (a, b) = (guess(before, first.id), guess(after, second.id))
        let isNext = state.run.map { $0.patterns.isCausal || $0.streams.count > 1 } ?? true
        let what = new.isOfClasses ? "class" : isNext ? "next" : "in the last place"
        lines.append(
          (
            "\(what) \(a) \(first.probability.fixed(2)) to \(b) \(second.probability.fixed(2))",
            .plain
          )
        )
      }
    }
    let moved = after.drift?.largest(6) ?? []
    if !moved.isEmpty { lines.append(("maps that moved most:", .label)) }
    for pair in stride(from: 0, to: moved.count, by: 2) {
      let names = moved[pair..<min(moved.count, pair + 2)].map {
        "\($0.head) \($0.value.fixed(3))"
      }
      lines.append(("  " + names.joined(separator: "  "), .plain))
    }
    lines.append(("p predictions, d compares maps", .dimmed))
    return lines
  }

  private func guess(_ outcome: Outcome, _ id: Int) -> String {
    outcome.spelling[id].map { TokenText.shown($0, charset: appearance.charset) } ?? "<\(id)>"
  }
}
