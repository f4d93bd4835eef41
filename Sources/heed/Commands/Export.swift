import ArgumentParser
import Explorer
import Models
import Tensors

/// `heed export`: one tensor of a run, or the numbers of a view.
struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write one tensor of a run, or the numbers that a view shows.",
    discussion: """
      attention is [layer, head, query, key]; --layer and --head take dimensions away. \
      scores are the numbers before softmax, scaled, without a mask. \
      --view writes what that view shows instead, at --layer, --head and --query. \
      --rule writes maps and vectors under another attention rule, in all heads of the exported layers; \
      a view, under the rule in all heads.
      """)

  @OptionGroup var model: ModelArgument
  @OptionGroup var prompt: PromptOptions

  @Option(help: "Which tensor (default: attention)")
  var tensor: TraceTensor?

  /// The formats of `heed export`.
  enum Format: String, CaseIterable, ExpressibleByArgument {
    case csv, json, npy, npz, tsv
  }

  @Option(help: "How to write it (default: by the ending of --output, else npy, of a table csv)")
  var format: Format?

  @OptionGroup var rule: RuleOptions
  @OptionGroup var place: PlaceOptions
  @OptionGroup var engine: EngineOptions
  @OptionGroup var output: OutputOption

  func validate() throws {
    guard place.view != nil else { return }
    if tensor != nil { throw ValidationError("Give either --tensor or --view.") }
    if engine.precision == .f64 {
      throw ValidationError("Views are drawn in f32 or bf16; use --tensor with --precision f64.")
    }
  }

  func run() throws {
    try place.check()
    if place.view != nil { return try exportView() }
    if engine.precision == .f64 { try run(Double.self) } else { try run(Float.self) }
  }

  /// The format, and a refusal to pour a binary one onto a terminal.
  private func format(default fallback: Format) throws -> any TensorExport.Type {
    let ending = output.output.flatMap { $0.split(separator: ".").last }.map(String.init)
    let chosen = format ?? ending.flatMap(Format.init(rawValue:)) ?? fallback
    guard let export = TensorExports.named(chosen.rawValue) else {
      throw ExportError.unknownFormat(
        file: chosen.rawValue, known: TensorExports.all.map { $0.name })
    }
    if export.isBinary, output.sink.isTerminal {
      throw Failure.binaryToTerminal(format: export.name)
    }
    return export
  }

  private func exportView() throws {
    let export = try format(default: place.view?.name == "map" ? .npy : .csv)
    let opened = try Opening.openModel(
      model.model, adapter: model.adapter, family: model.family, addSpecial: !prompt.noSpecial,
      engine: engine)
    let prompt = try prompt.prompt(Opening.tokenizer(model), opened.model)
    try place.check(opened.model.plan(engine.stream, for: prompt), prompt)
    let trace = try Running.trace(opened.model, prompt, engine, as: Float.self)
    var state = try place.state(theme: .standard)
    let subject = try Subject(opened.model, trace, origin: opened.origin)
    try rule.begin(&state, opened.model, trace)
    try state.see(subject, opened, trace) { _ in try Interruption.check() }
    try output.sink.write { write in try state.export.export(as: export, write: write) }
  }

  private func run<Element: Scalar>(_: Element.Type) throws {
    let tensor = tensor ?? .attention
    let spec = try rule.spec()
    let export = try format(default: .npy)
    let (model, tokenizer) = try Opening.model(model, engine)
    if tensor == .logits, !model.hasOutputHead {
      throw ModelError.outputHeadMissing(checkpoint: model.name)
    }
    let prompt = try prompt.prompt(tokenizer, model)
    try place.heads.check(model.plan(engine.stream, for: prompt))
    var trace = try Running.trace(model, prompt, engine, as: Element.self)
    if let spec {
      // Whatever layers a paper chose: all heads of the exported ones.
      let heads = place.heads.layer.map(model.plan.heads(inLayer:)) ?? model.plan.allHeads
      trace = try Running.ruled(model, trace, RulePlan(spec, in: heads), rule.scope)
      if export.name == "npy", let notice = trace.ruleNotice {
        Console.note("\(notice); npy has no place to say so")
      }
    }
    let source = tensor.source(
      model, trace, layer: place.heads.layer, head: place.heads.head)
    sayIfLarge(source)
    try output.sink.write { write in try export.export(source, write: write) }
  }

  /// Nobody should find out from a full disk what all maps of a long prompt take.
  private func sayIfLarge(_ source: TensorSource) {
    let bytes = source.shape.reduce(4, *)
    guard bytes >= 16 << 20 else { return }
    Console.note(
      "writing \(source.name) \(source.shape): \(ByteCount(bytes)) as float32, text takes more")
  }
}

extension TraceTensor: ExpressibleByArgument {}
