import ArgumentParser
import Explorer
import Models
import Tensors

/// `heed export`: one tensor of a run.
struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write one tensor of a run: maps, scores, vectors, logits.",
    discussion: """
      attention is [layer, head, query, key]; --layer and --head take dimensions away. \
      scores are the numbers before softmax, scaled, without a mask.
      """)

  @OptionGroup var model: ModelArgument
  @OptionGroup var prompt: PromptOptions

  @Option(help: "Which tensor")
  var tensor = TraceTensor.attention

  /// The formats of `heed export`.
  enum Format: String, CaseIterable, ExpressibleByArgument {
    case csv, json, npy, tsv
  }

  @Option(help: "How to write it (default: by the ending of --output, else npy)")
  var format: Format?

  @OptionGroup var heads: HeadOptions
  @OptionGroup var engine: EngineOptions
  @OptionGroup var output: OutputOption

  func run() throws {
    if engine.precision == .f64 { try run(Double.self) } else { try run(Float.self) }
  }

  private func run<Element: Scalar>(_: Element.Type) throws {
    let ending = output.output.flatMap { $0.split(separator: ".").last }.map(String.init)
    let format = format ?? ending.flatMap(Format.init(rawValue:)) ?? .npy
    guard let export = TensorExports.named(format.rawValue) else { return }
    if export.isBinary, output.sink.isTerminal {
      throw Failure.binaryToTerminal(format: export.name)
    }
    let (model, tokenizer) = try Opening.model(model, engine)
    try heads.check(model.plan)
    if tensor == .logits, !model.hasOutputHead {
      throw ModelError.outputHeadMissing(checkpoint: model.name)
    }
    let prompt = try prompt.prompt(tokenizer)
    let trace = try Running.trace(model, prompt, engine, as: Element.self)
    let source = tensor.source(model, trace, layer: heads.layer, head: heads.head)
    try output.sink.write { write in try export.export(source, write: write) }
  }
}

extension TraceTensor: ExpressibleByArgument {}
