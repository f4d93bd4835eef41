import Checkpoints
import Foundation
import Tensors
import Testing

@testable import Models

/// Runs: what is refused, how they end early, and what must hold for any of them.
@Suite struct RunTests {

  /// Ids that no pattern repeats, BOS first.
  private func ids(_ count: Int, below limit: Int) -> [Int] {
    [0] + (1..<count).map { ($0 * 2_654_435_761 >> 7) % (limit - 1) + 1 }
  }

  @Test func `what no engine can take is refused before it runs`() throws {
    let model = try Reference("llama-full").model
    try model.check(Prompt(ids: Array(0..<64)))
    #expect(throws: ModelError.promptEmpty) { try model.check(Prompt(ids: [])) }
    #expect(throws: ModelError.promptTooLong(tokens: 65, contextLength: 64)) {
      try model.check(Prompt(ids: Array(repeating: 1, count: 65)))
    }
    for id in [-1, 64, Int.min, Int.max] {
      #expect(throws: ModelError.idOutOfRange(id: id, position: 1, vocabularySize: 64)) {
        try model.check(Prompt(ids: [0, id]))
      }
      // The same error from a run, which therefore never reads beside the embedding.
      #expect(throws: ModelError.self) { try model.run(Prompt(ids: [0, id]), as: Float.self) }
    }
  }

  @Test func `progress counts the blocks`() throws {
    let model = try Reference("llama-full").model
    var steps: [Models.Progress] = []
    _ = try model.run(Prompt(ids: [1, 2, 3]), as: Float.self) { steps.append($0) }
    #expect(steps == (0...3).map { Models.Progress(done: $0, total: 3) })
  }

  @Test(arguments: 0...3)
  func `what progress throws ends the run`(block: Int) throws {
    struct Stop: Error {}
    let model = try Reference("llama-full").model
    var last = -1
    #expect(throws: Stop.self) {
      _ = try model.run(Prompt(ids: [1, 2, 3]), as: Float.self) { progress in
        last = progress.done
        if progress.done == block { throw Stop() }
      }
    }
    #expect(last == block)
  }

  @Test func `logits in blocks are the logits at once`() throws {
    let model = try Reference("novels").model
    let trace = try model.run(Prompt(ids: ids(40, below: 4096)), as: Float.self)
    let whole = try model.logits(trace, positions: 0..<40)
    #expect(whole.shape == [40, 4096])
    for positions in [0..<1, 0..<17, 17..<40, 39..<40] {
      let part = try model.logits(trace, positions: positions)
      let wanted = Array(whole.elements[positions.lowerBound * 4096..<positions.upperBound * 4096])
      // A product of fewer rows may add in another order.
      #expect(part.maxDifference(to: Tensor(wanted, shape: part.shape)) < 1e-5 * whole.largest)
    }
    var seen: [Int] = []
    try model.forEachLogits(trace) { positions, logits in
      #expect(logits.shape == [positions.count, 4096])
      seen += Array(positions)
    }
    #expect(seen == Array(0..<40))
  }

  @Test func `a distribution sums to one, and the loss is its mean surprise`() throws {
    let reference = try Reference("gpt2-standard")
    let prompt = try reference.prompt("p17")
    let trace = try reference.model.run(prompt, as: Double.self)
    let (last, loss) = try Distribution.ofPrompt(reference.model, trace)
    let all = last.top(1000)
    #expect(all.count == 64)
    #expect(abs(all.map(\.probability).reduce(0, +) - 1) < 1e-12)
    for (a, b) in zip(all, all.dropFirst()) { #expect(a.probability >= b.probability) }
    for candidate in all {
      #expect(abs(last.loss(candidate.id) + Double.log(candidate.probability)) < 1e-9)
    }
    let sum = try (0..<16).reduce(0.0) { sum, position in
      let logits = try reference.model.logits(trace, positions: position..<position + 1).elements
      return sum + Distribution(logits).loss(prompt.tokens[position + 1].id)
    }
    #expect(abs((loss ?? 0) - sum / 16) < 1e-12)
    #expect(try reference.model.losses(trace).count == 16)
    let one = try reference.model.run(Prompt(ids: [3]), as: Double.self)
    #expect(try Distribution.ofPrompt(reference.model, one).loss == nil)
  }

  @Test func `fast and plain kernels agree across the edges of tiles`() throws {
    let model = try Reference.longModel()
    let seq = 300
    // Two tiles of queries, the second one not full.
    #expect(AttentionTiling.rowsPerTile(seq: seq) == 256)
    let prompt = Prompt(ids: ids(seq, below: 64))
    let fast = try model.run(prompt, on: OneDNNKernels.self)
    let plain = try model.run(prompt, on: PlainKernels<Float>.self)
    for layer in 0..<model.plan.layers {
      for (index, part) in [
        \LayerTrace<Float>.queries, \.keys, \.values, \.weightedValues,
      ].enumerated() {
        let (a, b) = (fast.attention[layer][keyPath: part], plain.attention[layer][keyPath: part])
        #expect(a.maxDifference(to: b) < 3e-5 * max(1, b.largest), "layer \(layer), \(index)")
      }
    }
    for head in [HeadIndex(layer: 0, head: 3), HeadIndex(layer: 1, head: 0)] {
      let difference = fast.pattern(head).maxDifference(to: plain.pattern(head))
      #expect(difference < 1e-5, "\(head)")
    }
  }

  @Test func `rows sum to one, and nothing lies after the diagonal`() throws {
    let trace = try Reference.longModel().run(Prompt(ids: ids(270, below: 64)), as: Float.self)
    for head in [HeadIndex(layer: 0, head: 0), HeadIndex(layer: 1, head: 3)] {
      let map = trace.pattern(head).elements
      for query in 0..<270 {
        let row = map[query * 270..<(query + 1) * 270]
        #expect(abs(row.reduce(0, +) - 1) < 1e-5, "query \(query)")
        #expect(row.dropFirst(query + 1).allSatisfy { $0 == 0 }, "query \(query)")
        #expect(row.allSatisfy { $0 >= 0 }, "query \(query)")
      }
    }
  }

  @Test func `a tile is cut out of the whole map, wherever it lies`() throws {
    let trace = try Reference.longModel().run(Prompt(ids: ids(270, below: 64)), as: Float.self)
    let head = HeadIndex(layer: 1, head: 2)
    let whole = trace.pattern(head)
    for (rows, columns) in [
      (0..<1, 0..<1), (0..<270, 100..<101), (255..<257, 250..<260), (100..<101, 0..<270),
      (10..<20, 200..<210), (269..<270, 269..<270), (5..<5, 0..<3), (128..<260, 3..<260),
    ] {
      let tile = trace.pattern(head, rows: rows, columns: columns)
      #expect(tile.shape == [rows.count, columns.count])
      var cut: [Float] = []
      for row in rows {
        for column in columns { cut.append(whole[row, column]) }
      }
      // Another number of rows may add in another order.
      #expect(tile.maxDifference(to: Tensor(cut, shape: tile.shape)) < 1e-6)
    }
  }

  @Test func `a longer prompt leaves the maps of its beginning as they are`() throws {
    let model = try Reference("llama-grouped").model
    let all = ids(40, below: 64)
    let long = try model.run(Prompt(ids: all), as: Float.self)
    let short = try model.run(Prompt(ids: Array(all[..<11])), as: Float.self)
    for layer in 0..<2 {
      for head in 0..<4 {
        let index = HeadIndex(layer: layer, head: head)
        let part = long.pattern(index, rows: 0..<11, columns: 0..<11)
        #expect(part.maxDifference(to: short.pattern(index)) < 1e-6)
      }
    }
  }
}
