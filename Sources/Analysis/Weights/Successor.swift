import Models
import Tensors

/// How reliably a head's weights turn a member of an ordered class into the next one.
///
/// For each token of a class but the last, `MLP0 · W_V W_O · W_U`: it succeeds when the largest logit among
/// the tokens of the class is the next token's.
///
/// Source: Gould et al. 2023, "Successor Heads"; curt-tigges/circuits-over-time.
public enum Successor {
  /// The share of tokens whose successor wins, for every head.
  ///
  /// - Parameter classes: Ids in order.
  /// - Returns: nil where the first block has no plain MLP or the head reads something narrow.
  static func table<Element: Scalar>(
    _ input: ScoreInput<Element>, classes: [[Int]]
  ) throws -> HeadTable? {
    let model = input.model
    let ids = classes.flatMap { $0 }
    guard let embeddings = model.effectiveEmbeddings(ids, .onlyMLP, as: Element.self),
      let rows = try model.unembedding(ids, as: Element.self)
    else { return nil }
    // The reference folds no norm into what the head reads.
    return try input.forEachHeadWeights(isFolded: false) { weights in
      let outputs = SmallProducts.product(
        SmallProducts.product(embeddings, weights.value), weights.output)
      var logits = Tensor<Element>(uninitialized: [ids.count, ids.count])
      Element.PreferredKernels.multiply(
        outputs.matrix, rows.matrix, transposed: true, scale: 1, adding: false,
        into: logits.mutableMatrix())
      return accuracy(logits.converted(to: Double.self), classes: classes.map(\.count))
    }
  }

  /// The share of tokens whose successor has the largest logit of its class.
  ///
  /// - Parameters:
  ///   - logits: `[tokens, tokens]`, the classes one after the other.
  ///   - classes: How many tokens each class has.
  static func accuracy(_ logits: Tensor<Double>, classes: [Int]) -> Double {
    let matrix = logits.matrix
    var (first, wins, count) = (0, 0, 0)
    for size in classes {
      for token in first..<first + size - 1 {
        let best = (first..<first + size).max { matrix[token, $0] < matrix[token, $1] }
        if best == token + 1 { wins += 1 }
        count += 1
      }
      first += size
    }
    return count > 0 ? Double(wins) / Double(count) : .nan
  }
}
