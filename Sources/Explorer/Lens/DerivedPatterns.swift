import Models
import Tensors

/// Maps made from other maps of the same size.
protocol DerivedPatterns: PatternSource {
  /// The maps they are made from.
  var base: any PatternSource { get }
}

extension DerivedPatterns {
  /// Those of the maps they are made from.
  var layers: Int { base.layers }
  /// Those of the maps they are made from.
  var heads: Int { base.heads }
  /// That of the maps they are made from.
  var queryCount: Int { base.queryCount }
  /// That of the maps they are made from.
  var keyCount: Int { base.keyCount }
  /// That of the maps they are made from.
  var isCausal: Bool { base.isCausal }
}

/// The mean or the maximum of a layer's heads, in place of each of them.
struct PooledPatterns: DerivedPatterns {
  let base: any PatternSource
  private let pool: Lens.Pool

  init(_ base: any PatternSource, _ pool: Lens.Pool) {
    (self.base, self.pool) = (base, pool)
  }

  func pattern(_ head: HeadIndex, rows: Range<Int>, columns: Range<Int>) -> Tensor<Float> {
    var result = [Float](repeating: 0, count: rows.count * columns.count)
    for other in 0..<base.heads {
      let index = HeadIndex(layer: head.layer, head: other)
      base.pattern(index, rows: rows, columns: columns).withElements { weights in
        for place in result.indices {
          // A NaN must be seen, so it is never the smaller one.
          let larger = result[place] >= weights[place] ? result[place] : weights[place]
          result[place] = pool == .maximum ? larger : result[place] + weights[place]
        }
      }
    }
    if pool == .average { for place in result.indices { result[place] /= Float(base.heads) } }
    return Tensor(result, shape: [rows.count, columns.count])
  }
}

/// Weights by the length of what they carry: `A[q, k]·‖v[k]‖`, every row divided by its sum.
///
/// A sink whose value is near zero takes attention and gives nothing; here it fades.
///
/// Source: Kobayashi et al. 2020, "Attention is Not Only a Weight"; without the output projection.
struct ValueWeightedPatterns: DerivedPatterns {
  let base: any PatternSource
  private let norms: ValueLengths

  init(_ base: any PatternSource, _ norms: ValueLengths) { (self.base, self.norms) = (base, norms) }

  func pattern(_ head: HeadIndex, rows: Range<Int>, columns: Range<Int>) -> Tensor<Float> {
    let norms = norms[head]
    let keys = base.keyCount
    var result: [Float] = []
    result.reserveCapacity(rows.count * columns.count)
    base.pattern(head, rows: rows, columns: 0..<keys).withElements { weights in
      for row in 0..<rows.count {
        let values = (0..<keys).map {
          weights[row * keys + $0] * ($0 < norms.count ? norms[$0] : 0)
        }
        let sum = values.reduce(0, +)
        result += columns.map { sum == 0 ? .nan : values[$0] / sum }
      }
    }
    return Tensor(result, shape: [rows.count, columns.count])
  }
}

/// Maps without some keys.
struct SinklessPatterns: DerivedPatterns {
  let base: any PatternSource
  private let sinks: Set<Int>
  private let renormalises: Bool

  init(_ base: any PatternSource, _ sinks: Set<Int>, renormalises: Bool) {
    (self.base, self.sinks, self.renormalises) = (base, sinks, renormalises)
  }

  func pattern(_ head: HeadIndex, rows: Range<Int>, columns: Range<Int>) -> Tensor<Float> {
    var result = base.pattern(head, rows: rows, columns: columns).elements
    let hidden = columns.filter { sinks.contains($0) }
    for (row, query) in rows.enumerated() {
      for key in hidden { result[row * columns.count + key - columns.lowerBound] = 0 }
      guard renormalises else { continue }
      let rest = 1 - hiddenMass(head, query: query)
      for place in row * columns.count..<(row + 1) * columns.count {
        // A query that looks at sinks alone has nothing left to divide.
        result[place] = rest < 1e-6 ? .nan : result[place] / rest
      }
    }
    return Tensor(result, shape: [rows.count, columns.count])
  }

  /// How much of a query's attention the hidden keys take.
  func hiddenMass(_ head: HeadIndex, query: Int) -> Float {
    sinks.sorted().reduce(0) { sum, key in
      guard key < base.keyCount else { return sum }
      let weight = base.pattern(head, rows: query..<query + 1, columns: key..<key + 1)
      return sum + (weight.elements.first ?? 0)
    }
  }
}
