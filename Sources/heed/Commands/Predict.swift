import ArgumentParser
import Explorer
import Foundation
import Models
import Tensors
import Tokenizers

/// `heed predict`: what the model expects next.
struct Predict: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "The most probable next tokens, masked tokens or classes, and the loss on the prompt.",
    discussion: """
      A model that compares texts with images takes an --image and says how well each line of the text \
      fits it.
      """)

  @OptionGroup var model: ModelArgument
  @OptionGroup var prompt: PromptOptions

  @Option(help: "How many tokens to print")
  var top = 10

  @Option(help: "Heads to take out, such as L5.H1,L3 (a layer alone means all of its heads)")
  var without: String?

  @Option(
    help:
      "Edges to cut, HEADS:QUERY>KEY with ; between, such as L5.H1:9>3+9>4 or 'L3:*>0;L4.H2:12>1-3'"
  )
  var cut: String?

  @Option(help: "How to write it")
  var format = TableFormat.text

  @OptionGroup var engine: EngineOptions
  @OptionGroup var output: OutputOption

  private struct Report: Encodable {
    struct Candidate: Encodable {
      let id: Int
      let piece, text: String
      let probability, logit: Double
    }
    /// Candidates for one masked token.
    struct Mask: Encodable {
      let position: Int
      let top: [Candidate]
    }
    let top: [Candidate]
    /// One for each masked token, where there are several; nil otherwise.
    var masks: [Mask]?
    /// What an encoder-decoder writes by itself; nil for others.
    var answer: String?
    /// Whether these are next tokens, which have a loss.
    var isNext = false
    /// Mean next-token cross-entropy of the prompt in nats; null for a prompt of one token.
    let loss: Double?
    /// The heads taken out, and the loss with them; nil when none was named.
    let without: [HeadIndex]?
    /// The edges that are cut; nil when none was named.
    var cut: String?
    let lossBefore: Double?

    enum CodingKeys: CodingKey { case top, masks, answer, loss, without, cut, lossBefore }
    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(top, forKey: .top)
      try container.encodeIfPresent(masks, forKey: .masks)
      try container.encodeIfPresent(answer, forKey: .answer)
      try container.encode(loss, forKey: .loss)
      guard without != nil || cut != nil else { return }
      try container.encodeIfPresent(without?.map(\.description), forKey: .without)
      try container.encodeIfPresent(cut, forKey: .cut)
      try container.encode(lossBefore, forKey: .lossBefore)
    }
  }

  func validate() throws {
    if top < 1 { throw ValidationError("--top takes a number above 0.") }
  }

  func run() throws {
    if engine.precision == .f64 { try run(Double.self) } else { try run(Float.self) }
  }

  private func run<Element: Scalar>(_: Element.Type) throws {
    let (model, source) = try Opening.model(model, engine)
    if let contrast = model.contrast { return try compare(model, source, contrast) }
    guard model.hasOutputHead else { throw ModelError.outputHeadMissing(checkpoint: model.name) }
    let prompt = try prompt.prompt(source, model, answers: false)
    let removed = try without.map { try model.plan.heads(named: $0) }
    let changes =
      (removed ?? []).map(Intervention.zero) + (try cut.map { try model.plan.cuts($0) } ?? [])
    var trace = try Running.trace(
      model, prompt, engine, as: Element.self, for: [changes.isEmpty ? .run : .rerun])
    var before: Double?
    if !changes.isEmpty {
      if trace.isCausal, !model.plan.head.isOfClasses {
        before = try Distribution.ofPrompt(model, trace).loss
      }
      trace = try model.run(prompt, interventions: changes, reusing: trace) { _ in
        try Interruption.check()
      }
    }
    let tokenizer = try? source.open()
    let names = model.plan.head.isOfClasses ? source.classNames : nil
    func candidates(_ distribution: Distribution) -> [Report.Candidate] {
      distribution.top(top).map { candidate in
        let name = names.map { $0[candidate.id] ?? "\(candidate.id)" }
        // Without a tokenizer, an id is all that a token is called.
        let spelled =
          name ?? tokenizer.map { String(decoding: $0.bytes(candidate.id) ?? [], as: UTF8.self) }
        return Report.Candidate(
          id: candidate.id, piece: name ?? tokenizer?.piece(candidate.id) ?? "<\(candidate.id)>",
          text: spelled ?? "<\(candidate.id)>",
          probability: candidate.probability, logit: candidate.logit)
      }
    }
    if model.plan.head.isOfClasses {
      return try write(
        Report(
          top: candidates(try .ofClasses(model, trace)), loss: nil, without: removed, cut: cut,
          lossBefore: nil))
    }
    if !trace.isCausal {
      let masks = try trace.prompt.maskedPositions(tokenizer).map { position in
        Report.Mask(
          position: position,
          top: candidates(try model.distribution(trace, position: position)))
      }
      return try write(
        Report(
          top: masks[0].top, masks: masks.count > 1 ? masks : nil, loss: nil, without: removed,
          cut: cut, lossBefore: nil))
    }
    let distributions = try Distribution.ofPrompt(model, trace)
    var report = Report(
      top: candidates(distributions.last), isNext: true, loss: distributions.loss, without: removed,
      cut: cut, lossBefore: before)
    if case .attended = model.plan.encoder, prompt.decoder.isEmpty, changes.isEmpty {
      let ids = try model.answer(prompt, end: source.endTokens).dropFirst()
      report.answer =
        tokenizer.map { String(decoding: $0.decode(Array(ids)), as: UTF8.self) }
        ?? ids.map(String.init).joined(separator: ",")
    }
    try write(report)
  }

  /// How well captions fit an image; without heads that are taken out.
  private func compare(_ model: Model, _ source: TokenizerSource, _ contrast: ContrastPlan) throws {
    guard without == nil, cut == nil else {
      throw ValidationError("--without and --cut go with models that predict tokens or classes.")
    }
    guard prompt.extra.image != nil || prompt.extra.pixels != nil else {
      throw ModelError.imageMissing(family: model.plan.family)
    }
    guard let bytes = try prompt.bytes() else { throw Failure.noPrompt }
    let captions = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
      .map(String.init)
    guard !captions.isEmpty else { throw Failure.noPrompt }
    let tokenizer = try source.open()
    let texts = captions.map { Prompt(tokens: tokenizer.encode($0).tokens) }
    let image = try prompt.prompt(source, model)
    try engine.prepare(model, seq: ([image] + texts).map(\.seq).max() ?? 0)
    Interruption.listen()
    let logits = try model.similarities(of: image, to: texts) { _ in try Interruption.check() }
    let largest = logits.max() ?? 0
    let sum = logits.reduce(0) { $0 + exp($1 - largest) }
    let top = logits.indices.sorted { logits[$0] > logits[$1] }.prefix(top).map { index in
      Report.Candidate(
        id: index, piece: captions[index], text: captions[index],
        probability: contrast.bias == nil
          ? exp(logits[index] - largest) / sum : 1 / (1 + exp(-logits[index])),
        logit: logits[index])
    }
    try write(Report(top: Array(top), loss: nil, without: nil, lossBefore: nil))
  }

  private func write(_ report: Report) throws {
    switch format {
    case .json: try output.sink.write(json: report)
    case .csv, .tsv:
      let rows = report.top.map {
        ["\($0.id)", $0.piece, $0.text, "\($0.probability)", "\($0.logit)"]
      }
      try output.sink.write(
        SeparatedTable.text(
          [["id", "piece", "text", "probability", "logit"]] + rows, format: format))
    case .text:
      var text = ""
      if let masks = report.masks {
        for mask in masks { text += "token \(mask.position)\n" + table(mask.top) + "\n" }
      } else {
        text = table(report.top)
      }
      func nats(_ loss: Double?) -> String {
        loss.map { String(format: "%.4f nats per token", $0) } ?? "·"
      }
      if let answer = report.answer { text += "answer: \(answer)\n" }
      if report.isNext {
        text += "loss on the prompt: \(nats(report.loss))\n"
      }
      if let without = report.without {
        let names = without.map(\.description).joined(separator: ", ")
        text += "with \(names): \(nats(report.lossBefore))\n"
      }
      if let cut = report.cut { text += "with \(cut): \(nats(report.lossBefore))\n" }
      try output.sink.write(text)
    }
  }

  private func table(_ candidates: [Report.Candidate]) -> String {
    var table = TextTable(["probability", "logit", "id", "text"], leading: [3])
    for candidate in candidates {
      table.add([
        String(format: "%.4f", candidate.probability), String(format: "%.3f", candidate.logit),
        "\(candidate.id)", TokenText.exact(Array(candidate.text.utf8), charset: .half),
      ])
    }
    return table.text
  }
}

extension Prompt {
  /// Where tokens are masked.
  ///
  /// - Throws: `ModelError.maskMissing` when none is.
  fileprivate func maskedPositions(_ tokenizer: Tokenizer?) throws(ModelError) -> [Int] {
    let found = maskPositions
    guard found.isEmpty else { return found }
    let known = Self.masks.first { tokenizer?.encode($0, addSpecial: false).tokens.count == 1 }
    throw .maskMissing(mask: known ?? Self.masks[0])
  }
}
