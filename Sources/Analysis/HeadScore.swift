/// One number per head, from the maps of one prompt.
public protocol HeadScore: Sendable {
  /// The name that scripts use, such as `previous`.
  static var name: String { get }
  /// A heading for people.
  static var title: String { get }
  /// What is computed, in one line.
  static var formula: String { get }
  /// `share`, `nats`, `tokens`, ….
  static var unit: String { get }
  /// The smallest possible value.
  static var lowest: Double { get }
  /// The largest possible value for a prompt of `seq` tokens.
  static func highest(seq: Int) -> Double
  /// Who defined it, and how sure that definition is.
  static var source: String { get }

  /// The score of one head; `.nan` where it is undefined.
  static func value(_ statistics: MapStatistics) -> Double
}
