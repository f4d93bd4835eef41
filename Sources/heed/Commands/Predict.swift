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

  @OptionGroup var changes: ChangeOptions

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
    var loss: Double?
    /// The heads taken out, the edges cut, what is replaced and whom that reaches; nil when none was named.
    var without: [String]?
    var cut, replace, into: String?
    /// Whether anything was changed, in words, and the loss without the change.
    var change: String?
    var lossBefore: Double?

    enum CodingKeys: CodingKey {
      case top, masks, answer, loss, without, cut, replace, into, lossBefore
    }
    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(top, forKey: .top)
      try container.encodeIfPresent(masks, forKey: .masks)
      try container.encodeIfPresent(answer, forKey: .answer)
      try container.encode(loss, forKey: .loss)
      guard change != nil else { return }
      try container.encodeIfPresent(without, forKey: .without)
      try container.encodeIfPresent(cut, forKey: .cut)
      try container.encodeIfPresent(replace, forKey: .replace)
      try container.encodeIfPresent(into, forKey: .into)
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
    let addsSpecial = prompt.addsSpecial
    let prompt = try prompt.prompt(source, model, answers: false)
    var trace = try Running.whole(
      model, prompt, engine, as: Element.self, for: [changes.text == nil ? .run : .rerun])
    let removed = try changes.removed(model, prompt, in: engine.stream)
    var before: Double?
    let interventions = try changes.interventions(
      model, prompt, in: engine.stream, base: trace, source, addSpecial: addsSpecial)
    let isChanged = interventions.values.contains { !$0.isEmpty }
    if isChanged {
      if trace.isCausal, !model.plan.head.isOfClasses {
        before = try Distribution.ofPrompt(model, trace).loss
      }
      trace = try model.run(
        prompt, interventions: interventions, reusing: trace
      ) { _ in
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
    func report(_ top: [Report.Candidate], loss: Double? = nil) -> Report {
      Report(
        top: top, loss: loss, without: removed?.names(in: engine.stream), cut: changes.cut,
        replace: changes.replace,
        into: changes.into, change: changes.text, lossBefore: before)
    }
    if model.plan.head.isOfClasses {
      return try write(report(candidates(try .ofClasses(model, trace))))
    }
    if !trace.isCausal {
      let masks = try trace.prompt.maskedPositions(tokenizer).map { position in
        Report.Mask(
          position: position,
          top: candidates(try model.distribution(trace, position: position)))
      }
      var filled = report(masks[0].top)
      filled.masks = masks.count > 1 ? masks : nil
      return try write(filled)
    }
    let distributions = try Distribution.ofPrompt(model, trace)
    var report = report(candidates(distributions.last), loss: distributions.loss)
    report.isNext = true
    if case .attended = model.plan.encoder, prompt.decoder.isEmpty, !isChanged {
      let ids = try model.answer(prompt, end: source.endTokens).dropFirst()
      report.answer =
        tokenizer.map { String(decoding: $0.decode(Array(ids)), as: UTF8.self) }
        ?? ids.map(String.init).joined(separator: ",")
    }
    try write(report)
  }

  /// How well captions fit an image; without heads that are taken out.
  private func compare(_ model: Model, _ source: TokenizerSource, _ contrast: ContrastPlan) throws {
    guard changes.text == nil else {
      throw ValidationError(
        "--without, --cut and --replace go with models that predict tokens or classes.")
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
    for prompt in [image] + texts {
      try engine.prepare(model, model.shape(of: prompt), isFiled: false)
    }
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
      // What was asked about comes after what it is held against.
      if report.isNext {
        text +=
          "loss on the prompt: \(nats(report.change == nil ? report.loss : report.lossBefore))\n"
      }
      if let change = report.change {
        text += report.isNext ? "\(change): \(nats(report.loss))\n" : "\(change)\n"
      }
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
