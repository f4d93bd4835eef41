/// How large a weight is drawn.
public enum Zoom: Sendable, Equatable {
  /// As large as the window allows for the whole map.
  case fit
  /// So many columns per weight.
  case cells(Int)
  /// So many weights, across and down, share one value: their maximum.
  case pooled(Int)

  /// All but `fit`, the smallest first.
  public static let steps: [Zoom] =
    [64, 48, 32, 24, 16, 12, 8, 6, 4, 3, 2].map { .pooled($0) }
    + [1, 2, 3, 4, 6, 8, 12, 16].map { .cells($0) }

  /// Columns per weight: the number that orders all steps.
  var magnification: Double {
    switch self {
    case .fit: 0
    case .cells(let count): Double(count)
    case .pooled(let count): 1 / Double(count)
    }
  }

  /// The next larger step, or itself at the end.
  var larger: Zoom { Zoom.steps.first { $0.magnification > magnification } ?? self }
  /// The next smaller step, or itself at the end.
  var smaller: Zoom { Zoom.steps.last { $0.magnification < magnification } ?? self }
}

extension Zoom {
  /// `fit`, `3` columns for a weight, or `1/4` of one.
  public var text: String {
    switch self {
    case .fit: "fit"
    case .cells(let count): "\(count)"
    case .pooled(let count): "1/\(count)"
    }
  }

  /// The step that a text means; nil for none.
  public init?(_ text: String) {
    let known = [Zoom.fit] + Zoom.steps
    guard let zoom = known.first(where: { $0.text == text }) else { return nil }
    self = zoom
  }
}
