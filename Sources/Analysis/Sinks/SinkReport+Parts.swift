extension SinkReport {
  /// A report of what is known already, such as of a made-up run in a test.
  init(
    epsilon: Double, positions: [Position], feeders: [Feeder], massive: [Massive], layers: [Layer],
    dimensions: SinkDimensions
  ) {
    self.epsilon = epsilon
    self.positions = positions
    self.feeders = feeders
    self.massive = massive
    self.layers = layers
    self.dimensions = dimensions
  }
}

extension SinkDimensions {
  /// Dimensions that are known already, and φ of every token entering each layer.
  init(dimensions: [Int], threshold: Double, phi: [[Double]]) {
    self.dimensions = dimensions
    self.threshold = threshold
    self.phi = phi
  }
}
