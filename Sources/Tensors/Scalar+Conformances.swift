import Foundation

extension Float: Scalar {
  public typealias PreferredKernels = OneDNNKernels

  public static func exp(_ x: Float) -> Float { Foundation.exp(x) }
  public static func log(_ x: Float) -> Float { Foundation.log(x) }
  public static func tanh(_ x: Float) -> Float { Foundation.tanh(x) }
  public static func erf(_ x: Float) -> Float { Foundation.erf(x) }
  public static func cos(_ x: Float) -> Float { Foundation.cos(x) }
  public static func sin(_ x: Float) -> Float { Foundation.sin(x) }
}

extension Double: Scalar {
  public typealias PreferredKernels = PlainKernels<Double>

  public static func exp(_ x: Double) -> Double { Foundation.exp(x) }
  public static func log(_ x: Double) -> Double { Foundation.log(x) }
  public static func tanh(_ x: Double) -> Double { Foundation.tanh(x) }
  public static func erf(_ x: Double) -> Double { Foundation.erf(x) }
  public static func cos(_ x: Double) -> Double { Foundation.cos(x) }
  public static func sin(_ x: Double) -> Double { Foundation.sin(x) }
}
