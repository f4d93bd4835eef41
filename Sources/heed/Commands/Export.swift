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
      --rule writes maps and vectors under another attention rule, in all heads of the exported layers.
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

  @OptionGroup var place: PlaceOptions
  @OptionGroup var engine: EngineOptions
  @OptionGroup var output: OutputOption

  func validate() throws {
    guard place.view != nil else {
      if place.rule.count > 1 || !place.heads.isEmpty {
        throw ValidationError("--tensor takes one --rule, in all heads of the exported layers.")
      }
      let isOfMaps = (tensor ?? .attention) == .attention
      let isMisplaced = place.lens.map { !isOfMaps || !$0.lens.isOfParts } ?? false
      if isMisplaced || place.without != nil || place.zoom != nil || !place.exec.isEmpty {
        throw ValidationError(
          "--lens, --without, --zoom and --exec go with --view; "
            + "--tensor attention takes --lens only=A->B.")
      }
      return
    }
    if tensor != nil { throw ValidationError("Give either --tensor or --view.") }
    if engine.precision == .f64 {
      throw ValidationError("Views are drawn in f32 or bf16; use --tensor with --precision f64.")
    }
  }

  func run() throws {
    try place.check()
    if place.view != nil { return try exportView() }
    if Opening.isMaps(model.model) { return try exportMaps() }
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
    let sight = try Sight(model, prompt, place, engine)
    let style = try ScreenOptions.parse([]).style()
    let state = try sight.state(style)
    say(state.alteration.text, for: export)
    try output.sink.write { write in try state.export.export(as: export, write: write) }
  }

  /// Maps of a file in another format, or a part of them.
  private func exportMaps() throws {
    let file = model.model ?? ""
    guard tensor ?? .attention == .attention, place.rule.isEmpty else {
      throw Failure.mapsOnly(file: file)
    }
    if let pair = place.lens?.lens.between { throw Failure.noSuchParts(pair, known: []) }
    let export = try format(default: .npy)
    let maps = try Opening.maps(Opening.locate(file), as: file)
    try prompt.refuse(forMapsOf: file)
    try place.check(maps.patterns)
    let source = TensorSource.maps(maps, layer: place.which.layer, head: place.which.head)
    sayIfLarge(source)
    try output.sink.write { write in try export.export(source, write: write) }
  }

  private func run<Element: Scalar>(_: Element.Type) throws {
    let tensor = tensor ?? .attention
    let spec = try place.rules().first?.spec
    let export = try format(default: .npy)
    let (model, tokenizer) = try Opening.model(model, engine)
    if tensor == .logits, !model.hasOutputHead {
      throw ModelError.outputHeadMissing(checkpoint: model.name)
    }
    let prompt = try prompt.prompt(tokenizer, model)
    try place.which.check(model.plan(engine.stream, for: prompt))
    let isRerun = spec != nil && place.scope == .propagated
    let whole = try Running.whole(
      model, prompt, engine, as: Element.self, for: [.export, isRerun ? .rerun : .run])
    var trace = try model.stream(engine.stream, of: whole)
    if let spec {
      // Whatever layers a paper chose: all heads of the exported ones.
      let heads = place.which.layer.map(trace.plan.heads(inLayer:)) ?? trace.plan.allHeads
      trace = try Running.ruled(
        model, whole, RulePlan(spec, in: heads), place.scope ?? .local, in: engine.stream)
      say(trace.ruleNotice, for: export)
    }
    let source = try source(tensor, model, trace)
    sayIfLarge(source)
    try output.sink.write { write in try export.export(source, write: write) }
  }

  /// Says what was changed about the model where the file cannot.
  private func say(_ change: String?, for export: any TensorExport.Type) {
    guard export.name == "npy", let change else { return }
    Console.note("\(change); npy has no place to say so")
  }

  private func source<Element: Scalar>(
    _ tensor: TraceTensor, _ model: Model, _ trace: Trace<Element>
  ) throws -> TensorSource {
    let (layer, head) = (place.which.layer, place.which.head)
    guard let pair = place.lens?.lens.between else {
      return tensor.source(model, trace, layer: layer, head: head)
    }
    guard let source = TensorSource.maps(trace, between: pair, layer: layer, head: head) else {
      throw Failure.noSuchParts(pair, known: trace.prompt.spans.pairs)
    }
    return source
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
