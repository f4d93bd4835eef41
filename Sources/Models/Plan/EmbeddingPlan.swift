/// How a prompt enters the residual stream.
public struct EmbeddingPlan: Sendable, Hashable {
  /// What is embedded.
  public enum Source: Sendable, Hashable {
    /// Token ids: rows of `[vocabularySize, width]`; `types` are rows of `[types, width]`, added, by which of
    /// two texts a token belongs to.
    case tokens(WeightPlan, types: WeightPlan?)
    /// An image, cut into patches.
    case patches(PatchPlan)
    /// A sound's features, through convolutions.
    case frames(FramePlan)
  }

  /// Where positions come from.
  public enum Positions: Sendable, Hashable {
    /// `[positions, width]`, learned, or stored though computed; `first` is the row of the first token.
    case stored(WeightPlan, first: Int)
    /// `sin` and `cos` of `position · 10000^(−2i / width)`, sines first.
    ///
    /// Source: Vaswani et al. 2017, in the order of transformers' `MarianSinusoidalPositionalEmbedding`.
    case sinusoidal
  }

  /// What is embedded.
  public let source: Source
  /// What token embeddings are multiplied by.
  public let scale: Double
  /// From the embeddings' width to the residual stream's, before positions; nil where they are the same.
  public let projection: LinearPlan?
  /// Added; nil when position enters elsewhere.
  public let positions: Positions?
  /// Of the sum; nil for none.
  public let norm: NormPlan?
  /// From the embeddings' width to the residual stream's, at the very end; nil where they are the same.
  public let outerProjection: LinearPlan?

  init(
    token: WeightPlan, types: WeightPlan? = nil, scale: Double = 1, projection: LinearPlan? = nil,
    position: WeightPlan? = nil, firstPosition: Int = 0, norm: NormPlan? = nil,
    outerProjection: LinearPlan? = nil
  ) {
    self.init(
      .tokens(token, types: types), scale: scale, projection: projection,
      positions: position.map { .stored($0, first: firstPosition) }, norm: norm,
      outerProjection: outerProjection)
  }

  init(
    _ source: Source, scale: Double = 1, projection: LinearPlan? = nil, positions: Positions?,
    norm: NormPlan? = nil, outerProjection: LinearPlan? = nil
  ) {
    self.source = source
    self.scale = scale
    self.projection = projection
    self.positions = positions
    self.norm = norm
    self.outerProjection = outerProjection
  }

  /// The token embeddings; nil for images and sounds.
  public var token: WeightPlan? {
    guard case .tokens(let token, _) = source else { return nil }
    return token
  }

  /// The patches; nil for texts and sounds.
  public var patches: PatchPlan? {
    guard case .patches(let plan) = source else { return nil }
    return plan
  }

  /// The convolutions; nil for texts and images.
  public var frames: FramePlan? {
    guard case .frames(let plan) = source else { return nil }
    return plan
  }

  var weights: [WeightPlan] {
    var all: [WeightPlan] = []
    switch source {
    case .tokens(let token, let types): all = [token] + (types.map { [$0] } ?? [])
    case .patches(let plan): all = plan.weights
    case .frames(let plan): all = plan.convolutions.flatMap(\.weights)
    }
    if case .stored(let table, _) = positions { all.append(table) }
    return all + [projection, outerProjection].compactMap { $0 }.flatMap(\.weights)
      + (norm?.weights ?? [])
  }
}

/// An image as tokens: one for each square patch, and some that belong to no patch before them.
///
/// Source: Dosovitskiy et al. 2020, "An Image is Worth 16x16 Words".
public struct PatchPlan: Sendable, Hashable {
  /// Channels of an image, and the side of a patch in pixels.
  public let channels, side: Int
  /// How many patches the positions are for, down and across.
  public let rows, columns: Int
  /// From a patch's pixels, channel by channel, to the residual stream: `[channels · side², dModel]`.
  public let projection: LinearPlan
  /// Vectors before the patches that have positions, each `[1, dModel]`, with their names.
  public let leading: [Leading]
  /// Vectors between those and the patches that have none, `[registers, dModel]`; nil for none.
  ///
  /// Source: Darcet et al. 2023, "Vision Transformers Need Registers".
  public let registers: WeightPlan?
  /// Whether images of other sizes are taken, the positions resized to them.
  public let resizes: Bool

  /// A vector that is no patch's.
  public struct Leading: Sendable, Hashable {
    /// How it is spelled as a token.
    public let name: String
    /// The vector.
    public let weight: WeightPlan
  }

  /// How many registers there are.
  public var registerCount: Int { registers?.usedShape.first ?? 0 }

  var weights: [WeightPlan] {
    projection.weights + leading.map(\.weight) + (registers.map { [$0] } ?? [])
  }
}

/// A sound's features as tokens: convolutions along time, each followed by a GELU.
///
/// Source: Radford et al. 2022, "Robust Speech Recognition via Large-Scale Weak Supervision".
public struct FramePlan: Sendable, Hashable {
  /// Bands of a frame.
  public let bands: Int
  /// Three frames wide, with one of silence at both ends: `[3 · inputs] → [outputs]`, input by input.
  public let convolutions: [LinearPlan]
  /// How many frames on each of them moves.
  public let strides: [Int]

  /// The number of tokens that so many frames become.
  public func tokens(frames: Int) -> Int {
    strides.reduce(frames) { ($0 - 1) / $1 + 1 }
  }
}
