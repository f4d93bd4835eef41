import Tensors

/// The angles of a rotary position encoding for every position of a prompt.
struct Rotation<Element: Scalar>: Sendable {
  /// `[copies · seq, pairs]`.
  let cosines, sines: Tensor<Element>
  private let plan: RotaryPlan

  /// What is done to queries and keys.
  enum Direction {
    /// Turned, and multiplied by the plan's magnitude.
    case forward
    /// What was turned becomes what it was.
    case back
    /// The transpose of turning, which gradients pass through.
    case transposed
  }

  /// Angles are products in `Element`.
  ///
  /// In single precision that is what the reference does, and what every published number rests on:
  /// at position 2000 an exact angle differs by up to 1e-4 radians.
  ///
  /// - Parameters:
  ///   - direction: Whether to turn, or what undoes or transposes it.
  ///   - copies: How often the positions of the prompt begin anew.
  init(_ plan: RotaryPlan, seq: Int, _ direction: Direction = .forward, copies: Int = 1) {
    let frequencies = plan.frequencies(seq: seq).map { Element($0) }
    var cosines: [Element] = []
    var sines: [Element] = []
    cosines.reserveCapacity(seq * frequencies.count)
    sines.reserveCapacity(seq * frequencies.count)
    let magnitude = Element(direction == .back ? 1 / plan.magnitude : plan.magnitude)
    let sign: Element = direction == .forward ? 1 : -1
    for position in 0..<seq {
      for frequency in frequencies {
        let angle = Element(position) * frequency
        cosines.append(Element.cos(angle) * magnitude)
        sines.append(Element.sin(angle) * magnitude * sign)
      }
    }
    self.plan = plan
    let shape = [copies * seq, frequencies.count]
    self.cosines = Tensor(Array(repeating: cosines, count: copies).flatMap(\.self), shape: shape)
    self.sines = Tensor(Array(repeating: sines, count: copies).flatMap(\.self), shape: shape)
  }

  /// Turns every head of some rows of queries or keys.
  func turn<K: Kernels>(
    _ heads: MutableMatrix<Element>, rows: Range<Int>, dHead: Int, _: K.Type
  ) where K.Element == Element {
    let (cosines, sines) = (cosines.matrix.rows(rows), sines.matrix.rows(rows))
    for start in stride(from: plan.first, to: heads.columns, by: dHead) {
      let turning = heads.columns(start..<start + 2 * cosines.columns)
      switch plan.pairing {
      case .halves: K.rotate(turning, cosines: cosines, sines: sines)
      case .neighbours: K.rotatePairs(turning, cosines: cosines, sines: sines)
      }
    }
  }

  /// The angles of so many tokens each, back when negative, for vectors that were turned before: their
  /// magnitude stays.
  ///
  /// - Parameter seq: The length of the prompt that they were turned for.
  init(_ plan: RotaryPlan, steps: [Int], seq: Int) {
    let frequencies = plan.frequencies(seq: seq).map { Element($0) }
    let angles = steps.flatMap { step in frequencies.map { Element(step) * $0 } }
    let shape = [steps.count, frequencies.count]
    self.plan = plan
    cosines = Tensor(angles.map { Element.cos($0) }, shape: shape)
    sines = Tensor(angles.map { Element.sin($0) }, shape: shape)
  }
}
