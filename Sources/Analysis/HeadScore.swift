import Models

/// One number per head.
public protocol HeadScore: Sendable {
  /// The name that scripts use, such as `previous`.
  static var name: String { get }
  /// A heading for people.
  static var title: String { get }
  /// What is computed, in one line.
  static var formula: String { get }
  /// `share`, `nats`, `tokens`, ….
  static var unit: String { get }
  /// The smallest and the largest possible value; nil where there is no bound.
  static var range: (lowest: Double?, highest: Double?) { get }
  /// The paper or the code that defines it, with the evidence tag of that definition.
  static var source: String { get }

  /// The score of one head; `.nan` where it is undefined.
  static func value(_ statistics: MapStatistics) -> Double
}
