import Analysis
import ArgumentParser
import Checkpoints
import Explorer
import Foundation
import Models
import Tensors

/// `heed prune`: which heads a model can do without.
struct Prune: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Head importance, the loss against heads left, and a mask.",
    discussion: """
      Writes head_importance.npy and attn_entropy.npy [layer, head], head_mask.npy (1 stays, 0 goes), \
      heads_to_prune.json ({"layer": [heads]}) and curve.json to the folder of -o.
      """)

  @OptionGroup var model: ModelArgument

  @Option(help: "A file of prompts, a text or an object a line", completion: .file())
  var prompts: String

  @Option(help: "The score that decides, the lowest first out; see heed scores --list")
  var by = "michel"

  @Flag(help: "Score what is left again after every step")
  var recompute = false

  @Flag(help: "Take out one head at a time, always the one that is missed least")
  var greedy = false

  @Option(help: "Points of the curve")
  var steps = 10

  @Option(help: "Take out this share of all heads (default: 0.5; with --keep-loss 0.9)")
  var fraction: Double?

  @Option(help: "Take out as many heads as the loss allows to grow by so much, such as 5%")
  var keepLoss: String?

  @Option(help: "Random orders beside the curve, with seed 0")
  var controls = 5

  @Option(help: "Judge this heads_to_prune.json instead", completion: .file())
  var mask: String?

  @Option(
    help: "Write the checkpoint without the heads to this folder: their output weights are zero",
    completion: .directory)
  var apply: String?

  @Flag(
    help: """
      With --apply: leave the heads out of the matrices, and name them as pruned_heads in config.json, which \
      transformers 4 reads and transformers 5 does not (\(Families.removableTypes.joined(separator: ", ")))
      """)
  var remove = false

  @Flag(help: "Add no special tokens, such as BOS or CLS")
  var noSpecial = false

  @Flag(
    help: "Write every prompt as a user's message, as the checkpoint's chat template wants it")
  var chat = false

  @OptionGroup var measure: MeasureSettings
  @OptionGroup var engine: EngineOptions

  @Option(
    name: [.short, .customLong("output")], help: "The folder for the results",
    completion: .directory)
  var output: String

  private var allowedGrowth: Double? {
    keepLoss.flatMap { Double($0.hasSuffix("%") ? String($0.dropLast()) : $0) }.map { $0 / 100 }
  }

  func validate() throws {
    if let fraction, !(fraction > 0 && fraction < 1) {
      throw ValidationError("--fraction takes a share above 0 and below 1.")
    }
    if steps < 1 { throw ValidationError("--steps takes a number above 0.") }
    if controls < 0 { throw ValidationError("--controls takes 0 or more.") }
    if keepLoss != nil, !((allowedGrowth ?? -1) >= 0) {
      throw ValidationError("--keep-loss takes a share such as 5%.")
    }
    if remove, apply == nil {
      throw ValidationError("--remove says how --apply writes; give --apply FOLDER.")
    }
    if greedy, recompute {
      throw ValidationError("--greedy scores anew at every step; leave --recompute out.")
    }
  }

  func run() throws {
    guard let score = HeadScores.named(by) else {
      throw Failure.unknownScore(by, known: HeadScores.all.map { $0.name })
    }
    try measure.check(for: score)
    let checkpoint = try Opening.checkpoint(model)
    let (model, tokenizer) = try Opening.model(model, engine)
    // Said before anything is computed.
    if remove { _ = try model.cuts(of: []) }
    let addSpecial = !noSpecial && !chat
    let entries = try PromptSet(
      file: prompts, tokenizer, addSpecial: addSpecial, model: model, isChat: chat
    ).entries
    var settings = try ScoreSettings.parse([])
    settings.measure = measure
    let options = try settings.options([score], tokenizer, addSpecial: addSpecial)
    for entry in entries {
      try engine.prepare(
        model, model.shape(of: entry.prompt), for: MemoryPlan.Work.of([score]) + [.ablation],
        isFiled: false)
    }
    let pruning = try Pruning(
      model, examples: entries.map { Example($0.prompt, options: $0.options(options)) },
      in: engine.stream, prefix: addSpecial ? tokenizer.prefix : [])
    let found = try order(pruning, score)
    let points = try Running.analysis("pruning") { onProgress in
      try pruning.curve(found.masks, controls: controls, onProgress: onProgress)
    }
    guard let chosen = chosen(points) else { return }
    try chosen.mask.check(pruning.plan)
    let entropy = try Running.analysis("entropy of maps") { onProgress in
      try HeadScores.named("entropy").map {
        try pruning.importance($0, onProgress: onProgress)
      }
    }
    let results = PruneResults(
      importance: found.importance, entropy: entropy, points: points, chosen: chosen.mask,
      measure: greedy ? "greedy" : by)
    if let apply {
      try write(apply, chosen.mask, of: model, pruning.plan, checkpoint)
    }
    try results.write(to: output)
    try Output(nil).write(results.text(chosen))
  }

  private func order(
    _ pruning: Pruning, _ score: any HeadScore.Type
  ) throws -> (importance: HeadTable, masks: [HeadMask]) {
    let all = pruning.plan.allHeads.count
    return try Running.analysis("scoring heads") { onProgress in
      if let mask {
        let wanted = try HeadMask(
          Data(PromptOptions.read(mask)), file: mask, plan: pruning.plan)
        let table = try pruning.importance(score, onProgress: onProgress)
        return (table, [HeadMask(), wanted])
      }
      let share = fraction ?? (keepLoss == nil ? 0.5 : 0.9)
      let last = Int((share * Double(all)).rounded())
      guard last < all else { throw PruningError.removesEveryHead(count: all) }
      let counts = Set((0...steps).map { last * $0 / steps }).sorted()
      let order: Pruning.Order =
        greedy ? .greedy : recompute ? .recomputed(score) : .by(score)
      return try pruning.masks(order, counts: counts, onProgress: onProgress)
    }
  }

  /// Writes the checkpoint without the heads.
  private func write(
    _ folder: String, _ mask: HeadMask, of model: Model, _ plan: ModelPlan, _ checkpoint: Checkpoint
  ) throws {
    guard remove else {
      return try checkpoint.copy(
        to: folder, zeroing: model.outputParts(of: mask.removed.sorted(), in: plan))
    }
    let (cuts, missing) = try model.cuts(of: mask.removed)
    try checkpoint.copy(
      to: folder, removing: cuts, prunedHeads: HeadMask(removed: missing).json.trimmedLine)
  }

  /// The last point, or the last within the loss that is allowed.
  private func chosen(_ points: [Pruning.Point]) -> Pruning.Point? {
    guard let allowedGrowth, let base = points.first?.loss else { return points.last }
    return points.last { $0.loss <= base * (1 + allowedGrowth) }
  }
}

/// What `heed prune` found out.
private struct PruneResults {
  let importance: HeadTable
  let entropy: HeadTable?
  let points: [Pruning.Point]
  let chosen: HeadMask
  let measure: String

  private struct Curve: Encodable {
    struct Point: Encodable {
      let removed, left: Int
      let loss, accuracy: Double
      let random: [Double]
    }
    let version = 1
    let measure: String
    let points: [Point]
  }

  /// Writes all files into a folder that appears when they are whole, or moves them into one that is there:
  /// when anything fails, nothing is left behind.
  func write(to folder: String) throws {
    let manager = FileManager.default
    let draft = "\(folder).heed-\(getpid())"
    defer { try? manager.removeItem(atPath: draft) }
    do {
      try manager.createDirectory(atPath: draft, withIntermediateDirectories: true)
    } catch {
      throw Failure.unwritable(file: folder, reason: error.localizedDescription)
    }
    do {
      try writeAll(to: draft)
    } catch Failure.unwritable(_, let reason) {
      throw Failure.unwritable(file: folder, reason: reason)
    }
    var isFolder: ObjCBool = false
    do {
      guard manager.fileExists(atPath: folder, isDirectory: &isFolder) else {
        return try manager.moveItem(atPath: draft, toPath: folder)
      }
    } catch {
      throw Failure.unwritable(file: folder, reason: error.localizedDescription)
    }
    for name in try manager.contentsOfDirectory(atPath: draft).sorted() {
      guard rename("\(draft)/\(name)", "\(folder)/\(name)") == 0 else {
        throw Failure.unwritable(
          file: "\(folder)/\(name)", reason: String(cString: strerror(errno)))
      }
    }
  }

  private func writeAll(to folder: String) throws {
    let mask = chosen.table(layers: importance.layers, heads: importance.heads)
    try write(importance, to: "\(folder)/head_importance.npy")
    if let entropy { try write(entropy, to: "\(folder)/attn_entropy.npy") }
    try write(mask, to: "\(folder)/head_mask.npy")
    try Output("\(folder)/heads_to_prune.json").write(chosen.json)
    let curve = Curve(
      measure: measure,
      points: points.map {
        Curve.Point(
          removed: $0.mask.removed.count,
          left: importance.values.count - $0.mask.removed.count, loss: $0.loss,
          accuracy: $0.accuracy, random: $0.random)
      })
    try Output("\(folder)/curve.json").write(json: curve)
  }

  private func write(_ table: HeadTable, to path: String) throws {
    try Output(path).write { write in
      try write(NPYHeader.bytes(shape: [table.layers, table.heads], type: "<f8")[...])
      try table.values.withUnsafeBytes { try write(Array($0)[...]) }
    }
  }

  /// The curve for people.
  func text(_ chosen: Pruning.Point) -> String {
    func number(_ value: Double) -> String { value.isNaN ? "·" : String(format: "%.4f", value) }
    var table = TextTable(
      ["removed", "left", "loss", "accuracy", "random loss", "deviation"])
    for point in points {
      table.add([
        "\(point.mask.removed.count)", "\(importance.values.count - point.mask.removed.count)",
        number(point.loss), number(point.accuracy), number(point.randomMean),
        number(point.randomDeviation),
      ])
    }
    let names = chosen.mask.removed.sorted().map(\.description).joined(separator: ", ")
    return table.text + "removed: \(names.isEmpty ? "no head" : names)\n"
  }
}

extension String {
  /// Without the newline at its end.
  fileprivate var trimmedLine: String { hasSuffix("\n") ? String(dropLast()) : self }
}
