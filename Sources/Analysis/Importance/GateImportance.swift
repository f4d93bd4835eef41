import Foundation
import Models
import Tensors

/// What gradients say about how much each head is needed, added up over prompts.
///
/// Everything follows from `⟨z, ∂L/∂z⟩` of every head and position: their sum over positions is the derivative
/// of the loss by a gate on the head.
public struct GateImportance: Sendable {
  private var signed, perToken, perPrompt, squared: HeadTable
  private var tokens = 0
  private var prompts = 0

  /// Nothing yet, for a model of that many layers and heads.
  public init(layers: Int, heads: Int) {
    signed = HeadTable(repeating: 0, layers: layers, heads: heads)
    perToken = signed
    perPrompt = signed
    squared = signed
  }

  /// Takes one prompt's gradients of its mean next-token loss.
  public mutating func add<Element: Scalar>(_ gradients: Gradients<Element>) {
    let heads = gradients.trace.plan.allHeads
    add(zip(heads, heads.map(gradients.gateTerms)), tokens: gradients.trace.seq)
  }

  /// Takes the terms of every head, one number for each position.
  mutating func add(_ terms: some Sequence<(HeadIndex, [Double])>, tokens count: Int) {
    for (index, terms) in terms {
      let gate = terms.reduce(0, +)
      signed[index] += gate
      // Michel's loss is a sum over tokens, ours a mean; a layer's norm takes the factor out again.
      perToken[index] += terms.reduce(0) { $0 + abs($1) } * Double(count)
      perPrompt[index] += abs(gate)
      squared[index] += gate * gate
    }
    tokens += count
    prompts += 1
  }

  /// ∂ loss / ∂ gate, signed, the mean over prompts; in nats.
  ///
  /// A head that helps has a negative one: opening its gate further lowers the loss.
  public var gateGradient: HeadTable { scaled(signed, by: prompts) }

  /// `Σ |⟨z, ∂L/∂z⟩|` over tokens, divided by their number, each layer scaled to an ℓ2 norm of one.
  ///
  /// Source: Michel et al. 2019, `examples/classifier_eval.py`.
  public var michel: HeadTable { scaled(perToken, by: tokens).scaledByLayer }

  /// `Σ |∂L/∂gate|` over prompts, each layer scaled to an ℓ2 norm of one, then all heads to 0...1.
  ///
  /// Source: transformers, `run_bertology.py`, with one prompt a batch.
  public var bertology: HeadTable {
    scaled(perPrompt, by: tokens).scaledByLayer.scaledToUnit
  }

  /// `(∂L/∂gate)²`, the mean over prompts: the first-order term, squared.
  ///
  /// Source: Molchanov et al. 2019 [R]: from memory, unchecked.
  public var taylor: HeadTable { scaled(squared, by: prompts) }

  private func scaled(_ sums: HeadTable, by count: Int) -> HeadTable {
    var table = sums
    for place in table.values.indices { table.values[place] /= Double(count) }
    return table
  }
}

extension HeadTable {
  /// Each layer divided by the square root of its sum of squares.
  var scaledByLayer: HeadTable {
    HeadTable(
      layers: layers, heads: heads,
      values: rows.flatMap { row in
        let norm = row.reduce(0) { $0 + $1 * $1 }.squareRoot() + 1e-20
        return row.map { $0 / norm }
      })
  }

  /// The smallest number at 0, the largest at 1; undefined where all are equal.
  var scaledToUnit: HeadTable {
    guard let bounds else { return self }
    let width = bounds.upperBound - bounds.lowerBound
    return HeadTable(
      layers: layers, heads: heads,
      values: values.map { width > 0 ? ($0 - bounds.lowerBound) / width : .nan })
  }
}

/// First-order estimates of what replacing each head's weighted values would do.
public enum AttributionPatching {
  /// `Σ (z' − z) · ∂/∂z` of every head, in the unit of what was differentiated.
  ///
  /// With `z` of a corrupted run and `z'` of the clean one it estimates how much of a metric each head
  /// restores.
  ///
  /// - Parameters:
  ///   - gradients: Of the run that is patched.
  ///   - other: The run that patches come from; of as many tokens.
  ///
  /// Source: Nanda 2023, "Attribution patching".
  public static func values<Element: Scalar>(
    _ gradients: Gradients<Element>, from other: Trace<Element>
  ) -> [Double] {
    typealias K = Element.PreferredKernels
    let trace = gradients.trace
    return trace.plan.allHeads.map { head in
      let g = gradients.weightedValues(head)
      return K.dots(other.weightedValues(head), g).reduce(0, +)
        - K.dots(trace.weightedValues(head), g).reduce(0, +)
    }
  }
}
