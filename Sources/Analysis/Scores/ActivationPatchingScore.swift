import Tensors

/// How much of a clean prompt's answer a head alone brings back into a corrupted run.
enum ActivationPatchingScore: HeadScore {
  static let name = "activation-patching"
  static let title = "Activation patching"
  static let formula =
    "(m with the head's clean z − m corrupted) / (m clean − m corrupted), m"
    + " the logit of the target less that of the other"
  static let unit = "share"
  static let lowest: Double? = nil
  static func highest(seq: Int) -> Double? { nil }
  static let source = "Meng et al. 2022; TransformerLens, get_act_patch_attn_head_out_all_pos"
  static let evidence = Evidence.verified
  static let needs: Set<ScoreNeed> = [.ablations]

  static func obstacle(_ facts: ScoreFacts) -> String? { facts.patchingObstacle }

  static func table<Element: Scalar>(_ input: ScoreInput<Element>) throws -> HeadTable {
    try Patching(input).activation(input.onProgress)
  }
}
