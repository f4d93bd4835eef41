/// A normalisation of every row.
public struct NormPlan: Sendable, Hashable {
  /// What is divided by what.
  public enum Kind: Sendable, Hashable {
    /// The distance from the mean, by the standard deviation.
    case layer
    /// Each number, by the root mean square.
    case rms
  }

  /// Which normalisation.
  public let kind: Kind
  /// Multiplied with the result, `[width]`; nil for ones.
  public let gain: WeightPlan?
  /// Added to the stored gain: 1 where checkpoints store what differs from one (Gemma).
  public let gainShift: Double
  /// Added to the result, `[width]`; nil for none.
  public let bias: WeightPlan?
  /// Added to the variance or to the mean square.
  public let epsilon: Double

  init(
    _ kind: Kind, gain: WeightPlan?, gainShift: Double = 0, bias: WeightPlan? = nil,
    epsilon: Double
  ) {
    self.kind = kind
    self.gain = gain
    self.gainShift = gainShift
    self.bias = bias
    self.epsilon = epsilon
  }

  /// A root-mean-square norm whose gain is `name.weight`, `[width]`.
  static func rms(
    _ name: String, _ width: Int, epsilon: Double, gainShift: Double = 0
  ) -> NormPlan {
    NormPlan(
      .rms, gain: WeightPlan("\(name).weight", [width]), gainShift: gainShift, epsilon: epsilon)
  }

  /// A layer norm with `name.weight` and, unless left out, `name.bias`, both `[width]`.
  static func layer(
    _ name: String, _ width: Int, epsilon: Double, bias: Bool = true
  ) -> NormPlan {
    NormPlan(
      .layer, gain: WeightPlan("\(name).weight", [width]),
      bias: bias ? WeightPlan("\(name).bias", [width]) : nil, epsilon: epsilon)
  }

  var weights: [WeightPlan] { [gain, bias].compactMap { $0 } }
}

/// Where norms stand around one half of a block: attention or MLP.
///
/// With all three the residual stream becomes `stream(x + output(half(input(x))))`; one that is nil
/// leaves numbers as they are.
public struct NormPlacement: Sendable, Hashable {
  /// Of what the half reads ("pre-norm").
  public let input: NormPlan?
  /// Of what it adds, before it is added; with `input`, the "sandwich" of Gemma 2.
  public let output: NormPlan?
  /// Of the residual stream after the addition ("post-norm").
  public let stream: NormPlan?
  /// Multiplied with what it adds, number by number, `[dModel]` ("layer scale"); nil for ones.
  ///
  /// Source: Touvron et al. 2021, "Going deeper with Image Transformers".
  public let gain: WeightPlan?

  init(
    input: NormPlan? = nil, output: NormPlan? = nil, stream: NormPlan? = nil,
    gain: WeightPlan? = nil
  ) {
    self.input = input
    self.output = output
    self.stream = stream
    self.gain = gain
  }

  var weights: [WeightPlan] {
    [input, output, stream].compactMap { $0 }.flatMap(\.weights) + (gain.map { [$0] } ?? [])
  }
}

/// A normalisation of queries or of keys, before their position enters.
public enum HeadNormPlan: Sendable, Hashable {
  /// Each head by itself, all with one gain `[dHead]`.
  case shared(NormPlan)
  /// Each head by itself, with a norm of its own.
  case separate([NormPlan])
  /// All heads of a token together, `[heads · dHead]`.
  case joint(NormPlan)

  var weights: [WeightPlan] {
    switch self {
    case .shared(let norm), .joint(let norm): norm.weights
    case .separate(let norms): norms.flatMap(\.weights)
    }
  }
}
