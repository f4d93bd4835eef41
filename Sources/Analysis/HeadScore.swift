import Models
import Tensors

/// One number per head.
///
/// Most scores are a `MapScore`: a function of what one streaming pass over the maps keeps.
public protocol HeadScore: Sendable {
  /// The name that scripts use, such as `previous`.
  static var name: String { get }
  /// A heading for people.
  static var title: String { get }
  /// What is computed, in one line.
  static var formula: String { get }
  /// `share`, `nats`, `tokens`, ….
  static var unit: String { get }
  /// The smallest possible value; nil where there is no bound.
  static var lowest: Double? { get }
  /// The largest possible value for a prompt of `seq` tokens; nil where there is no bound.
  static func highest(seq: Int) -> Double?
  /// Who defined it: authors and year, or the reference implementation.
  static var source: String { get }
  /// How sure that definition is.
  static var evidence: Evidence { get }
  /// Which side is followed where paper and code differ; nil where they agree.
  static var follows: String? { get }
  /// What it is computed from.
  static var needs: Set<ScoreNeed> { get }

  /// Why the score is undefined for all heads here, as one line for people; nil when it applies.
  static func obstacle(_ facts: ScoreFacts) -> String?

  /// The scores of all heads; `.nan` where one is undefined.
  ///
  /// - Parameter input: A run and what else the score asked for; `obstacle` has been asked.
  /// - Throws: What the model throws; `CancellationError` from `input.onProgress`.
  static func table<Element: Scalar>(_ input: ScoreInput<Element>) throws -> HeadTable
}

extension HeadScore {
  /// Paper and code agree.
  public static var follows: String? { nil }

  /// It always applies.
  public static func obstacle(_ facts: ScoreFacts) -> String? { nil }
}

/// A score that one pass over the maps gives.
public protocol MapScore: HeadScore {
  /// The score of one head; `.nan` where it is undefined.
  static func value(_ map: MapStatistics, _ options: ScoreOptions) -> Double
}

extension MapScore {
  /// The maps.
  public static var needs: Set<ScoreNeed> { [.maps] }

  /// The score of one head under the usual options.
  public static func value(_ map: MapStatistics) -> Double { value(map, ScoreOptions()) }

  /// From a pass of its own; `HeadScores.results` lets all map scores share one.
  public static func table<Element: Scalar>(_ input: ScoreInput<Element>) throws -> HeadTable {
    let values = try MapStatistics.reduce(
      input.trace(), onProgress: input.onProgress
    ) { [options = input.options] _, map in
      map.brokenRows > 0 ? .nan : value(map, options)
    }
    return HeadTable(rows: values)
  }
}

/// A map score that is a share of attention, from 0 to 1.
public protocol ShareScore: MapScore {}

extension ShareScore {
  /// A share.
  public static var unit: String { "share" }
  /// None of it.
  public static var lowest: Double? { 0 }
  /// All of it.
  public static func highest(seq: Int) -> Double? { 1 }
}
