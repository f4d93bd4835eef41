import Tensors

/// The outliers of one tensor of activations.
public struct Outliers: Sendable, Hashable {
  /// One number and where it stands.
  public struct Activation: Sendable, Hashable {
    /// Row and column: token and dimension.
    public let token, dimension: Int
    /// Its value, with its sign.
    public let value: Double
  }

  /// The numbers of the largest magnitude, the largest first, at most one of each dimension.
  public let strongest: [Activation]
  /// The median magnitude.
  public let median: Double
  /// `mean((x − μ)⁴) / (s⁴ + 1e-6)`, s² by n − 1: about 3 for a Gaussian; `.nan` of fewer than two numbers.
  ///
  /// Source: Bondarenko et al. 2023, "Quantizable Transformers", `run_clm.py`.
  public let kurtosis: Double

  /// The largest magnitude.
  public var infNorm: Double { strongest.first.map { abs($0.value) } ?? .nan }

  /// Measures a tensor.
  ///
  /// - Parameters:
  ///   - tensor: `[tokens, dimensions]`.
  ///   - count: How many of the strongest to keep.
  public init<Element: Scalar>(_ tensor: Tensor<Element>, count: Int = 3) {
    let doubles = tensor.converted(to: Double.self)
    let columns = max(1, doubles.matrix.columns)
    (strongest, median, kurtosis) = doubles.withElements { numbers in
      // The strongest of each dimension, and then of those.
      var best = [Int](repeating: 0, count: min(columns, numbers.count))
      for i in best.indices { best[i] = i }
      for (i, number) in numbers.enumerated() where abs(number) > abs(numbers[best[i % columns]]) {
        best[i % columns] = i
      }
      best.sort { (-abs(numbers[$0]), $0) < (-abs(numbers[$1]), $1) }
      let strongest = best.prefix(count).map {
        Activation(token: $0 / columns, dimension: $0 % columns, value: numbers[$0])
      }
      return (
        strongest, Statistics.median(numbers.map(abs)), Self.kurtosis(numbers)
      )
    }
  }

  /// Non-excess kurtosis with the unbiased deviation.
  static func kurtosis(_ numbers: some Collection<Double>) -> Double {
    guard numbers.count > 1 else { return .nan }
    let count = Double(numbers.count)
    let mean = numbers.reduce(0, +) / count
    var (squares, fourths) = (0.0, 0.0)
    for number in numbers {
      let square = (number - mean) * (number - mean)
      squares += square
      fourths += square * square
    }
    let variance = squares / (count - 1)
    return fourths / count / (variance * variance + 1e-6)
  }
}
