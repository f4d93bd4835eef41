import Analysis
import Models

extension Drawing {
  /// What the rules in force come to, the two scopes in lines of their own: how far they move the head with its
  /// inputs frozen, and what running the model under them does to its predictions.
  var ruleFigures: [(text: String, role: Role)] {
    guard !state.alteration.rules.isEmpty else { return [] }
    return localFigures + [modelFigures]
  }

  private var localFigures: [(text: String, role: Role)] {
    let question = state.ask(.drift(state.head))
    guard case .drift(let drifts)? = state.answers.known(question) else {
      let why = state.answers.refusal(question)
      return [("\(state.head) \(why ?? "being measured")", why == nil ? .dimmed : .error)]
    }
    guard let drift = drifts.first else {
      return [("\(state.head) has no rule: t puts it into more heads", .dimmed)]
    }
    func number(_ value: Double) -> String { value.isNaN ? glyphs.undefined : value.fixed(3) }
    func changed(_ value: Double, _ before: Double) -> String {
      value.isNaN ? number(value) : "\(before.short) to \(value.short)"
    }
    return [
      (
        "\(state.head), inputs frozen: kept \(number(drift.keptMass))"
          + "  tv \(number(drift.totalVariation))  js \(number(drift.jensenShannon))"
          + "  output error \(number(drift.outputError))", .strongest
      ),
      (
        "  cosine \(number(drift.outputCosine))  density \(number(drift.density))"
          + "  kv \(number(drift.kvFraction))"
          + "  rank \(changed(drift.effectiveRank, drift.effectiveRankBefore))"
          + "  sink \(changed(drift.sinkShare, drift.sinkShareBefore))", .strongest
      ),
    ]
  }

  private var modelFigures: (text: String, role: Role) {
    guard !state.alteration.isLocal else {
      return (
        "model: not run, the reach is local; D runs it under the rule", .dimmed
      )
    }
    let question = state.ask(.effect)
    guard case .effect(let effect)? = state.answers.known(question) else {
      let why = state.answers.refusal(question)
      return ("model: \(why ?? "running")", why == nil ? .dimmed : .error)
    }
    let first = effect.changes.first.map { ", first at \($0.position)" } ?? ""
    let loss =
      effect.lossBefore.isNaN
      ? "no loss"
      : "loss \(effect.lossBefore.short) to \(effect.lossAfter.short) "
        + "(\(effect.lossChange.change))"
    let text =
      "model run: \(loss)  top-1 changed \((effect.changedShare * 100).fixed(0))%"
      + "\(first)  KL \(effect.divergence.fixed(3))"
    return (text, .strongest)
  }
}
