/// A number type that tensors hold.
public protocol TensorElement: BitwiseCopyable, Equatable, Sendable {}

/// A number type the engine computes in.
///
/// `Float` runs on oneDNN; `Double` runs on the plain kernels and settles disagreements.
public protocol Scalar: TensorElement, BinaryFloatingPoint, Codable {
  /// The kernels that products, norms and activations of this type go through.
  associatedtype PreferredKernels: Kernels where PreferredKernels.Element == Self
  /// The kernels that round the factors of products, where there are such.
  associatedtype RoundingKernels: Kernels where RoundingKernels.Element == Self

  /// e raised to `x`.
  static func exp(_ x: Self) -> Self
  /// The natural logarithm of `x`.
  static func log(_ x: Self) -> Self
  /// The hyperbolic tangent of `x`.
  static func tanh(_ x: Self) -> Self
  /// The error function of `x`.
  static func erf(_ x: Self) -> Self
  /// The cosine of `x` radians.
  static func cos(_ x: Self) -> Self
  /// The sine of `x` radians.
  static func sin(_ x: Self) -> Self
}
