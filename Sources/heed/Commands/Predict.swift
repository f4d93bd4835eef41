import ArgumentParser
import Explorer
import Foundation
import Models
import Tensors
import Tokenizers

/// `heed predict`: what the model expects next.
struct Predict: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "The most probable next tokens, and the loss on the prompt.")

  @OptionGroup var model: ModelArgument
  @OptionGroup var prompt: PromptOptions

  @Option(help: "How many tokens to print")
  var top = 10

  @Option(help: "Heads to take out, such as L5.H1,L3 (a layer alone means all of its heads)")
  var without: String?

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
    let top: [Candidate]
    /// Mean next-token cross-entropy of the prompt in nats; null for a prompt of one token.
    let loss: Double?
    /// The heads taken out, and the loss with them; nil when none was named.
    let without: [HeadIndex]?
    let lossBefore: Double?

    enum CodingKeys: CodingKey { case top, loss, without, lossBefore }
    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(top, forKey: .top)
      try container.encode(loss, forKey: .loss)
      guard let without else { return }
      try container.encode(without.map(\.description), forKey: .without)
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
    guard model.hasOutputHead else { throw ModelError.outputHeadMissing(checkpoint: model.name) }
    let prompt = try prompt.prompt(source)
    let removed = try without.map { try model.plan.heads(named: $0) }
    var trace = try Running.trace(model, prompt, engine, as: Element.self)
    var before: Double?
    if let removed {
      before = try Distribution.ofPrompt(model, trace).loss
      trace = try model.run(
        prompt, interventions: removed.map(Intervention.zero), reusing: trace
      ) { _ in try Interruption.check() }
    }
    let distributions = try Distribution.ofPrompt(model, trace)
    let tokenizer = try? source.open()
    let report = Report(
      top: distributions.last.top(top).map { candidate in
        Report.Candidate(
          id: candidate.id, piece: tokenizer?.piece(candidate.id) ?? "<\(candidate.id)>",
          text: String(decoding: tokenizer?.bytes(candidate.id) ?? [], as: UTF8.self),
          probability: candidate.probability, logit: candidate.logit)
      }, loss: distributions.loss, without: removed, lossBefore: before)
    try write(report)
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
      var table = TextTable(["probability", "logit", "id", "text"], leading: [3])
      for candidate in report.top {
        table.add([
          String(format: "%.4f", candidate.probability), String(format: "%.3f", candidate.logit),
          "\(candidate.id)", TokenText.exact(Array(candidate.text.utf8), charset: .half),
        ])
      }
      func nats(_ loss: Double?) -> String {
        loss.map { String(format: "%.4f nats per token", $0) } ?? "·"
      }
      var text = table.text + "loss on the prompt: \(nats(report.loss))\n"
      if let without = report.without {
        let names = without.map(\.description).joined(separator: ", ")
        text += "with \(names): \(nats(report.lossBefore))\n"
      }
      try output.sink.write(text)
    }
  }
}
