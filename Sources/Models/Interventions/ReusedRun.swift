import Tensors

/// What an earlier run of the same prompt spares a run with interventions.
///
/// Both agree up to the first block that either of them touches. Where the new run only changes weighted
/// values or rules there, and the earlier one nothing, that block's queries, keys and values agree as well.
struct ReusedRun<Element: Scalar> {
  private let base: Trace<Element>
  /// The first block that must run.
  let start: Int
  /// The residual stream entering it; nil when the prompt must be embedded again.
  let residual: Tensor<Element>?
  private let keepsInputs: Bool

  /// - Parameters:
  ///   - interventions: In the stack's own attention.
  ///   - crossing: In its cross attention, which comes after it in every block.
  init(
    _ base: Trace<Element>, for interventions: [Intervention], crossing: [Intervention] = []
  ) {
    self.base = base
    // Where the earlier run replaced the residual stream, the block that made it must run again.
    let touchedBefore = base.interventions.map { $0.isOfResidual ? $0.layer - 1 : $0.layer }
    let crossed = crossing + (base.stream(.cross)?.interventions ?? [])
    let first =
      (interventions.map(\.layer) + touchedBefore + crossed.map(\.layer)).min() ?? base.layers
    start = max(0, min(first, base.layers))
    residual = first < 0 ? nil : base.residuals[start]
    keepsInputs =
      touchedBefore.allSatisfy { $0 > first }
      && interventions.allSatisfy { $0.layer > first || $0.leavesInputsOfItsLayer }
  }

  /// The residual streams before that.
  var residuals: [Tensor<Element>] { Array(base.residuals[..<start]) }

  /// Cross attention of that run; nil without.
  var crossing: Trace<Element>? { base.stream(.cross) }

  /// The attention of the blocks before.
  var attention: [LayerTrace<Element>] { Array(base.attention[..<start]) }

  /// The attention of a block whose queries, keys and values need not be made again.
  func layer(_ layer: Int) -> LayerTrace<Element>? {
    layer == start && keepsInputs ? base.attention[layer] : nil
  }
}
