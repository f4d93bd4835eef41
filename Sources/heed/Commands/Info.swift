import ArgumentParser
import Checkpoints
import Models
import Tensors
import Tokenizers

/// `heed info`: what a checkpoint holds.
struct Info: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Family, sizes, files and the memory that runs need.")

  @OptionGroup var model: ModelArgument

  @Flag(help: "List every tensor with its type and shape")
  var tensors = false

  @Option(help: "How to write it")
  var format = Format.text

  @OptionGroup var output: OutputOption

  /// The formats of `heed info`.
  enum Format: String, CaseIterable, ExpressibleByArgument {
    case text, json
  }

  func run() throws {
    let checkpoint = try Opening.checkpoint(model)
    guard !checkpoint.tensors.isEmpty else { return try describe(vocabulary: checkpoint) }
    let model = try Model(checkpoint, family: self.model.family)
    let source = try Opening.tokenizer(self.model)
    let report = Report(checkpoint, model, source, tensors: tensors)
    switch format {
    case .json: try output.sink.write(json: report)
    case .text: try output.sink.write(report.text)
    }
  }

  /// A file that holds a vocabulary and no weights, as llama.cpp tests tokenizers with.
  private func describe(vocabulary checkpoint: Checkpoint) throws {
    let report = VocabularyReport(
      name: checkpoint.name, folder: checkpoint.folder,
      family: checkpoint.config["model_type"]?.string ?? "",
      files: checkpoint.files.map { Report.File(path: $0.path, bytes: $0.bytes) },
      tokenizer: TokenizerReport(try Opening.tokenizer(self.model)))
    switch format {
    case .json: try output.sink.write(json: report)
    case .text: try output.sink.write(report.text)
    }
  }
}

/// What `heed info` says of a tokenizer.
private struct TokenizerReport {
  /// Its size and kind; nil where there is none that heed reads.
  let found: String?
  /// Why heed does not read the one there is.
  let warnings: [String]

  /// - Parameter vocabularySize: How many ids the model takes; nil where there is none.
  init(_ source: TokenizerSource, vocabularySize: Int? = nil) {
    do {
      let summary = try source.summary()
      found = "\(summary.vocabularySize) tokens, \(summary.kind)"
      let excess = summary.idLimit - (vocabularySize ?? summary.idLimit)
      warnings =
        excess > 0
        ? [
          "the tokenizer has ids up to \(summary.idLimit - 1), the model takes those below \(summary.idLimit - excess)"
        ]
        : []
    } catch {
      found = nil
      if case .noTokenizer? = error as? TokenizerError {
        warnings = []
      } else {
        warnings = ["\(error)"]
      }
    }
  }
}

/// What `heed info` knows of a file without weights; also its JSON.
private struct VocabularyReport: Encodable {
  let version = 1
  let name, folder, family: String
  let files: [Report.File]
  let tokenizer: String?
  let warnings: [String]

  init(
    name: String, folder: String, family: String, files: [Report.File], tokenizer: TokenizerReport
  ) {
    (self.name, self.folder, self.family, self.files) = (name, folder, family, files)
    (self.tokenizer, warnings) = (tokenizer.found, tokenizer.warnings)
  }

  var text: String {
    var table = TextTable(["checkpoint", name], leading: [0, 1])
    table.add(["folder", folder])
    table.add(["family", family])
    for file in files { table.add(["file", "\(file.path)  \(ByteCount(file.bytes))"]) }
    table.add(["tokenizer", tokenizer ?? "none that heed reads"])
    table.add(["weights", tokenizer == nil ? "none" : "none; heed tokens takes this file"])
    for warning in warnings { table.add(["warning", warning]) }
    return table.text
  }
}

/// What `heed info` knows; also its JSON.
private struct Report: Encodable {
  struct File: Encodable {
    let path: String
    let bytes: Int
  }
  /// One more stack of blocks beside the one that the report is about.
  struct Stream: Encodable {
    let name, family: String
    let layers, heads, kvHeads, dModel, dHead, dMLP, contextLength: Int
  }
  struct Tensor: Encodable {
    let name, dtype: String
    let shape: [Int]
  }
  struct Memory: Encodable {
    /// The stack that it is about where that is another one than the report's.
    let stream: String?
    let tokens: Int
    /// Tokens of the stack that is read; nil for one stack alone.
    let encoderTokens: Int?
    let trace, working, total: Int
    /// The most that scoring all heads, leaving out single heads, gradients, a second run beside the first, and
    /// an export hold.
    let scores, ablation, backward, rerun, export: Int
    /// What a run holds where `filed` bytes of it go to a file, and the size of a file with all maps.
    let totalWithFile, filed, maps: Int
  }

  let version = 1
  let name, folder, family: String
  let layers, heads, kvHeads, dModel, dHead, dMLP, vocabularySize, contextLength: Int
  /// Encoder and cross attention of an encoder-decoder, or the vision model beside or inside a text model.
  let streams: [Stream]
  let parameters: Int
  let dtype: [String: Int]
  let files: [File]
  let tokenizer: String?
  /// What runs compute in without `--precision`.
  let precision: String
  let memory: [Memory]
  /// Bytes that this process may still take; nil when nothing says.
  let freeMemory: Int?
  let warnings: [String]
  let tensors: [Tensor]?

  init(_ checkpoint: Checkpoint, _ model: Model, _ tokenizer: TokenizerSource, tensors: Bool) {
    let plan = model.plan
    (name, folder, family) = (checkpoint.name, checkpoint.folder, plan.family)
    (layers, heads, kvHeads) = (plan.layers, plan.heads, plan.kvHeads)
    (dModel, dHead, dMLP) = (plan.dModel, plan.dHead, plan.dMLP)
    (vocabularySize, contextLength) = (plan.vocabularySize, plan.contextLength)
    streams = plan.otherStacks.map { name, plan in
      Stream(
        name: name, family: plan.family, layers: plan.layers, heads: plan.heads,
        kvHeads: plan.kvHeads, dModel: plan.dModel, dHead: plan.dHead, dMLP: plan.dMLP,
        contextLength: plan.contextLength)
    }
    parameters = checkpoint.parameterCount
    dtype = checkpoint.tensors.values.reduce(into: [:]) {
      $0[$1.type.rawValue, default: 0] += $1.count
    }
    files = checkpoint.files.map { File(path: $0.path, bytes: $0.bytes) }
    let tokenizer = TokenizerReport(
      tokenizer, vocabularySize: plan.vocabularySize > 0 ? plan.vocabularySize : nil)
    self.tokenizer = tokenizer.found
    let lengths = [256, 1024, 4096, 16384, plan.contextLength].filter { $0 <= plan.contextLength }
    let shapes = Set(lengths).sorted().map { (stream: String?.none, shape: model.shape(seq: $0)) }
    let ofImage = model.shapeOfImage.map { [(stream: plan.otherStacks.first?.name, shape: $0)] }
    memory = (shapes + (ofImage ?? [])).map { stream, shape in
      let need = model.memoryPlan(shape, threads: MachineLimits.current.cores)
      return Memory(
        stream: stream, tokens: shape.seq,
        encoderTokens: shape.encoderSeq > 0 ? shape.encoderSeq : nil, trace: need.trace,
        working: need.working, total: need.total,
        scores: need.total(.scores), ablation: need.total(.ablation),
        backward: need.total(.backward), rerun: need.total(.rerun),
        export: need.total(.export),
        totalWithFile: need.total(.run, keeping: .file), filed: need.filed, maps: need.maps)
    }
    freeMemory = MachineLimits.current.freeMemory
    precision = model.prefersBFloat16 ? "bf16" : "f32"
    warnings = model.warnings + tokenizer.warnings
    self.tensors =
      tensors
      ? checkpoint.names.compactMap { checkpoint.tensors[$0] }.map {
        Tensor(name: $0.name, dtype: $0.type.rawValue, shape: $0.shape)
      } : nil
  }

  var text: String {
    var table = TextTable(["checkpoint", name], leading: [0, 1])
    table.add(["folder", folder])
    table.add(["family", family])
    table.add(["layers", "\(layers)"])
    table.add(["heads", "\(heads) of width \(dHead), \(kvHeads) key/value heads"])
    table.add(["widths", "\(dModel) residual stream, \(dMLP) MLP"])
    table.add(["vocabulary", "\(vocabularySize)"])
    table.add(["context", "\(contextLength) tokens"])
    for stream in streams {
      table.add([
        stream.name,
        "\(stream.layers) layers, \(stream.heads) heads of width \(stream.dHead),"
          + " \(stream.kvHeads) key/value heads; \(stream.dModel) residual stream,"
          + " \(stream.dMLP) MLP; \(stream.contextLength) tokens",
      ])
    }
    table.add(["parameters", "\(parameters)"])
    table.add(["stored as", dtype.keys.sorted().joined(separator: ", ")])
    table.add(["runs in", precision])
    for file in files { table.add(["file", "\(file.path)  \(ByteCount(file.bytes))"]) }
    let other =
      vocabularySize > 0 ? "none; give the prompt with --ids" : "none; the prompt is an image"
    table.add(["tokenizer", tokenizer ?? other])
    if let freeMemory { table.add(["free here", "\(ByteCount(freeMemory))"]) }
    for warning in warnings { table.add(["warning", warning]) }
    let plan = "\nmemory that work on a prompt holds, weights aside\n" + memoryTable.text
    guard let tensors else { return table.text + plan }
    var list = TextTable(["tensor", "type", "shape"], leading: [0, 1, 2])
    for tensor in tensors { list.add([tensor.name, tensor.dtype, "\(tensor.shape)"]) }
    return table.text + plan + "\n" + list.text
  }

  /// One row for each length of a prompt.
  private var memoryTable: TextTable {
    var table = TextTable([
      "tokens", "run", "kept", "scores", "knock-outs", "gradients", "second run", "export",
      "with a file", "file", "all maps",
    ])
    for need in memory {
      let bytes = [
        need.total, need.trace, need.scores, need.ablation, need.backward, need.rerun, need.export,
        need.totalWithFile, need.filed, need.maps,
      ]
      let tokens =
        need.encoderTokens.map { "\($0) + \(need.tokens)" }
        ?? [need.stream, "\(need.tokens)"].compactMap { $0 }.joined(separator: " ")
      table.add([tokens] + bytes.map { "\(ByteCount($0))" })
    }
    return table
  }
}
