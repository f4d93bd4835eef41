import Tensors
import Testing

@testable import Models

/// Vectors of another run in a run: how they are named, and what they do.
@Suite struct ReplacementTests {
  private func example() throws -> (Model, Trace<Double>, Trace<Double>) {
    let model = try Reference("llama-grouped").model
    let (a, b) = ((0..<12).map { $0 * 37 % 64 }, (0..<12).map { $0 * 23 % 64 })
    return (
      model, try model.run(Prompt(ids: a), as: Double.self),
      try model.run(Prompt(ids: b), as: Double.self)
    )
  }

  @Test func `places are read, and what is none is refused`() throws {
    let plan = try Reference("llama-grouped").model.plan
    let last = plan.layers
    #expect(
      try plan.replacements("L1.H2:z@3;L0:residual@5-7+9; L\(last):residual;L0.H1,L1.H0:k") == [
        Replacement(.weightedValues(HeadIndex(layer: 1, head: 2)), positions: [3]),
        Replacement(.residual(layer: 0), positions: [5, 6, 7, 9]),
        Replacement(.residual(layer: last)),
        Replacement(.keys(HeadIndex(layer: 0, head: 1))),
        Replacement(.keys(HeadIndex(layer: 1, head: 0))),
      ])
    for wrong in ["", "L1", "L1:w", "L1:z@", "L1:z@3-1", "L1:z@x", "L1:z:q", "L1.H0:residual"] {
      #expect(throws: ModelError.replacementUnreadable(wrong)) { try plan.replacements(wrong) }
    }
    #expect(throws: ModelError.noSuchLayer(last + 1, layers: last)) {
      try plan.replacements("L\(last + 1):residual")
    }
    #expect(
      ModelError.replacementUnreadable("x").description
        == "x: found no places, expected HEADS:SITE or HEADS:SITE@POSITIONS with ; between, SITE one of q, k, v, z"
        + " and, for layers, residual, such as L5.H1:z@14 or L4:k;L3:residual@5-7+9")
  }

  @Test func `all of another run's stream, or all of its queries, keys and values, give that run`()
    throws
  {
    let (model, a, b) = try example()
    for text in ["L1:residual", "L\(model.plan.layers):residual"] {
      let changes = try model.plan.replacements(text).map { try $0.intervention(from: b, seq: 12) }
      let run = try model.run(a.prompt, interventions: changes, reusing: a)
      #expect(run.residuals.last == b.residuals.last, "\(text)")
    }
    let inputs = try model.plan.replacements("L1:q;L1:k;L1:v").map {
      try $0.intervention(from: b, seq: 12)
    }
    let run = try model.run(a.prompt, interventions: inputs, reusing: a)
    #expect(run.attention[1].weightedValues == b.attention[1].weightedValues)
    #expect(run.attention[0].weightedValues == a.attention[0].weightedValues)
  }

  @Test func `at a position only that row is another's`() throws {
    let (model, a, b) = try example()
    let head = HeadIndex(layer: 1, head: 1)
    let change = try Replacement(.weightedValues(head), positions: [4])
      .intervention(from: b, seq: 12)
    let run = try model.run(a.prompt, interventions: [change], reusing: a)
    let (z, from, was) = (
      run.weightedValues(head), b.weightedValues(head), a.weightedValues(head)
    )
    for row in 0..<12 {
      let wanted = row == 4 ? from : was
      for column in 0..<z.columns { #expect(z[row, column] == wanted[row, column]) }
    }
    #expect(throws: ModelError.noSuchPosition(12, seq: 12)) {
      try Replacement(.weightedValues(head), positions: [12]).intervention(from: b, seq: 12)
    }
    #expect(throws: ModelError.replacementLengths(site: "z of \(head)", found: 12, expected: 9)) {
      try Replacement(.weightedValues(head)).intervention(from: b, seq: 9)
    }
  }

  /// Into the stream that leaves the last layer goes the direct effect of a head of the last layer, which
  /// is all of its effect; and nothing goes to heads before it.
  @Test func `a path ends where it is meant to`() throws {
    let (model, a, b) = try example()
    let last = model.plan.layers - 1
    let sender = try Replacement(.weightedValues(HeadIndex(layer: last, head: 0)))
      .intervention(from: b, seq: 12)
    let end = Replacement(.residual(layer: model.plan.layers))
    let direct = try model.paths(from: [sender], to: [end], base: a)
    let (path, whole) = (
      try model.run(a.prompt, interventions: direct, reusing: a),
      try model.run(a.prompt, interventions: [sender], reusing: a)
    )
    #expect(path.residuals[last + 1] == whole.residuals[last + 1])
    // From the first layer into the queries of a head of the next: only they change there.
    let first = try Replacement(.weightedValues(HeadIndex(layer: 0, head: 1)))
      .intervention(from: b, seq: 12)
    let reader = HeadIndex(layer: 1, head: 2)
    let narrow = try model.run(
      a.prompt,
      interventions: model.paths(from: [first], to: [Replacement(.queries(reader))], base: a),
      reusing: a)
    let wide = try model.run(a.prompt, interventions: [first], reusing: a)
    #expect(narrow.queries(reader).copied == wide.queries(reader).copied)
    #expect(narrow.keys(reader).copied == a.keys(reader).copied)
    #expect(narrow.residuals[1] == a.residuals[1] && wide.residuals[1] != a.residuals[1])
    let other = HeadIndex(layer: 1, head: 0)
    #expect(narrow.weightedValues(other).copied == a.weightedValues(other).copied)
    #expect(narrow.weightedValues(reader).copied != a.weightedValues(reader).copied)
  }
}
