extension Double {
  /// The number with a fixed count of decimals, the same in every locale; `·`'s ASCII stand-in `-` when undefined.
  func fixed(_ decimals: Int) -> String {
    guard isFinite, abs(self) < 1e12 else { return isNaN ? "-" : self < 0 ? "-inf" : "inf" }
    let factor = (0..<decimals).reduce(1.0) { product, _ in product * 10 }
    let units = Int64((abs(self) * factor).rounded())
    let sign = self < 0 && units > 0 ? "-" : ""
    guard decimals > 0 else { return "\(sign)\(units)" }
    let fraction = String(units % Int64(factor))
    let zeros = String(repeating: "0", count: decimals - fraction.count)
    return "\(sign)\(units / Int64(factor)).\(zeros)\(fraction)"
  }

  /// The number with a fixed count of decimals, or as `3e-5` where all of them would be zero and it is not; less
  /// than a millionth is what float32 makes of nothing.
  func visible(_ decimals: Int) -> String {
    let text = fixed(decimals)
    guard abs(self) >= 1e-6, isFinite, !text.contains(where: { $0.isNumber && $0 != "0" }) else {
      return text
    }
    var (digit, exponent) = (abs(self), 0)
    while digit < 0.95, exponent < 300 { (digit, exponent) = (digit * 10, exponent + 1) }
    return "\(self < 0 ? "-" : "")\(digit.fixed(0))e-\(exponent)"
  }

  /// Decimals that suit a value's size: three significant digits or so.
  var short: String { abs(self) >= 100 ? fixed(0) : abs(self) >= 10 ? fixed(1) : fixed(2) }
}

extension Comparable {
  /// The number itself, or the nearest end of the range.
  func clamped(to range: ClosedRange<Self>) -> Self {
    min(max(self, range.lowerBound), range.upperBound)
  }
}

extension Double {
  /// The number with its sign, also when it is positive.
  func signed(_ decimals: Int) -> String { isPositive ? "+\(fixed(decimals))" : fixed(decimals) }

  /// How a loss changed, to three decimals, however little that is.
  var change: String { self >= 1e-6 && isFinite ? "+\(visible(3))" : visible(3) }

  private var isPositive: Bool { self > 0 && isFinite }

  /// A weight at the end of a legend, in at most six columns.
  var legend: String { self == 0 ? "0" : abs(self) < 0.001 ? "<0.001" : fixed(3) }
}
