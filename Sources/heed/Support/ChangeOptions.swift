import ArgumentParser
import Models
import Tensors
import Tokenizers

/// What is changed in a run before it is asked about.
struct ChangeOptions: ParsableArguments {
  @Option(
    help: """
      Heads to take out, such as L5.H1,L3 (a layer alone means all of its heads; encoder:L5.H1 is of a part that \
      --stream does not name)
      """)
  var without: String?

  @Option(
    help:
      "Edges to cut, HEADS:QUERY>KEY with ; between, such as L5.H1:9>3+9>4 or 'L3:*>0;L4.H2:12>1-3'"
  )
  var cut: String?

  @Option(
    help: """
      What to take from the run of --from, HEADS:SITE@POSITIONS with ; between, SITE one of q, k, v, z and, for \
      layers, residual, such as L5.H1:z@14 or 'L3:residual@5-7;L4:k' (default: all positions)
      """)
  var replace: String?

  @Option(
    help:
      "The prompt that --replace takes from: a text, ids after #, such as #0,5,9, or an image's file"
  )
  var from: String?

  @Option(
    help: """
      Let what is replaced reach these places alone, written as for --replace: path patching (default: everything \
      that follows)
      """)
  var into: String?

  func validate() throws {
    if (replace == nil) != (from == nil) {
      throw ValidationError("--replace says what is taken, --from of which prompt; give both.")
    }
    if into != nil, replace == nil {
      throw ValidationError("--into says what --replace reaches; give --replace and --from.")
    }
  }

  /// What is changed, in words; nil for nothing.
  var text: String? {
    var parts: [String] = []
    if let without { parts.append("without \(without)") }
    if let cut { parts.append("without the edges \(cut)") }
    if let replace {
      parts.append("with \(replace) of the other prompt" + (into.map { ", into \($0)" } ?? ""))
    }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }

  /// The changes as interventions, by part.
  ///
  /// - Parameters:
  ///   - prompt: What the model is asked.
  ///   - stream: The part that is changed where nothing else is said.
  ///   - base: A run of all parts without them.
  ///   - source: Reads the text of `--from`.
  /// - Throws: What names a place that is not there; what running the other prompt throws.
  func interventions<Element: Scalar>(
    _ model: Model, _ prompt: Prompt, in stream: StreamName, base: Trace<Element>,
    _ source: TokenizerSource, addSpecial: Bool
  ) throws -> [StreamName: [Intervention]] {
    let own = try model.stream(stream, of: base)
    var parts = try removed(model, prompt, in: stream)?.zeroed ?? [:]
    var changes = parts.removeValue(forKey: stream) ?? []
    if let cut { changes += try own.plan.cuts(cut) }
    guard let replace, let from else { return parts.merging([stream: changes]) { $1 } }
    let places = try own.plan.replacements(replace)
    let receivers = try into.map { try own.plan.replacements($0) }
    var prompt =
      try model.plan.embedding.patches == nil
      ? ScoreFiles.prompt("from", from, source, addSpecial: addSpecial)
      : PromptExtras(image: from).prompt(GivenPrompt(source: .ids([])), source, model)
    // An encoder-decoder makes of the other text what it makes of this one: only what is read differs.
    if prompt.decoder.isEmpty, case .attended = model.plan.encoder {
      prompt.decoder = base.prompt.tokens
    }
    let other = try model.run(prompt, as: Element.self) { _ in try Interruption.check() }
    let read = try model.stream(stream, of: other)
    changes += try places.map {
      try $0.intervention(from: read, seq: $0.site.isOfKeys ? own.keyCount : own.seq)
    }
    if let receivers {
      guard parts.isEmpty else {
        throw ValidationError("--into goes with heads of the part alone that --stream names.")
      }
      changes = try model.paths(from: changes, to: receivers, in: stream, base: base) { _ in
        try Interruption.check()
      }
    }
    return parts.merging([stream: changes]) { $1 }
  }

  /// The heads to take out; nil where none are named.
  ///
  /// - Throws: What names a head that is not there.
  func removed(
    _ model: Model, _ prompt: Prompt, in stream: StreamName
  ) throws -> StreamHeads? {
    try without.map { try model.heads(named: $0, in: stream, of: prompt) }
  }
}
