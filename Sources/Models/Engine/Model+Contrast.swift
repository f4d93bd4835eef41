import Foundation
import Tensors
import Tokenizers

extension Model {
  /// How texts and images are compared; nil where they are not, or the checkpoint lacks weights for it.
  public var contrast: ContrastPlan? {
    plan.contrast.flatMap { $0.weights.allSatisfy { weights.has($0) } ? $0 : nil }
  }

  /// How well each of some texts fits an image.
  ///
  /// - Parameters:
  ///   - image: A prompt that is an image.
  ///   - texts: As tokens, special ones included; none longer than the context.
  ///   - onProgress: Called between blocks; what it throws ends the run.
  /// - Returns: A logit for each text.
  /// - Throws: `ModelError.notVision` where the model compares nothing; what `run` throws.
  public func similarities(
    of image: Prompt, to texts: [Prompt], onProgress: (Progress) throws -> Void = { _ in }
  ) throws -> [Double] {
    typealias K = Float.PreferredKernels
    let pooled = try imageVector(of: image, onProgress: onProgress)
    guard let contrast else { throw ModelError.notVision(family: plan.family) }
    var reader = WeightReader<K>(weights)
    let factor = exp(Double(reader.tensor(contrast.scale).elements[0]))
    let shift = contrast.bias.map { Double(reader.tensor($0).elements[0]) } ?? 0
    let projection = Linear<K>(contrast.text, &reader)
    return try texts.map { text in
      let text = padded(text, contrast.textRow)
      let read = try run(text, as: Float.self, onProgress: onProgress)
      let row = row(of: text.ids, contrast.textRow)
      let last = output(of: plan, read, on: K.self).matrix.rows(row..<row + 1)
      return factor * Self.cosine(projection.applied(to: last).elements, pooled) + shift
    }
  }

  /// What an image becomes before it is compared, `[width]`, of any length.
  ///
  /// - Throws: As `similarities`.
  func imageVector(
    of image: Prompt, onProgress: (Progress) throws -> Void = { _ in }
  ) throws -> [Float] {
    guard let contrast, case .beside(let vision) = plan.encoder, image.image != nil else {
      throw ModelError.notVision(family: plan.family)
    }
    typealias K = Float.PreferredKernels
    let seen = try run(image, as: Float.self, onProgress: onProgress)
    var reader = WeightReader<K>(weights)
    return pooled(output(of: vision, seen, on: K.self).matrix, contrast.image, &reader, on: K.self)
  }

  /// A text with what its model was trained to see behind it.
  private func padded(_ text: Prompt, _ row: ContrastPlan.TextRow) -> Prompt {
    guard case .last(let id) = row, text.seq < plan.contextLength else { return text }
    return Prompt(
      tokens: text.tokens
        + Prompt(ids: Array(repeating: id, count: plan.contextLength - text.seq)).tokens)
  }

  private func row(of ids: [Int], _ row: ContrastPlan.TextRow) -> Int {
    switch row {
    case .first(let id): ids.firstIndex(of: id) ?? 0
    case .largestID: ids.firstIndex(of: ids.max() ?? 0) ?? 0
    case .last: ids.count - 1
    }
  }

  /// One vector for all rows of an image.
  private func pooled<K: Kernels>(
    _ rows: Matrix<K.Element>, _ pooling: ContrastPlan.ImagePooling,
    _ reader: inout WeightReader<K>,
    on _: K.Type
  ) -> [K.Element] {
    switch pooling {
    case .first(let projection):
      return Linear<K>(projection, &reader).applied(to: rows.rows(0..<1)).elements
    case .probe(let plan):
      let layer = Linear<K>(plan.queryKeyValue, &reader)
      let query = layer.applied(to: reader.tensor(plan.probe).matrix).matrix
      let projected = layer.applied(to: rows).matrix
      let width = rows.columns
      let dHead = width / plan.heads
      var seen = Tensor<K.Element>(uninitialized: [1, width])
      let target = seen.mutableMatrix()
      for head in 0..<plan.heads {
        let own = head * dHead..<(head + 1) * dHead
        func part(_ index: Int) -> Range<Int> {
          own.lowerBound + index * width..<own.upperBound + index * width
        }
        var pattern = Tensor<K.Element>(uninitialized: [1, rows.rows])
        K.multiply(
          query.columns(own), projected.columns(part(1)), transposed: true,
          scale: 1 / K.Element(dHead).squareRoot(), adding: false, into: pattern.mutableMatrix())
        K.softmax(pattern.mutableMatrix())
        K.multiply(
          pattern.matrix, projected.columns(part(2)), transposed: false, scale: 1, adding: false,
          into: target.columns(own))
      }
      var result = Linear<K>(plan.output, &reader).applied(to: seen.matrix)
      let normed = Norm<K>(plan.norm, width: width, &reader).applied(to: result.matrix)
      MLP<K>(plan.mlp, &reader)?.apply(
        to: normed.matrix, adding: true, into: result.mutableMatrix())
      return result.elements
    }
  }

  private static func cosine(_ a: [Float], _ b: [Float]) -> Double {
    func product(_ a: [Float], _ b: [Float]) -> Double {
      zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    return product(a, b) / (product(a, a) * product(b, b)).squareRoot()
  }
}
