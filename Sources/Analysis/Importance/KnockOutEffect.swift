import Models
import Tensors

/// What changes when heads are taken out of one run.
public struct KnockOutEffect: Sendable {
  /// One head, and how much its map moved.
  public struct MapChange: Sendable, Hashable {
    /// Which head.
    public let head: HeadIndex
    /// The mean over queries of `½ Σ_j |A_ij − A'_ij|`: the share of a row's weight that went
    /// elsewhere, from 0 to 1.
    public let share: Double
  }

  /// Which heads were taken out.
  public let heads: [HeadIndex]
  /// The run without them.
  public let trace: Trace<Float>
  /// The loss in nats, with and without them: the mean next-token loss, or that of the masked tokens or the
  /// class that the model names with them; `.nan` where there is none, as for a prompt of one token.
  public let lossBefore, lossAfter: Double
  /// The most probable next tokens, of another model tokens in the place of the first masked one, or classes,
  /// with and without them, the most probable first.
  public let topBefore, topAfter: [Distribution.Candidate]
  /// The heads downstream, the one whose map moved most first.
  public let mapChanges: [MapChange]

  /// How much the loss grows, in nats.
  public var lossChange: Double { lossAfter - lossBefore }

  /// Takes heads out of a run, by setting their weighted values to zero before the output projection.
  ///
  /// - Parameters:
  ///   - heads: Which; must exist.
  ///   - model: The model that made `base`.
  ///   - base: A run without interventions.
  ///   - top: How many predictions.
  ///   - onProgress: Called between blocks; what it throws ends the work.
  /// - Throws: What running and predicting throw.
  /// - Complexity: A run from the first touched layer on, logits of all positions, and two passes over
  ///   the maps downstream.
  public init(
    without heads: [HeadIndex], model: Model, base: Trace<Float>, top: Int = 10,
    onProgress: (Progress) throws -> Void = { _ in }
  ) throws {
    self.heads = heads.sorted()
    let changed = try model.run(
      base.prompt, interventions: heads.map(Intervention.zero), reusing: base,
      onProgress: onProgress)
    trace = changed
    let objective = try model.naturalObjective(of: base)
    func loss(_ trace: Trace<Float>) throws -> Double {
      try model.outcome(of: trace, by: objective).value
    }
    (lossBefore, lossAfter) = (try loss(base), try loss(changed))
    topBefore = try Distribution.ofOutput(model, base).top(top)
    topAfter = try Distribution.ofOutput(model, changed).top(top)
    let first = heads.map(\.layer).min() ?? model.plan.layers
    mapChanges = Self.mapChanges(base, changed, layers: min(first + 1, base.layers)..<base.layers)
  }

  /// How far the maps of two runs of one prompt are apart, the farthest first.
  ///
  /// - Complexity: O(heads × seq² × dHead), one tile of each map in memory.
  public static func mapChanges<Element: Scalar>(
    _ a: Trace<Element>, _ b: Trace<Element>, layers: Range<Int>
  ) -> [MapChange] {
    let heads = layers.flatMap(a.plan.heads(inLayer:))
    let results = Slots<Double>(count: heads.count)
    Parallel.forEach(heads.count) { index in
      let step = 128
      var sum = 0.0
      for start in stride(from: 0, to: a.seq, by: step) where !Cancellation.isDue {
        let rows = start..<min(a.seq, start + step)
        sum += Element.PreferredKernels.sumOfDifferences(
          a.visiblePattern(heads[index], rows: rows).matrix,
          b.visiblePattern(heads[index], rows: rows).matrix)
      }
      results.put(sum / 2 / Double(a.seq), at: index)
    }
    return zip(heads, results.take()).map(MapChange.init)
      .sorted { ($1.share, $0.head) < ($0.share, $1.head) }
  }
}
