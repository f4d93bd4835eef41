import Foundation

extension Float: Scalar {
  /// Fast.
  public typealias PreferredKernels = OneDNNKernels
  /// To bfloat16.
  public typealias RoundingKernels = BFloat16Kernels

  /// e raised to `x`.
  public static func exp(_ x: Float) -> Float { Foundation.exp(x) }
  /// The natural logarithm of `x`.
  public static func log(_ x: Float) -> Float { Foundation.log(x) }
  /// The hyperbolic tangent of `x`.
  public static func tanh(_ x: Float) -> Float { Foundation.tanh(x) }
  /// The error function of `x`.
  public static func erf(_ x: Float) -> Float { Foundation.erf(x) }
  /// The cosine of `x` radians.
  public static func cos(_ x: Float) -> Float { Foundation.cos(x) }
  /// The sine of `x` radians.
  public static func sin(_ x: Float) -> Float { Foundation.sin(x) }
}

extension Double: Scalar {
  /// Exact.
  public typealias PreferredKernels = PlainKernels<Double>
  /// None: double precision is there to be exact.
  public typealias RoundingKernels = PlainKernels<Double>

  /// e raised to `x`.
  public static func exp(_ x: Double) -> Double { Foundation.exp(x) }
  /// The natural logarithm of `x`.
  public static func log(_ x: Double) -> Double { Foundation.log(x) }
  /// The hyperbolic tangent of `x`.
  public static func tanh(_ x: Double) -> Double { Foundation.tanh(x) }
  /// The error function of `x`.
  public static func erf(_ x: Double) -> Double { Foundation.erf(x) }
  /// The cosine of `x` radians.
  public static func cos(_ x: Double) -> Double { Foundation.cos(x) }
  /// The sine of `x` radians.
  public static func sin(_ x: Double) -> Double { Foundation.sin(x) }
}
