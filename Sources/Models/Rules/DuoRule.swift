import Checkpoints
import Foundation
import Synchronization
import Tensors

/// Some key/value heads keep everything, the others only sink and recent keys.
struct DuoRule: AttentionRule {
  private static let sink = RuleParameter.whole(
    "sink", 64, 0...(1 << 30), "first keys a streaming head keeps")
  private static let recent = RuleParameter.whole(
    "recent", 256, help: "most recent keys it keeps, the query's own included")
  private static let sparsity = RuleParameter.number(
    "sparsity", 0.5, 0...1, "share of KV heads that stream")
  private static let pattern = RuleParameter.text(
    "pattern", "full_attention_heads.tsv [layers, KV heads]; scored on the prompt when empty")

  static let card = RuleCard(
    name: "duo", title: "DuoAttention: retrieval and streaming heads",
    formula: "streaming KV heads: softmax over keys j < sink or j > i − recent; the rest unchanged",
    family: .mask, label: .asPublished, evidence: .checked,
    source:
      "Xiao et al. 2024; mit-han-lab/duo-attention; heads without a file scored as NVIDIA/kvpress does",
    parameters: [sink, recent, sparsity, pattern], needs: [.causal, .run], scope: .kvHead,
    kvFraction: "full + (1 − full) · (sink + recent) / n")

  let sink, recent: Int
  let sparsity: Double
  private let pattern: String
  /// Which KV heads stream, `[layer][KV head]`; nil before it is known.
  let streaming: [[Bool]]?

  init(_ spec: RuleSpec) throws(RuleError) {
    sink = spec.whole(Self.sink)
    recent = spec.whole(Self.recent)
    sparsity = spec.number(Self.sparsity)
    pattern = spec.text(Self.pattern)
    streaming = nil
  }

  private init(_ rule: DuoRule, streaming: [[Bool]]) {
    sink = rule.sink
    recent = rule.recent
    sparsity = rule.sparsity
    pattern = rule.pattern
    self.streaming = streaming
  }

  func calibrated<Element: Scalar>(
    _ model: Model, _ trace: Trace<Element>
  ) throws -> any AttentionRule {
    let scores =
      pattern.isEmpty
      ? DuoHeads.scores(trace)
      : try DuoHeads.read(pattern, layers: trace.plan.layers, kvHeads: trace.plan.kvHeads)
    return DuoRule(self, streaming: DuoHeads.lowest(scores, share: sparsity))
  }

  func prepare<K: Kernels>(_ head: RuleHead<K>) -> HeadRule<K.Element> {
    guard streaming?[head.layer.layer][head.kvHead] ?? true else { return .unchanged }
    return .keys(StreamingRule.mask(sink: sink, recent: recent))
  }
}

/// How full each key/value head must stay.
enum DuoHeads {
  /// A score for each KV head of a run, `[layer][KV head]`: the mean query and the mean key before rotation,
  /// repeated 500 times and rotated; the mean of the last row's running sum, over the group's query heads.
  ///
  /// High is far-reaching. Source: NVIDIA/kvpress duo_attention_press.py.
  static func scores<Element: Scalar>(_ trace: Trace<Element>, length: Int = 500) -> [[Double]] {
    var rotations: [RotaryPlan: Rotation<Element>] = [:]
    return (0..<trace.layers).map { layer in
      let (view, plan) = (trace.ruleLayer(layer), trace.plan.blocks[layer].attention)
      var rotation: Rotation<Element>?
      if case .rotary(let rotary) = plan.position {
        rotation =
          rotations[rotary] ?? Rotation(rotary, steps: Array(0..<length), seq: trace.seq)
        rotations[rotary] = rotation
      }
      let turning = rotation
      let reaches = Mutex([Double](repeating: 0, count: plan.heads))
      Parallel.forEach(plan.heads) { head in
        let found = reach(RuleHead(layer: view, head: head), turning, length: length)
        reaches.withLock { $0[head] = found }
      }
      var sums = [Double](repeating: 0, count: plan.kvHeads)
      let share = Double(plan.kvHeads) / Double(plan.heads)
      for (head, found) in reaches.withLock({ $0 }).enumerated() {
        sums[plan.kvHead(of: head)] += share * found
      }
      return sums
    }
  }

  private static func reach<K: Kernels>(
    _ head: RuleHead<K>, _ rotation: Rotation<K.Element>?, length: Int
  ) -> Double {
    /// The mean row, `[1, dHead]`.
    func mean(_ rows: Matrix<K.Element>) -> Tensor<K.Element> {
      let shares = Tensor<K.Element>(
        repeating: 1 / K.Element(rows.rows), shape: [1, rows.rows])
      var result = Tensor<K.Element>(uninitialized: [1, rows.columns])
      K.multiply(
        shares.matrix, rows, transposed: false, scale: 1, adding: false,
        into: result.mutableMatrix())
      return result
    }
    let width = head.plan.dHead
    let key = mean(head.unrotatedKeys.matrix)
    var keys = Tensor<K.Element>(uninitialized: [length, width])
    let copies = keys.mutableMatrix()
    for row in 0..<length { copies.rows(row..<row + 1).copy(from: key.matrix) }
    var last = mean(head.unrotatedQueries.matrix)
    rotation?.turn(keys.mutableMatrix(), rows: 0..<length, dHead: width, K.self)
    rotation?.turn(last.mutableMatrix(), rows: length - 1..<length, dHead: width, K.self)
    var running = 0.0
    var area = 0.0
    for weight in Rows.doubles(head.scores(of: last, keys: keys.matrix).matrix, 0).softmax {
      running += weight
      area += running
    }
    return area / Double(length)
  }

  /// Which of all heads are the lowest `share`; of equal ones the first.
  static func lowest(_ scores: [[Double]], share: Double) -> [[Bool]] {
    let flat = scores.flatMap { $0 }
    let count = Int((share * Double(flat.count)).rounded())
    let low = Set(flat.map { -$0 }.largest(count))
    var index = 0
    return scores.map { row in
      row.map { _ in
        defer { index += 1 }
        return low.contains(index)
      }
    }
  }

  /// Reads a table of numbers, one line for each layer, clipped to 0...1.
  ///
  /// - Throws: `RuleError.fileUnfit`, `.fileUnread`.
  static func read(_ file: String, layers: Int, kvHeads: Int) throws -> [[Double]] {
    func unfit(_ found: String) -> RuleError {
      .fileUnfit(
        rule: DuoRule.card.name, file: file, found: found,
        expected: "\(layers) lines of \(kvHeads) numbers, one for each KV head")
    }
    let text: String
    do throws(CheckpointError) {
      text = try MappedFile(path: file).withBytes { String(decoding: $0, as: UTF8.self) }
    } catch { throw RuleError.fileUnread(rule: DuoRule.card.name, error) }
    let lines = text.split(whereSeparator: \.isNewline)
    let rows = lines.map { line in line.split(whereSeparator: \.isWhitespace).map { Double($0) } }
    guard rows.count == layers else { throw unfit("\(rows.count) lines") }
    return try rows.map { row in
      guard row.count == kvHeads else { throw unfit("a line of \(row.count)") }
      return try row.map { number in
        guard let number, number.isFinite else { throw unfit("something that is no number") }
        return min(max(number, 0), 1)
      }
    }
  }
}
