import Analysis
import Foundation
import Models

/// What the prune view looks at.
public struct PruneState: Sendable {
  /// By what heads are ranked.
  var measure = "michel"
  /// Whether what is left is scored again after every step.
  var recomputes = false
  /// The place on the curve.
  var place = 0
  /// The curve that is drawn: the last one that was worked out.
  var curve: PruneCurve? {
    didSet { place = place.clamped(to: 0...max(0, (curve?.points.count ?? 1) - 1)) }
  }

  /// The usual measure, and no curve.
  init() {}

  /// The same wishes without a curve, for another run.
  var fresh: PruneState {
    var state = self
    state.curve = nil
    return state
  }

  /// The place on the curve; nil without one.
  var point: Pruning.Point? {
    guard let curve, curve.points.indices.contains(place) else { return nil }
    return curve.points[place]
  }
}

extension ExplorerState {
  /// What the prune view wants to know.
  var pruneRequest: PruneRequest {
    PruneRequest(pruning.measure, recomputes: pruning.recomputes, prompts: promptFile)
  }

  /// Ranks heads by another measure; what is drawn stays until that is worked out.
  mutating func prune(by measure: String, recomputes: Bool) {
    (pruning.measure, pruning.recomputes) = (measure, recomputes)
    open(PruneView.name)
    let question = Question(.pruning(pruneRequest))
    if answers.refusal(question) != nil { answers.forget(question) }
    if case .pruning(let curve)? = answers.known(question) { pruning.curve = curve }
  }

  /// The heads that a mask file is written of: in the prune view those that are gone at the cursor, elsewhere
  /// those that are knocked out.
  var maskToWrite: HeadMask {
    guard view == PruneView.name, let point = pruning.point else {
      return HeadMask(removed: alteration.knockedOut[stream])
    }
    return point.mask
  }

  /// Takes the heads of a mask out; can be undone.
  mutating func take(_ mask: HeadMask, from file: String?) {
    let stream = stream
    change { $0.knockedOut[stream] = mask.removed }
    let source = file.map { " as in \($0)" } ?? ""
    say("without \(mask.removed.count) heads\(source); u undoes")
  }

  /// Takes the heads out that a file names.
  mutating func read(mask bytes: [UInt8], of file: String) {
    guard let run else { return }
    do throws(PruningError) {
      let mask = try HeadMask(
        Data(bytes), file: file, layers: run.patterns.layers, heads: run.patterns.heads)
      take(mask, from: file)
    } catch {
      fail(error.description)
    }
  }

  /// What importance the list to choose from offers.
  var measureChooser: Chooser {
    let names = [
      "michel", "bertology", "taylor", "gate-gradient", "ablation-loss", "ablation-mean", "js",
      "keep-only",
    ]
    let first = names.compactMap { HeadScores.named($0) }
    let rest = HeadScores.all.filter { score in !names.contains(score.name) }
    let scores = (first + rest).map { score in
      Chooser.Item(name: score.name, help: score.title, command: "prune \(score.name)")
    }
    let greedy = Chooser.Item(
      name: PruneRequest.greedy, help: "One head at a time, the one that is missed least",
      command: "prune greedy")
    return Chooser(
      title: "Lowest out first, by", items: [greedy] + scores, current: pruning.measure)
  }
}
