import Models
import Tensors

/// A gate on each key/value head between all keys and a sink with a window: near 1 the head needs all keys, near
/// 0 the window does.
///
/// `α · full + (1 − α) · streaming`, α from 1 on, learned so that the last hidden states of passkeys keep what
/// they were: mean of (h − h')² + 0.05 · mean |α|, α cut to 0...1 after every step, rate 0.02 with warm-up and decay
/// over a fifth of the steps each and a floor of a tenth. The prompts are heed's own: random tokens with a passkey of
/// random tokens among them and again at the end, where it is looked at. 200 steps, 128 tokens, sink 4 and window 16
/// unless --learn says otherwise; the authors take 2000 steps, up to 32000 tokens, and 128 + 256.
enum DuoLearnedScore: LearnedScore {
  static let name = "duo-learned"
  static let title = "DuoAttention gate, learned"
  static let formula = "α of α · full + (1 − α) · streaming, learned on synthetic passkeys"
  static let unit = "1"
  static let lowest: Double? = 0
  static func highest(seq: Int) -> Double? { 1 }
  static let source = "Xiao et al. 2024; mit-han-lab/duo-attention train.py"
  static let evidence = Evidence.verified
  static let follows: String? = "code, with other prompts: random tokens instead of books"
  static let needs: Set<ScoreNeed> = [.probe]

  static func obstacle(_ facts: ScoreFacts) -> String? {
    if !facts.plan.isCausal {
      return "streaming keeps the most recent keys, and this model sees later ones"
    }
    if facts.plan.encoder != nil { return "the passkeys are texts for one stack alone" }
    return facts.plan.vocabularySize < 4 ? "the vocabulary is too small for passkeys" : nil
  }

  static func learner(_ work: LearningWork) throws -> any Learner { try DuoLearner(work) }

  static func table<Element: Scalar>(_ input: ScoreInput<Element>) throws -> HeadTable {
    try learn(
      LearningWork(
        model: input.model, examples: [(Prompt(ids: input.prefix), input.options)],
        stream: .decoder, plan: input.model.plan, always: []), onProgress: input.onProgress)
  }
}

private struct DuoLearner: Learner {
  private let work: LearningWork
  private let passkeys: [(trace: Trace<Float>, labels: [Int])]
  private let penalty, rate: Double
  private var gates: [Double]
  private var adam: Adam
  let steps: Int
  var round: Int { passkeys.count }

  init(_ work: LearningWork) throws {
    self.work = work
    let (plan, settings) = (work.model.plan, work.settings)
    (penalty, rate) = (settings.penalty ?? 0.05, settings.rate ?? 0.02)
    steps = settings.steps ?? 200
    var generator = SeededGenerator(seed: settings.seed)
    let length = min(settings.length, plan.contextLength)
    let prefix = Array((work.examples.first?.prompt.ids ?? []).prefix(1))
    passkeys = try (0..<8).map { _ in
      let key = max(2, length / 8)
      func random(_ count: Int) -> [Int] {
        (0..<max(0, count)).map { _ in
          Int.random(in: 1..<plan.vocabularySize, using: &generator)
        }
      }
      let secret = random(key)
      let hay = random(length - prefix.count - 2 * key)
      let depth = Int.random(in: 0...hay.count, using: &generator)
      let ids = prefix + hay[..<depth] + secret + hay[depth...] + secret
      let trace = try work.model.run(Prompt(ids: Array(ids)), as: Float.self)
      return (trace, Array(ids.count - key..<ids.count))
    }
    gates = Array(repeating: 1, count: plan.layers * plan.kvHeads)
    adam = Adam(count: gates.count)
  }

  mutating func step(_ index: Int) throws -> Double {
    let (plan, settings) = (work.model.plan, work.settings)
    let (full, labels) = passkeys[index % round]
    let changes = try plan.allHeads.map { head in
      try Intervention.blend(
        head, share: gates[place(head)], sink: settings.sink, recent: settings.recent)
    }
    let mixed = try work.model.run(full.prompt, interventions: changes, reusing: full)
    let gradients = try work.model.gradients(ofDistanceAt: labels, from: full, mixed)
    let all = mixed.unscaled
    let spec = try RuleSpec(
      parsing: "streaming:sink=\(settings.sink),recent=\(settings.recent)")
    let streaming = mixed.freezing(
      try work.model.interventions(RulePlan(spec, in: plan.allHeads), on: mixed))
    var slopes = gates.map { penalty * ($0 > 0 ? 1 : 0) / Double(gates.count) }
    for head in plan.allHeads {
      let slope = gradients.weightedValues(head)
      let difference =
        OneDNNKernels.dots(all.weightedValues(head), slope).reduce(0, +)
        - OneDNNKernels.dots(streaming.weightedValues(head), slope).reduce(0, +)
      slopes[place(head)] += difference
    }
    let loss = gradients.value + penalty * gates.reduce(0, +) / Double(gates.count)
    adam.step(&gates, gradient: slopes, rate: rate * schedule(index))
    for i in gates.indices { gates[i] = min(max(gates[i], 0), 1) }
    return loss
  }

  /// Up over the first fifth of the steps, down to a tenth over the last.
  private func schedule(_ index: Int) -> Double {
    let fifth = max(1, Double(steps) / 5)
    let left = Double(steps - index)
    return min(1, Double(index + 1) / fifth, max(0.1, left / fifth))
  }

  private func place(_ head: HeadIndex) -> Int {
    let attention = work.model.plan.blocks[head.layer].attention
    return head.layer * work.model.plan.kvHeads + attention.kvHead(of: head.head)
  }

  var table: HeadTable {
    let plan = work.model.plan
    return HeadTable(plan, plan.allHeads.map { gates[place($0)] })
  }
}
