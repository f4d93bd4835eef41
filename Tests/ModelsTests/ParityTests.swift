import Tensors
import Testing

@testable import Models

/// Against Hugging Face's eager attention.
///
/// Tolerances: its own float32 strays from float64 by up to 2.3e-6 on these maps, and the smallest
/// mistake tried, a wrong epsilon, shows at 1.5e-5 in a map; hence 1e-5. Logits: 3e-5 of their largest.
@Suite struct ParityTests {
  static let cases = Reference.tiny.flatMap { name in ["p1", "p2", "p17"].map { (name, $0) } }

  @Test(arguments: cases)
  func `every map, vector and logit agrees on oneDNN in single precision`(
    name: String, prompt: String
  ) throws {
    try compare(name, prompt, reference: "f32", OneDNNKernels.self, maps: 1e-5, logits: 3e-5)
  }

  @Test(arguments: cases)
  func `every map, vector and logit agrees on the plain kernels in single precision`(
    name: String, prompt: String
  ) throws {
    try compare(name, prompt, reference: "f32", PlainKernels<Float>.self, maps: 1e-5, logits: 3e-5)
  }

  /// The expected values are rounded to float32, which costs up to 6e-8 of a value.
  @Test(arguments: cases)
  func `double precision settles it: a hundred times closer to the exact values`(
    name: String, prompt: String
  ) throws {
    try compare(
      name, prompt, reference: "f64", PlainKernels<Double>.self, maps: 1e-7, logits: 2e-7)
  }

  private func compare<K: Kernels>(
    _ name: String, _ promptName: String, reference precision: String, _: K.Type, maps: Double,
    logits: Double
  ) throws {
    let reference = try Reference(name)
    let prompt = try reference.prompt(promptName)
    let trace = try reference.model.run(prompt, on: K.self)
    func expected(_ tensor: String) throws -> Tensor<Double> {
      try reference.expected("\(promptName).\(precision).\(tensor)")
    }
    #expect(trace.allMaps.maxDifference(to: try expected("attention")) < maps)
    for (tensor, actual) in [
      ("q", trace.perHead(\.queries, heads: trace.heads)),
      ("k", trace.perHead(\.keys, heads: trace.plan.kvHeads)),
      ("v", trace.perHead(\.values, heads: trace.plan.kvHeads)),
      ("z", trace.perHead(\.weightedValues, heads: trace.heads)),
    ] {
      let wanted = try expected(tensor)
      #expect(actual.maxDifference(to: wanted) < logits * max(1, wanted.largest), "\(tensor)")
    }
    let residuals = try expected("hidden_states")
    #expect(trace.stackedResiduals.maxDifference(to: residuals) < logits * residuals.largest)
    let wanted = try expected("logits")
    let actual = try reference.model.logits(trace, positions: 0..<prompt.seq)
    #expect(actual.maxDifference(to: wanted) < logits * wanted.largest)
  }

  @Test func `the sample agrees on every map and logit of a prompt`() throws {
    let reference = try Reference("novels")
    let prompt = try reference.prompt("mary")
    let trace = try reference.model.run(prompt, as: Float.self)
    #expect(trace.allMaps.maxDifference(to: try reference.expected("mary.f32.attention")) < 1e-5)
    let logits = try reference.model.logits(trace, positions: 0..<prompt.seq)
    let expected = try reference.expected("mary.f32.logits")
    #expect(logits.maxDifference(to: expected) < 3e-5 * expected.largest)
  }

  @Test func `the sample's induction layer agrees on a repeated prompt`() throws {
    let reference = try Reference("novels")
    let prompt = try reference.prompt("repeat")
    let trace = try reference.model.run(prompt, as: Float.self)
    let maps = trace.maps(layer: 5)
    #expect(maps.maxDifference(to: try reference.expected("repeat.f32.attention.5")) < 1e-5)
    let last = prompt.seq - 1
    let logits = try reference.model.logits(trace, positions: last..<last + 1)
    let expected = try reference.expected("repeat.f64.last_logits")
    #expect(
      logits.reshaped(expected.shape).maxDifference(to: expected) < 3e-5 * expected.largest)
  }
}

extension Trace {
  /// The maps of a layer, `[head, query, key]`.
  func maps(layer: Int) -> Tensor<Element> {
    let all = (0..<heads).flatMap { head in
      exactPattern(HeadIndex(layer: layer, head: head), rows: 0..<seq, columns: 0..<seq).elements
    }
    return Tensor(all, shape: [heads, seq, seq])
  }

  /// All maps, `[layer, head, query, key]`.
  var allMaps: Tensor<Element> {
    Tensor((0..<layers).flatMap { maps(layer: $0).elements }, shape: [layers, heads, seq, seq])
  }

  /// `[layer + 1, seq, dModel]`.
  var stackedResiduals: Tensor<Element> {
    Tensor(residuals.flatMap(\.elements), shape: [residuals.count, seq, plan.dModel])
  }

  /// `[layer, head, seq, dHead]`.
  func perHead(_ part: KeyPath<LayerTrace<Element>, Tensor<Element>>, heads: Int) -> Tensor<Element>
  {
    let width = (attention.first?[keyPath: part].shape[1] ?? 0) / max(1, heads)
    var elements: [Element] = []
    for layer in attention {
      let matrix = layer[keyPath: part].matrix
      for head in 0..<heads {
        for row in 0..<seq {
          for column in 0..<width { elements.append(matrix[row, head * width + column]) }
        }
      }
    }
    return Tensor(elements, shape: [layers, heads, seq, width])
  }
}
