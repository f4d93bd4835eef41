/// Mechanisms that need learned weights of their own: listed, so that nobody looks for them in vain.
public enum NativeOnlyRules {
  /// One of them.
  public struct Entry: Sendable, Hashable {
    /// The name that would stand after `--rule`.
    public let name: String
    /// A heading for people.
    public let title: String
    /// What is learned.
    public let needs: String
    /// Paper and code.
    public let source: String
  }

  /// Alphabetical.
  public static let all: [Entry] = [
    Entry(
      name: "csa", title: "Class-semantics attention", needs: "a learned class-semantics branch",
      source: "Sridhar et al. 2021; text only"),
    Entry(
      name: "gated", title: "Gated attention", needs: "a learned gate for every head (attn.alpha)",
      source: "Bondarenko et al. 2023"),
    Entry(
      name: "multi-lane", title: "MULTI-LANE patch summaries",
      needs: "learned selectors and prompts", source: "De Min et al. 2024; tdemin16/multi-lane"),
    Entry(
      name: "music", title: "Music Transformer's relative attention",
      needs: "a learned embedding for every distance",
      source: "Huang et al. 2018; tensor2tensor common_attention.py"),
    Entry(
      name: "ninformer", title: "NiNformer's token mixer",
      needs: "a learned mixer in place of Q and K",
      source: "Abdullah-88/NiNformer"),
    Entry(
      name: "pam", title: "Position attention", needs: "learned convolutions for q, k and v",
      source: "Sinha & Dolz 2020; sinAshish/Multi-Scale-Attention"),
    Entry(
      name: "pointer", title: "Pointer network", needs: "learned scoring vectors and LSTM states",
      source: "Vinyals et al. 2015"),
    Entry(
      name: "rcmha", title: "RCMHA", needs: "learned convolutions of q, k and v",
      source: "hermansh-id/rcmha"),
    Entry(
      name: "titans", title: "Titans' memory",
      needs: "a memory learned at test time (titans-mask has the mask)",
      source: "Behrouz et al. 2024"),
  ]

  /// The entry of that name; nil when there is none.
  public static func named(_ name: String) -> Entry? { all.first { $0.name == name } }
}
