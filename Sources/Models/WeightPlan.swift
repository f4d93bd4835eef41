/// A weight of a model: its name in the checkpoint and the shape it must have.
public struct WeightPlan: Sendable, Hashable {
  /// The name, without the prefix that some checkpoints put before all names.
  public let name: String
  /// The stored shape.
  public let shape: [Int]

  /// The weight `name` of the given stored shape.
  public init(_ name: String, _ shape: [Int]) {
    self.name = name
    self.shape = shape
  }
}

/// `y = x · W + b`: where `W` and `b` lie and how.
public struct LinearPlan: Sendable, Hashable {
  /// How a matrix lies in the checkpoint.
  public enum Layout: Sendable, Hashable {
    /// `[outputs, inputs]`, as `torch.nn.Linear` stores it.
    case outputsFirst
    /// `[inputs, outputs]`, as GPT-2's `Conv1D` stores it.
    case inputsFirst
  }

  /// The matrix.
  public let weight: WeightPlan
  /// `[outputs]`; nil for a layer without one.
  public let bias: WeightPlan?
  /// How the matrix lies.
  public let layout: Layout
  /// Which of the stored outputs belong to this layer: several layers may share one matrix.
  public let outputs: Range<Int>

  /// The width of `x`.
  public var inputCount: Int { weight.shape[layout == .outputsFirst ? 1 : 0] }

  /// A layer.
  ///
  /// - Parameters:
  ///   - name: The name up to `.weight` and `.bias`.
  ///   - inputs: The width of `x`.
  ///   - stored: How many outputs are stored; at least `outputs.upperBound`.
  ///   - outputs: Which of them are this layer's; nil for all.
  public init(
    _ name: String, inputs: Int, stored: Int, outputs: Range<Int>? = nil, bias: Bool,
    layout: Layout = .outputsFirst
  ) {
    weight = WeightPlan(
      "\(name).weight", layout == .outputsFirst ? [stored, inputs] : [inputs, stored])
    self.bias = bias ? WeightPlan("\(name).bias", [stored]) : nil
    self.layout = layout
    self.outputs = outputs ?? 0..<stored
  }

  /// The weights this layer reads.
  var weights: [WeightPlan] { [weight] + (bias.map { [$0] } ?? []) }
}
