import Models
import Tensors

/// How much patches look at the ring of patches so many steps away from them on the picture.
///
/// The mean over patches i of Σ `pattern[i, j]` over the patches j with `max(|Δrow|, |Δcolumn|) = k`; tokens that
/// are no patch, such as CLS, are left out. Together, all k give what patches give patches.
///
/// Source: after Li et al. 2023, "How Does Attention Work in Vision Transformers?"; the formula is recall [R].
enum NeighbourhoodScore: HeadScore {
  static let name = "k-hop"
  static let title = "Neighbourhood"
  static let formula =
    "mean over patches of Σ A[i, j] over patches j at Chebyshev distance --hops (1)"
  static let unit = "share"
  static let lowest: Double? = 0
  static func highest(seq: Int) -> Double? { 1 }
  static let source = "Li et al. 2023"
  static let evidence = Evidence.recall
  static let needs: Set<ScoreNeed> = [.maps]

  static func obstacle(_ facts: ScoreFacts) -> String? {
    guard let grid = facts.prompt?.grid else {
      return "the prompt is no picture; open a vision model with --image F.png"
    }
    let farthest = max(grid.rows, grid.columns) - 1
    return facts.hops > farthest
      ? "--hops \(facts.hops): patches of this grid are at most \(farthest) apart" : nil
  }

  static func table<Element: Scalar>(_ input: ScoreInput<Element>) throws -> HeadTable {
    let trace = try input.trace()
    guard let grid = trace.prompt.grid else { return input.undefined }
    let rings = rings(grid, hops: input.options.hops)
    return try input.forEachHead { head in
      var sum = 0.0
      for start in stride(from: 0, to: grid.count, by: 128) {
        let patches = start..<min(grid.count, start + 128)
        let tile = trace.visiblePattern(
          head, rows: grid.first + patches.lowerBound..<grid.first + patches.upperBound)
        for (row, patch) in patches.enumerated() {
          sum += Element.PreferredKernels.sum(
            tile.matrix, row: row, keys: rings[patch][...], shift: 0)
        }
      }
      return sum / Double(grid.count)
    }
  }

  /// For each patch the positions of those at that distance.
  static func rings(_ grid: PatchGrid, hops: Int) -> [[Int32]] {
    (0..<grid.count).map { patch in
      let (row, column) = patch.quotientAndRemainder(dividingBy: grid.columns)
      return (0..<grid.count).compactMap { other in
        let (y, x) = other.quotientAndRemainder(dividingBy: grid.columns)
        return max(abs(y - row), abs(x - column)) == hops ? Int32(grid.first + other) : nil
      }
    }
  }
}
