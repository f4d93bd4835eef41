import Tensors

/// Products that fade with distance, without softmax.
struct LightningRule: AttentionRule {
  private static let form = RuleParameter.choice(
    "form", ["published", "tame"],
    "signed products as published, or elu + 1 of q and k divided by the row's sum (ours)")
  private static let slope = RuleParameter.number(
    "slope", 0, 0...1e6, "decay for each token; by head and layer as published when 0")

  static let card = RuleCard(
    name: "lightning", title: "Lightning Attention: decaying products",
    formula: "e^(−slope · (i − j)) · q·k for j ≤ i: no softmax, no scale, signed; slope ="
      + " 2^(−8(h+1)/H) · (1 − l/(L−1) + 1e−5)",
    family: .stress, label: .stress, evidence: .checked,
    source: "Qin et al. 2024; OpenNLPLab/lightning-attention lightning_attn2.py, utils.py",
    parameters: [form, slope], needs: [.causal], rows: .signed, kvFraction: "a d × d state")

  let isTame: Bool
  let slope: Double

  init(_ spec: RuleSpec) {
    isTame = spec.text(Self.form) == "tame"
    slope = spec.number(Self.slope)
  }

  func prepare<K: Kernels>(_ head: RuleHead<K>) -> HeadRule<K.Element> {
    let slope =
      self.slope > 0
      ? self.slope
      : Self.slope(
        head: head.head, heads: head.plan.heads, layer: head.layer.layer, layers: head.layer.layers)
    let isTame = isTame
    func features(_ m: Matrix<K.Element>) -> Matrix<K.Element> {
      guard isTame else { return m }
      let numbers = Rows.doubles(m).map { $0 > 0 ? $0 + 1 : Double.exp($0) }
      let tensor: Tensor<K.Element> = Rows.tensor(numbers, shape: [m.rows, m.columns])
      return tensor.matrix
    }
    let (queries, keys) = (features(head.queries), features(head.keys))
    var rule = HeadRule<K.Element>.map { rows in
      let count = head.width(rows)
      var tile = Tensor<K.Element>(uninitialized: [rows.count, count])
      K.multiply(
        queries.rows(rows), keys.rows(0..<count), transposed: true, scale: 1, adding: false,
        into: tile.mutableMatrix())
      Rows.change(tile.mutableMatrix(), firstQuery: rows.lowerBound) { query, row in
        for j in row.indices {
          row[j] = j <= query ? row[j] * Double.exp(-slope * Double(query - j)) : 0
        }
        if isTame { row.normalize() }
      }
      return tile
    }
    rule.cache = .state
    rule.facts = [RuleFact("slope", slope)]
    return rule
  }

  /// The decay of a head: ALiBi's slopes, smaller in later layers.
  static func slope(head: Int, heads: Int, layer: Int, layers: Int) -> Double {
    let depth = layers > 1 ? 1 - Double(layer) / Double(layers - 1) + 1e-5 : 1 + 1e-5
    // Between two powers of two: those of the lower one, then every other one of the next.
    var power = 1
    while power * 2 <= heads { power *= 2 }
    let exponent =
      head < power
      ? -8 * Double(head + 1) / Double(power)
      : -8 * Double(2 * (head - power) + 1) / Double(2 * power)
    return Double.exp(exponent * Double.log(2.0)) * depth
  }
}
