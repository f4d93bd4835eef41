import Tensors

/// A folder that can hold what runs keep.
public struct FileRoom: Sendable, Hashable {
  /// Its path.
  public let folder: String
  /// Bytes that are free there.
  public let free: Int

  /// A folder.
  public init(folder: String, free: Int) { (self.folder, self.free) = (folder, free) }
}

extension Model {
  /// What work on a prompt of this model will hold in memory.
  ///
  /// - Parameters:
  ///   - shape: The stacks that the prompt runs through, and its tokens in each.
  ///   - threads: How many will work.
  ///   - isDouble: Whether in double precision.
  public func memoryPlan(_ shape: RunShape, threads: Int, isDouble: Bool = false) -> MemoryPlan {
    MemoryPlan(
      shape, threads: threads, bytesPerNumber: isDouble ? 8 : 4,
      bytesKept: !isDouble && multipliesBFloat16 ? 2 : nil,
      converted: convertedBytes(shape, isDouble: isDouble))
  }

  /// Where a run is to keep what maps are derived from: in memory where the budget holds all that is done with
  /// it, else in a file.
  ///
  /// - Parameters:
  ///   - budget: Bytes; nil for no limit.
  ///   - room: Where a file may lie; nil for nowhere.
  ///   - takesFile: Whether a folder with more room would help.
  /// - Throws: `ModelError.overBudget` where neither fits, with the longest prompt that does, and whether this
  ///   one would with `--precision bf16` or with more room for a file.
  public func place(
    for works: [MemoryPlan.Work] = [.run], _ shape: RunShape, threads: Int,
    isDouble: Bool = false, budget: Int?, room: FileRoom? = nil, takesFile: Bool = true
  ) throws(ModelError) -> MemoryPlan.Place {
    guard let budget else { return .memory }
    func total(_ plan: MemoryPlan, _ place: MemoryPlan.Place) -> Int {
      works.map { plan.total($0, keeping: place) }.max() ?? 0
    }
    func filed(_ plan: MemoryPlan) -> Int { works.map(plan.filed).max() ?? 0 }
    func place(_ plan: MemoryPlan) -> MemoryPlan.Place? {
      if total(plan, .memory) <= budget { return .memory }
      guard let room, filed(plan) <= room.free else { return nil }
      return total(plan, .file) <= budget ? .file : nil
    }
    func fits(_ shape: RunShape) -> Bool {
      place(memoryPlan(shape, threads: threads, isDouble: isDouble)) != nil
    }
    let own = memoryPlan(shape, threads: threads, isDouble: isDouble)
    if let place = place(own) { return place }
    var fitting: [StreamName: Int] = [:]
    for stream in shape.texts where fitting.values.allSatisfy({ $0 == 0 }) {
      let longest = Self.longest(below: shape.tokens[stream] ?? 0) {
        fits(shape.with($0, in: stream))
      }
      // An image's places stay.
      fitting = [stream: longest < shape.leastTokens(stream) ? 0 : longest]
    }
    var rounded = self
    rounded.multipliesBFloat16 = true
    let fitsRounded =
      !isDouble && !multipliesBFloat16
      && place(rounded.memoryPlan(shape, threads: threads)) != nil
    throw .overBudget(
      work: works.max { own.total($0) < own.total($1) } ?? .run, needed: total(own, .memory),
      budget: budget, tokens: shape.tokens, fitting: fitting, fitsRounded: fitsRounded,
      file: takesFile && total(own, .file) <= budget ? filed(own) : nil, room: room)
  }

  /// The largest number below a limit for which something holds that holds for all smaller ones; 0 for none.
  private static func longest(below limit: Int, _ holds: (Int) -> Bool) -> Int {
    var (fitting, tooLong) = (0, limit)
    while tooLong - fitting > 1 {
      let middle = (fitting + tooLong) / 2
      if holds(middle) { fitting = middle } else { tooLong = middle }
    }
    return fitting
  }

  /// Bytes of the largest block's weights that are not multiplied where they lie.
  private func convertedBytes(_ shape: RunShape, isDouble: Bool) -> Int {
    let matrix: (type: StorageType, bytes: Int) =
      isDouble ? (.unknown(""), 8) : multipliesBFloat16 ? (.bfloat16, 2) : (.float32, 4)
    return (shape.plan.blocks + (shape.encoder?.blocks ?? [])).map { block in
      var plans = Set(block.weights)
      if case .experts(let experts) = block.mlp {
        // One expert after the other is read into the same memory.
        for expert in experts.experts.dropFirst() { plans.subtract(expert.weights) }
      }
      return plans.reduce(0) { sum, plan in
        let stored = weights[plan]
        guard stored.type != matrix.type else { return sum }
        return sum + matrix.bytes * plan.usedShape.reduce(1, *)
      }
    }.max() ?? 0
  }
}
