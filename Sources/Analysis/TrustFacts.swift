import Models
import Tensors

/// What tells whether the maps of a run can be trusted.
public struct TrustFacts: Sendable, Hashable {
  /// The largest |Σ of a row − 1|; of a model with learned sinks, by how much a row exceeds one.
  public let rowSumError: Double
  /// The head that has it; nil when all rows sum to one exactly.
  public let rowSumHead: HeadIndex?
  /// Σ of the weights on keys that a causal query must not see, over all maps; nil where nothing is
  /// hidden.
  public let causalLeak: Double?
  /// Rows that hold NaN.
  public let brokenRows: Int
  /// The heads they belong to.
  public let brokenHeads: [HeadIndex]
  /// Which special tokens were added to the prompt, such as `bos`.
  public let added: [String]
  /// `float32` or `float64`: what was computed with.
  public let precision: String

  /// Checks every map of a run in one streaming pass.
  ///
  /// - Parameter onProgress: Called after each layer with a share from 0 to 1; what it throws ends the pass.
  public init<Element: Scalar>(
    _ trace: Trace<Element>, onProgress: (Double) throws -> Void = { _ in }
  ) rethrows {
    let isShort = trace.plan.blocks.contains { $0.attention.sinks != nil }
    let heads = try MapStatistics.reduce(trace, onProgress: onProgress) { _, map in
      Self.head(map, isShort: isShort)
    }
    self.init(
      heads, isCausal: trace.isCausal, added: trace.prompt.added,
      precision: Element.self == Double.self ? "float64" : "float32")
  }

  /// Checks maps from elsewhere in one streaming pass.
  public init(
    maps: any PatternSource, onProgress: (Double) throws -> Void = { _ in }
  ) rethrows {
    let heads = try MapStatistics.reduce(maps: maps, onProgress: onProgress) { _, map in
      Self.head(map, isShort: false)
    }
    self.init(heads, isCausal: maps.isCausal, added: [], precision: "float32")
  }

  private typealias Head = (error: Double, leak: Double, broken: Int)

  private static func head(_ map: MapStatistics, isShort: Bool) -> Head {
    (
      error: map.rows.map { isShort ? max(0, $0.total - 1) : abs($0.total - 1) }.max() ?? 0,
      leak: (1..<max(1, map.keys)).reduce(0) { $0 + map.mass(at: -$1) }, broken: map.brokenRows
    )
  }

  private init(_ heads: [[Head]], isCausal: Bool, added: [String], precision: String) {
    var (worst, worstHead, leak, broken): (Double, HeadIndex?, Double, Int) = (0, nil, 0, 0)
    var brokenHeads: [HeadIndex] = []
    for (layer, row) in heads.enumerated() {
      for (head, facts) in row.enumerated() {
        let index = HeadIndex(layer: layer, head: head)
        leak += facts.leak
        broken += facts.broken
        if facts.broken > 0 { brokenHeads.append(index) }
        if facts.error > worst { (worst, worstHead) = (facts.error, index) }
      }
    }
    rowSumError = worst
    rowSumHead = worstHead
    causalLeak = isCausal ? leak : nil
    brokenRows = broken
    self.brokenHeads = brokenHeads
    self.added = added
    self.precision = precision
  }
}
