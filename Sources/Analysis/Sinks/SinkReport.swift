import Models
import Tensors

/// Where a run's attention sinks are, which heads feed them, and what marks their tokens.
public struct SinkReport: Sendable {
  /// A key.
  public struct Position: Sendable, Hashable {
    /// Its place in the prompt.
    public let index: Int
    /// The mean over all heads of Gu's α of it.
    public let received: Double
    /// The share of heads, in percent, whose α of it is above ε: Gu's sink rate at this position.
    public let rate: Double
  }

  /// A head that feeds a sink.
  public struct Feeder: Sendable, Hashable {
    /// Which head.
    public let head: HeadIndex
    /// Which key.
    public let key: Int
    /// Gu's α: the mean weight on the key over the queries from it on.
    public let share: Double
    /// The norm of the key's value by the mean norm of all: near 0, the head does nothing there.
    public let valueNorm: Double
  }

  /// A hidden state of extreme size.
  public struct Massive: Sendable, Hashable {
    /// The layer that wrote it.
    public let layer: Int
    /// The number itself.
    public let activation: Outliers.Activation
    /// Whether it passes both of Sun's thresholds: above 100 and 1000 times the layer's median [R].
    public let isMassive: Bool
  }

  /// The outliers of what one layer writes.
  public struct Layer: Sendable, Hashable {
    /// Of the residual stream leaving it, and of what its attention adds.
    public let residual, attention: Outliers
    /// Of what its MLP adds; nil where norms stand between.
    public let mlp: Outliers?
  }

  /// From which α on a key counts as a sink.
  public let epsilon: Double
  /// Every key, in order.
  public let positions: [Position]
  /// Heads whose α of a key is above ε, the strongest first; only keys that eight queries see, or all of
  /// a shorter prompt, so that the last tokens' attention to themselves is no sink.
  public let feeders: [Feeder]
  /// The three strongest numbers that each layer writes.
  public let massive: [Massive]
  /// One for each layer.
  public let layers: [Layer]
  /// Sink tokens by their hidden states.
  public let dimensions: SinkDimensions

  /// Gu's sink rate of the first key, in percent; `.nan` without keys.
  public var sinkRate: Double { positions.first?.rate ?? .nan }
  /// The largest infinity norm of what layers write, and their mean kurtosis (Quantizable Transformers).
  public var maxInfNorm: Double { layers.map(\.residual.infNorm).max() ?? .nan }
  /// The mean over layers of the kurtosis of the residual stream.
  public var meanKurtosis: Double { Statistics.mean(layers.map(\.residual.kurtosis)) }

  /// Analyses a run.
  ///
  /// - Parameters:
  ///   - model: The model that made it.
  ///   - onProgress: Called with a share from 0 to 1; what it throws ends the work.
  public init<Element: Scalar>(
    _ model: Model, _ trace: Trace<Element>, epsilon: Double = 0.3,
    onProgress: (Double) throws -> Void = { _ in }
  ) rethrows {
    func scored(_ share: Double) throws { try onProgress(share * 0.7) }
    let heads = try MapStatistics.reduce(trace, onProgress: scored) { _, map in
      (0..<map.keys).map { map.alpha($0) }
    }
    let count = Double(max(1, heads.reduce(0) { $0 + $1.count }))
    let all = heads.flatMap { $0 }
    self.epsilon = epsilon
    positions = (0..<trace.keyCount).map { key in
      Position(
        index: key, received: all.reduce(0) { $0 + $1[key] } / count,
        rate: 100 * Double(all.count { $0[key] > epsilon }) / count)
    }
    let seen = trace.isCausal ? trace.keyCount - min(8, trace.queryCount) + 1 : trace.keyCount
    var feeders: [Feeder] = []
    for (layer, row) in heads.enumerated() {
      for (head, alphas) in row.enumerated() {
        let index = HeadIndex(layer: layer, head: head)
        let keys = (0..<max(0, seen)).filter { alphas[$0] > epsilon }
        guard !keys.isEmpty else { continue }
        let norms = ValueNorms(trace, index)
        feeders += keys.map {
          Feeder(head: index, key: $0, share: alphas[$0], valueNorm: norms.relative($0))
        }
      }
    }
    self.feeders = feeders.sorted { (-$0.share, $0.head, $0.key) < (-$1.share, $1.head, $1.key) }
    var layers: [Layer] = []
    for layer in 0..<trace.layers {
      layers.append(Self.layer(model, trace, layer))
      try onProgress(0.7 + 0.3 * Double(layer + 1) / Double(trace.layers))
    }
    self.layers = layers
    massive = layers.enumerated().flatMap { layer, outliers in
      outliers.residual.strongest.map { activation in
        let size = abs(activation.value)
        return Massive(
          layer: layer, activation: activation,
          isMassive: size > 100 && size >= 1000 * outliers.residual.median)
      }
    }
    dimensions = SinkDimensions(trace)
  }

  private static func layer<Element: Scalar>(
    _ model: Model, _ trace: Trace<Element>, _ layer: Int
  ) -> Layer {
    let attention = model.attentionOutput(trace, layer: layer)
    let block = trace.plan.blocks[layer]
    let isPlain =
      block.attentionNorms.output == nil && block.attentionNorms.stream == nil
      && block.mlpNorms.output == nil && block.mlpNorms.stream == nil && block.residualScale == 1
    var mlp: Outliers?
    if isPlain {
      typealias K = Element.PreferredKernels
      var written = trace.residuals[layer + 1]
      for part in [trace.residuals[layer], attention] {
        var negative = part
        K.scale(negative.mutableMatrix(), by: -1)
        K.add(negative.matrix, to: written.mutableMatrix())
      }
      mlp = Outliers(written)
    }
    return Layer(
      residual: Outliers(trace.residuals[layer + 1]), attention: Outliers(attention), mlp: mlp)
  }
}

/// The norms of one head's values.
struct ValueNorms: Sendable {
  /// One for each key.
  let norms: [Double]

  init<Element: Scalar>(_ trace: Trace<Element>, _ head: HeadIndex) {
    let values = trace.values(head)
    norms = Element.PreferredKernels.dots(values, values).map { $0.squareRoot() }
  }

  /// A key's norm by the mean of all; `.nan` when all are zero.
  func relative(_ key: Int) -> Double {
    let mean = Statistics.mean(norms)
    return mean > 0 ? norms[key] / mean : .nan
  }
}
