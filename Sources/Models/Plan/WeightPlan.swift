/// A weight of a model: its name in the checkpoint and the shape it must have.
public struct WeightPlan: Sendable, Hashable {
  /// The name, without the prefix that some checkpoints put before all names.
  public let name: String
  /// The stored shape.
  public let shape: [Int]
  /// Which one of the stored tensor's outermost parts is meant; nil for all of it.
  public let part: Int?
  /// The shape that the engine sees, of the same size, such as a matrix for a convolution; nil for the
  /// stored one.
  public let view: [Int]?

  /// The weight `name` of the given stored shape, or one of its outermost parts, or all of it in another
  /// shape of the same size.
  public init(_ name: String, _ shape: [Int], part: Int? = nil, as view: [Int]? = nil) {
    precondition(view == nil || view?.reduce(1, *) == shape.reduce(1, *))
    self.name = name
    self.shape = shape
    self.part = part
    self.view = view
  }

  /// The shape of what is meant.
  public var usedShape: [Int] { view ?? (part == nil ? shape : Array(shape.dropFirst())) }
}

/// Which of a matrix's stored outputs belong to one layer: stretches of equal width at equal distances.
public struct Outputs: Sendable, Hashable {
  /// Where the first stretch begins, how wide each is, and how far one begins from the next.
  public let first, width, distance: Int
  /// How many stretches.
  public let stretches: Int

  /// Stretches of `width` outputs, `distance` apart.
  public init(first: Int, width: Int, distance: Int, stretches: Int) {
    self.first = first
    self.width = width
    self.distance = distance
    self.stretches = stretches
  }

  /// Neighbours.
  public init(_ range: Range<Int>) {
    self.init(first: range.lowerBound, width: range.count, distance: range.count, stretches: 1)
  }

  /// How many outputs.
  public var count: Int { width * stretches }

  /// The stretches in order.
  public var ranges: [Range<Int>] {
    (0..<stretches).map { first + $0 * distance..<first + $0 * distance + width }
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
  public let outputs: Outputs

  /// The width of `x`.
  public var inputCount: Int { weight.usedShape[layout == .outputsFirst ? 1 : 0] }

  /// A layer.
  ///
  /// - Parameters:
  ///   - name: The name up to `.weight` and `.bias`.
  ///   - inputs: The width of `x`.
  ///   - stored: How many outputs are stored.
  ///   - outputs: Which of them are this layer's; nil for all.
  public init(
    _ name: String, inputs: Int, stored: Int, outputs: Outputs? = nil, bias: Bool,
    layout: Layout = .outputsFirst
  ) {
    self.init(
      weight: WeightPlan(
        "\(name).weight", layout == .outputsFirst ? [stored, inputs] : [inputs, stored]),
      bias: bias ? WeightPlan("\(name).bias", [stored]) : nil, layout: layout, outputs: outputs)
  }

  /// A layer whose weights have names of their own.
  ///
  /// - Parameter outputs: Which of the stored outputs are this layer's; nil for all.
  public init(
    weight: WeightPlan, bias: WeightPlan?, layout: Layout = .outputsFirst, outputs: Outputs? = nil
  ) {
    self.weight = weight
    self.bias = bias
    self.layout = layout
    self.outputs = outputs ?? Outputs(0..<weight.usedShape[layout == .outputsFirst ? 0 : 1])
  }

  /// The weights this layer reads.
  var weights: [WeightPlan] { [weight] + (bias.map { [$0] } ?? []) }
}
