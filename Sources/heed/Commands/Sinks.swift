import Analysis
import ArgumentParser
import Explorer
import Foundation
import Models
import Tensors
import Tokenizers

/// `heed sinks`: where attention goes that has nowhere to go.
struct Sinks: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Attention sinks: keys, the heads that feed them, massive activations.")

  @OptionGroup var model: ModelArgument
  @OptionGroup var prompt: PromptOptions

  @Option(help: "From which mean weight on a key counts as a sink")
  var epsilon = 0.3

  /// What CSV, TSV and NumPy's format hold.
  enum Table: String, CaseIterable, ExpressibleByArgument {
    case positions, heads, massive, layers
  }

  @Option(help: "Which table csv, tsv and npy hold")
  var table = Table.positions

  @Option(help: "How to write it; npy holds numbers alone")
  var format = Scores.Format.text

  @OptionGroup var engine: EngineOptions
  @OptionGroup var output: OutputOption

  func validate() throws {
    if !(epsilon > 0 && epsilon < 1) {
      throw ValidationError("--epsilon takes a number between 0 and 1.")
    }
  }

  func run() throws {
    if format == .npy, output.sink.isTerminal { throw Failure.binaryToTerminal(format: "npy") }
    if engine.precision == .f64 {
      try run(Double.self)
    } else {
      try run(Float.self)
    }
  }

  private func run<Element: Scalar>(_: Element.Type) throws {
    let (model, tokenizer) = try Opening.model(model, engine)
    let prompt = try prompt.prompt(tokenizer, model)
    let trace = try Running.trace(model, prompt, engine, as: Element.self, for: [.scores])
    let report = try Running.analysis("looking for sinks") { onProgress in
      try SinkReport(model, trace, epsilon: epsilon, onProgress: onProgress)
    }
    let written = SinkWriter(report: report, tokens: prompt.tokens)
    switch format {
    case .json: try output.sink.write(json: written.file)
    case .csv, .tsv:
      let rows = written.rows(table)
      try output.sink.write(SeparatedTable.text(rows, format: format == .csv ? .csv : .tsv))
    case .npy:
      let rows = written.numbers(table)
      let width = rows.first?.count ?? 0
      try output.sink.write { write in
        try write(NPYHeader.bytes(shape: [rows.count, width], type: "<f8")[...])
        try rows.flatMap { $0 }.withUnsafeBytes { try write(Array($0)[...]) }
      }
    case .text: try output.sink.write(written.text)
    }
  }
}
