/// How a text and an image are compared: each becomes one vector, and a logit says how well they fit.
///
/// `logit = exp(scale) · cos(text, image) + bias`
///
/// Source: Radford et al. 2021, "Learning Transferable Visual Models From Natural Language Supervision";
/// Zhai et al. 2023, "Sigmoid Loss for Language Image Pre-Training".
public struct ContrastPlan: Sendable, Hashable {
  /// Which row of a text stands for all of it.
  public enum TextRow: Sendable, Hashable {
    /// The first with this id.
    case first(id: Int)
    /// That with the largest id, which the end of a text has in CLIP's own vocabulary.
    case largestID
    /// The last one of a text that is padded with an id to the whole context, as in training.
    case last(padding: Int)
  }

  /// How an image's rows become one vector.
  public indirect enum ImagePooling: Sendable, Hashable {
    /// The first row, projected.
    case first(LinearPlan)
    /// What a learned query sees in all rows, and an MLP adds to it.
    case probe(ProbePlan)
  }

  /// The row of a text, after the final norm.
  public let textRow: TextRow
  /// From that row to the vector.
  public let text: LinearPlan
  /// From an image's rows, after their final norm, to the vector.
  public let image: ImagePooling
  /// The logarithm of what cosines are multiplied by, one number.
  public let scale: WeightPlan
  /// What is added, one number; nil for nothing.
  ///
  /// With it a logit is of one pair alone, without it of one text among several.
  public let bias: WeightPlan?

  /// The weights beside those of both stacks.
  var weights: [WeightPlan] {
    let pooled =
      switch image {
      case .first(let projection): projection.weights
      case .probe(let probe): probe.weights
      }
    return text.weights + pooled + [scale] + (bias.map { [$0] } ?? [])
  }
}

/// Attention of one learned query to all rows, and an MLP.
///
/// `x = attention(probe, rows)`; the vector is `x + MLP(norm(x))`.
///
/// Source: Lee et al. 2019, "Set Transformer"; transformers 5, `models/siglip/modeling_siglip.py`.
public struct ProbePlan: Sendable, Hashable {
  /// The query before its projection, `[1, dModel]`.
  public let probe: WeightPlan
  /// How many heads look.
  public let heads: Int
  /// From a row to its query, key and value, side by side.
  public let queryKeyValue: LinearPlan
  /// From all heads' weighted values.
  public let output: LinearPlan
  /// Before the MLP.
  public let norm: NormPlan
  /// What is added.
  public let mlp: MLPPlan

  var weights: [WeightPlan] {
    [probe] + queryKeyValue.weights + output.weights + norm.weights + mlp.weights
  }
}
