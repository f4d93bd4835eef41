import Testing

@testable import Tensors

@Suite struct BFloat16Tests {
  @Test func `rounding goes to the nearest, halfway to even, and keeps what is not a number`() {
    #expect(Float(BFloat16(1.5)) == 1.5)
    // The neighbours of 1 are 2⁻⁷ apart: 1 + 2⁻⁸ lies halfway and goes to the even 1, 1 + 3 · 2⁻⁸ to 1 + 2⁻⁶.
    #expect(Float(BFloat16(1 + 0x1p-8)) == 1)
    #expect(Float(BFloat16(1 + 3 * 0x1p-8)) == 1 + 0x1p-6)
    #expect(Float(BFloat16(1 + 0x1p-8 + 0x1p-20)) == 1 + 0x1p-7)
    #expect(Float(BFloat16(.greatestFiniteMagnitude)) == .infinity)
    #expect(Float(BFloat16(-.infinity)) == -.infinity)
    #expect(Float(BFloat16(.nan)).isNaN)
    #expect(Float(BFloat16(Float(bitPattern: 0x7f80_0001))).isNaN)
  }

  @Test func `rows are rounded as single numbers are`() {
    let numbers = random([7, 67], seed: 3)
    let special = Tensor<Float>(
      [0, -0, 1 + 0x1p-8, 1 + 3 * 0x1p-8, .infinity, -.infinity, 3e38, 0x1p-133], shape: [1, 8])
    for tensor in [numbers, special] {
      let expected = tensor.elements.map { BFloat16($0 * 0.5) }
      #expect(tensor.matrix.rounded(scale: 0.5).elements == expected)
    }
    let window = numbers.matrix.window(rows: 1..<4, columns: 3..<40)
    #expect(window.rounded().matrix[2, 5] == BFloat16(numbers[3, 8]))
    #expect(numbers.matrix.rounded().matrix.widened()[6, 66] == Float(BFloat16(numbers[6, 66])))
    #expect(Float(Tensor<Float>([.nan], shape: [1, 1]).matrix.rounded()[0, 0]).isNaN)
  }

  /// The product of rounded factors in double precision, by the plain kernel.
  private func exact(
    _ a: Matrix<Float>, _ b: Matrix<Float>, transposed: Bool, scale: Float
  ) -> Tensor<Float> {
    var result = Tensor<Double>(
      uninitialized: [a.rows, transposed ? b.rows : b.columns])
    func doubled(_ m: Matrix<Float>, _ scale: Float) -> Tensor<Double> {
      m.rounded(scale: scale).matrix.widened().converted(to: Double.self)
    }
    PlainKernels<Double>.multiply(
      doubled(a, scale).matrix, doubled(b, 1).matrix, transposed: transposed, scale: 1,
      adding: false, into: result.mutableMatrix())
    return result.converted(to: Float.self)
  }

  @Test func `products are those of rounded factors, summed in single precision`() {
    let a = random([40, 90], seed: 5)
    for transposed in [false, true] {
      let b = random(transposed ? [70, 90] : [90, 70], seed: 6)
      var c = Tensor<Float>(repeating: 1, shape: [40, 70])
      BFloat16Kernels.multiply(
        a.matrix, b.matrix, transposed: transposed, scale: 0.3, adding: true,
        into: c.mutableMatrix())
      let expected = exact(a.matrix, b.matrix, transposed: transposed, scale: 0.3)
      let sum = Tensor(expected.elements.map { $0 + 1 }, shape: [40, 70])
      // 90 terms of at most 1.2, summed in single precision.
      #expect(difference(c, sum) < 2e-5)
    }
  }

  @Test func `a long product of few rows is cut without a seam`() {
    let (queries, keys) = (random([5, 16], seed: 7), random([9001, 16], seed: 8))
    var scores = Tensor<Float>(uninitialized: [5, 9001])
    BFloat16Kernels.multiply(
      queries.matrix, keys.matrix, transposed: true, scale: 1, adding: false,
      into: scores.mutableMatrix())
    let expected = exact(queries.matrix, keys.matrix, transposed: true, scale: 1)
    #expect(difference(scores, expected) < 2e-5)
    var values = Tensor<Float>(uninitialized: [5, 16])
    BFloat16Kernels.multiply(
      scores.matrix, keys.matrix, transposed: false, scale: 1, adding: false,
      into: values.mutableMatrix())
    let sums = exact(scores.matrix, keys.matrix, transposed: false, scale: 1)
    // 9001 terms of up to 100, summed in single precision.
    #expect(difference(values, sums) < 0.2)
  }

  @Test func `a linear layer reads stored bfloat16 and stays near single precision`() {
    let x = random([6, 50], seed: 9, in: -1...1)
    let w = random([30, 50], seed: 10, in: -1...1)
    let bias = random([1, 30], seed: 11)
    var (rounded, single) = (
      Tensor<Float>(uninitialized: [6, 30]), Tensor<Float>(uninitialized: [6, 30])
    )
    BFloat16Kernels.linear(
      x.matrix, w.matrix.rounded().matrix, transposed: true, bias: bias.matrix,
      activation: .geluTanh, adding: false, into: rounded.mutableMatrix())
    OneDNNKernels.linear(
      x.matrix, w.matrix, transposed: true, bias: bias.matrix, activation: .geluTanh,
      adding: false, into: single.mutableMatrix())
    // Each factor is off by at most 2⁻⁹ of itself: 50 terms of mean magnitude 1/4 by at most 2⁻⁸ · 12.5.
    #expect(difference(rounded, single) < 0.05)
    #expect(difference(rounded, single) > 0)
  }

  @Test func `stored numbers of every type come as bfloat16, and bfloat16 where it lies`() throws {
    final class Bytes: ByteOwner, @unchecked Sendable {
      let memory: UnsafeMutableRawBufferPointer
      init(_ bytes: [UInt8]) {
        memory = .allocate(byteCount: bytes.count, alignment: 16)
        memory.copyBytes(from: bytes)
      }
      deinit { memory.deallocate() }
    }
    let numbers = random([5, 8], seed: 12)
    func stored(_ type: StorageType, _ bytes: [UInt8]) -> StoredTensor {
      let owner = Bytes(bytes)
      return StoredTensor(
        name: "w", shape: [5, 8], type: type, bytes: UnsafeRawBufferPointer(owner.memory),
        owner: owner)
    }
    let halves = numbers.elements.map { BFloat16($0) }
    let single = numbers.elements.flatMap { withUnsafeBytes(of: $0, Array.init) }
    let double = numbers.elements.flatMap { withUnsafeBytes(of: Double($0), Array.init) }
    let half = halves.flatMap { withUnsafeBytes(of: $0.bitPattern, Array.init) }
    for (type, bytes) in [(StorageType.float32, single), (.float64, double), (.bfloat16, half)] {
      let tensor = stored(type, bytes)
      #expect(tensor.widened(to: BFloat16.self)?.elements == halves)
      #expect(tensor.rows(2..<4).widened(to: BFloat16.self)?.elements == Array(halves[16..<32]))
    }
    let mapped = stored(.bfloat16, half)
    let read = try #require(mapped.widened(to: BFloat16.self))
    #expect(read.storage.owner != nil)
    // Memory that was converted into is used again for as many numbers.
    var spare = stored(.float32, single).widened(to: BFloat16.self)
    let base = spare?.storage.base
    let again = stored(.float64, double).widened(to: BFloat16.self, reusing: &spare)
    #expect(again?.storage.base == base)
    #expect(spare == nil)
  }
}
