import Testing

@testable import Tensors

@Suite struct TensorTests {
  @Test func `a copy keeps its numbers when the other is written`() {
    var a = Tensor<Float>([1, 2, 3, 4], shape: [2, 2])
    let b = a
    a[0, 1] = 9
    #expect(a.elements == [1, 9, 3, 4])
    #expect(b.elements == [1, 2, 3, 4])
    let target = a.mutableMatrix()
    target[1, 1] = 7
    #expect(a[1, 1] == 7)
  }

  @Test func `a window reads the rows and columns it was cut from`() {
    let m = Tensor<Float>((0..<20).map(Float.init), shape: [4, 5]).matrix
    let window = m.window(rows: 1..<3, columns: 2..<5)
    #expect(window[0, 0] == 7 && window[1, 2] == 14)
    #expect(window.columns(1..<2)[1, 0] == 13)
  }

  @Test func `every index is visited once, on however many threads`() {
    let counts = Tensor<Float>(repeating: 0, shape: [1, 1000])
    var copy = counts
    let row = copy.mutableMatrix()
    Parallel.forEach(1000, grain: 7) { row[0, $0] += 1 }
    #expect(copy.elements.allSatisfy { $0 == 1 })
  }

  @Test func `all sixteen-bit floats widen exactly`() {
    let bits = (0...UInt16.max).map { $0 }
    for type in [StorageType.float16, .bfloat16] {
      let stored = Bytes(bits).tensor(type, shape: [bits.count])
      guard let wide = stored.widened(to: Float.self) else {
        Issue.record("not widened")
        return
      }
      for (i, value) in wide.elements.enumerated() {
        let expected =
          type == .float16
          ? Float(Float16(bitPattern: bits[i])) : Float(bitPattern: UInt32(bits[i]) << 16)
        #expect(value.isNaN ? expected.isNaN : value == expected)
      }
    }
  }

  @Test func `single precision is read where it lies`() {
    let bytes = Bytes([Float(1.5), -2, .nan].map(\.bitPattern))
    let stored = bytes.tensor(.float32, shape: [3])
    let tensor = stored.widened(to: Float.self)
    #expect(tensor?.storage.owner != nil)
    #expect(tensor?[1] == -2)
    #expect(stored.firstNonFinite() == 2)
    #expect(stored.widened(to: Double.self)?[0] == 1.5)
    #expect(stored.rows(1..<2).widened(to: Float.self)?.elements == [-2])
  }

  @Test func `writing to a borrowed tensor leaves the checkpoint alone`() {
    let bytes = Bytes([Float(1), 2].map(\.bitPattern))
    var tensor = bytes.tensor(.float32, shape: [2]).widened(to: Float.self)
    tensor?[0] = 5
    #expect(tensor?[0] == 5)
    #expect(bytes.tensor(.float32, shape: [2]).widened(to: Float.self)?[0] == 1)
  }

  @Test func `a spare tensor's memory is used again only when nothing else holds it`() {
    let stored = Bytes([UInt16](repeating: 0x3c00, count: 8)).tensor(.float16, shape: [8])
    var spare: Tensor<Float>? = Tensor(repeating: 0, shape: [8])
    let base = spare?.storage.base
    let widened = stored.widened(to: Float.self, reusing: &spare)
    #expect(widened?.storage.base == base && spare == nil)
    var held = widened
    let fresh = stored.widened(to: Float.self, reusing: &held)
    #expect(fresh?.storage.base != base)
  }
}

/// Numbers as a mapped file would hold them.
final class Bytes<Number: FixedWidthInteger & Sendable>: ByteOwner {
  private let numbers: UnsafeMutableBufferPointer<Number>

  init(_ numbers: [Number]) {
    self.numbers = .allocate(capacity: numbers.count)
    _ = self.numbers.initialize(from: numbers)
  }

  deinit { numbers.deallocate() }

  func tensor(_ type: StorageType, shape: [Int]) -> StoredTensor {
    StoredTensor(
      name: "t", shape: shape, type: type, bytes: UnsafeRawBufferPointer(numbers), owner: self)
  }
}
extension Bytes: @unchecked Sendable {}
