import Models
import Tensors

/// Maps that are given as they are, `[layer][head]`.
struct MapsAtHand: PatternSource {
  let maps: [[Tensor<Float>]]
  var isCausal = true

  var layers: Int { maps.count }
  var heads: Int { maps[0].count }
  var queryCount: Int { maps[0][0].shape[0] }
  var keyCount: Int { maps[0][0].shape[1] }

  func pattern(_ head: HeadIndex, rows: Range<Int>, columns: Range<Int>) -> Tensor<Float> {
    maps[head.layer][head.head].matrix.window(rows: rows, columns: columns).copied
  }

  /// The maps of the weight-free fixture.
  static var toy: MapsAtHand {
    MapsAtHand(
      maps: (0..<ToyFixture.layers).map { layer in
        (0..<ToyFixture.heads).map { ToyFixture.map(layer, $0) }
      })
  }
}
