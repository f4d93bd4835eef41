import Tensors

/// The angles of a rotary position encoding for every position of a prompt.
struct Rotation<Element: Scalar>: Sendable {
  /// `[seq, pairs]`.
  let cosines, sines: Tensor<Element>

  /// Angles are products in `Element`.
  ///
  /// In single precision that is what the reference does, and what every published number rests on:
  /// at position 2000 an exact angle differs by up to 1e-4 radians.
  init(_ plan: RotaryPlan, seq: Int) {
    var cosines: [Element] = []
    var sines: [Element] = []
    cosines.reserveCapacity(seq * plan.frequencies.count)
    sines.reserveCapacity(seq * plan.frequencies.count)
    for position in 0..<seq {
      for frequency in plan.frequencies {
        let angle = Element(position) * Element(frequency)
        cosines.append(Element.cos(angle))
        sines.append(Element.sin(angle))
      }
    }
    self.cosines = Tensor(cosines, shape: [seq, plan.frequencies.count])
    self.sines = Tensor(sines, shape: [seq, plan.frequencies.count])
  }

  /// Turns every head of some rows of queries or keys.
  func turn<K: Kernels>(
    _ heads: MutableMatrix<Element>, rows: Range<Int>, dHead: Int, _: K.Type
  ) where K.Element == Element {
    for start in stride(from: 0, to: heads.columns, by: dHead) {
      K.rotate(
        heads.columns(start..<start + dHead), cosines: cosines.matrix.rows(rows),
        sines: sines.matrix.rows(rows))
    }
  }
}
