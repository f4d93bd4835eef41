/// A number of bytes, printed in binary units: `3.2 MiB`.
public struct ByteCount: Sendable, Hashable, CustomStringConvertible {
  /// How many.
  public let bytes: Int

  /// A number of bytes.
  public init(_ bytes: Int) { self.bytes = bytes }

  /// Reads `900`, `512K`, `400M`, `2.5G`, `16GiB`; nil for anything else.
  ///
  /// Units are binary.
  public init?(_ text: String) {
    let number = text.prefix { $0.isNumber || $0 == "." }
    let unit = text.dropFirst(number.count).lowercased()
    let units = ["", "k", "m", "g", "t"]
    guard let value = Double(number), value >= 0,
      let power = units.firstIndex(where: { [$0, "\($0)b", "\($0)ib"].contains(unit) })
    else { return nil }
    let bytes = value * Double(1 << (10 * power))
    guard bytes < 0x1p62 else { return nil }
    self.init(Int(bytes))
  }

  /// At most one digit after the point.
  public var description: String {
    var value = Double(bytes)
    for unit in ["bytes", "KiB", "MiB", "GiB"] {
      if value < 1024 {
        let tenths = (value * 10).rounded() / 10
        return unit == "bytes" || tenths == tenths.rounded()
          ? "\(Int(tenths)) \(unit)" : "\(tenths) \(unit)"
      }
      value /= 1024
    }
    return "\((value * 10).rounded() / 10) TiB"
  }
}
