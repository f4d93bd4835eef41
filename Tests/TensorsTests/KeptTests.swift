import Testing

@testable import Tensors

@Test func `kept rows are joined as they are kept, rounded ones without being widened`() {
  let first = Tensor<Float>([1, 2, 3, 4], shape: [2, 2])
  let second = Tensor<Float>([5, 1 / 3], shape: [1, 2])
  #expect(
    Kept.whole(first).joined(with: .whole(second)).tensor
      == Tensor([1, 2, 3, 4, 5, 1 / 3], shape: [3, 2]))
  let rounded = Kept<Float>.rounded(first.matrix.rounded())
    .joined(with: .rounded(second.matrix.rounded()))
  #expect(rounded.byteCount == 12)
  // bfloat16 has eight bits: a third becomes 171/512.
  #expect(rounded.tensor == Tensor([1, 2, 3, 4, 5, 171 / 512], shape: [3, 2]))
}

@Test func `filling writes the window and nothing beside it`() {
  var tensor = Tensor<Float>(repeating: 1, shape: [3, 7])
  tensor.mutableMatrix().window(rows: 1..<3, columns: 1..<6).fill(2)
  let row: [Float] = [1, 2, 2, 2, 2, 2, 1]
  #expect(tensor.elements == Array(repeating: 1, count: 7) + row + row)
}
