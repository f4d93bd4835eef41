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
  /// Its rank among the weights that are seen.
  case quantile

  /// The scale after this one.
  var next: Scale {
    switch self {
    case .linear: .log
    case .log: .quantile
    case .quantile: .linear
    }
  }

  /// What turns weights into levels, made for the weights that are seen.
  func levels(of weights: [Float]) -> Levels {
    guard self == .quantile else { return Levels(scale: self, ranked: []) }
    return Levels(scale: self, ranked: weights.filter { $0 > 0 }.sorted())
  }
}

/// Turns weights into levels from 0 to 1; `.nan` stays `.nan`.
struct Levels {
  let scale: Scale
  /// The weights above zero that are seen, smallest first; only for quantiles.
  fileprivate let ranked: [Float]

  fileprivate init(scale: Scale, ranked: [Float]) { (self.scale, self.ranked) = (scale, ranked) }

  /// The level of a weight.
  func level(_ weight: Float) -> Float {
    guard !weight.isNaN else { return weight }
    switch scale {
    case .linear: return weight
    case .log: return (log10f(max(weight, 1e-4)) + 4) / 4
    case .quantile:
      guard weight > 0, !ranked.isEmpty else { return 0 }
      var (low, high) = (0, ranked.count)
      while low < high {
        let middle = (low + high) / 2
        if ranked[middle] <= weight { low = middle + 1 } else { high = middle }
      }
      return Float(low) / Float(ranked.count)
    }
  }

  /// The weights at both ends of the ramp, for the legend.
  var ends: (String, String) {
    switch scale {
    case .linear: ("0", "1")
    case .log: ("1e-4", "1")
    case .quantile:
      (Double(ranked.first ?? 0).legend, Double(ranked.last ?? 0).legend)
    }
  }
}
