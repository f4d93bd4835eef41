import Models
import Tensors

/// What a list of interventions multiplies each head's weighted values by; 1 where it does not.
struct HeadFactors {
  private var factors: [HeadIndex: Double] = [:]

  init(_ interventions: [Intervention]) {
    for case .scale(let head, let factor) in interventions {
      factors[head, default: 1] *= factor
    }
  }

  subscript(head: HeadIndex) -> Double { factors[head] ?? 1 }
}

extension SeededGenerator {
  /// A number between 0 and 1, neither of them.
  mutating func unit() -> Double { (Double(next() >> 11) + 0.5) / Double(1 << 53) }

  /// A number of the standard normal distribution.
  ///
  /// Source: Box and Muller 1958.
  mutating func normal() -> Double {
    let radius = (-2 * Double.log(unit())).squareRoot()
    return radius * Double.cos(2 * Double.pi * unit())
  }
}

extension Matrix where Element == Float {
  /// A column, or any matrix that lies in one piece, as one row.
  var row: Matrix<Float> { copied.reshaped([1, rows * columns]).matrix }
}
