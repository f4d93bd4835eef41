#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// How a weight becomes a level of the colour ramp.
public enum Scale: String, Sendable, CaseIterable {
  /// The weight itself: 0 to 1.
  case linear
  /// Its logarithm, from one ten-thousandth up.
  case log

  /// The level from 0 to 1; `.nan` stays `.nan`.
  func level(_ weight: Float) -> Float {
    switch self {
    case .linear: weight
    case .log: weight.isNaN ? weight : (log10f(max(weight, 1e-4)) + 4) / 4
    }
  }

  /// The weights at both ends of the ramp, for the legend.
  var ends: (String, String) { self == .linear ? ("0", "1") : ("1e-4", "1") }
}
