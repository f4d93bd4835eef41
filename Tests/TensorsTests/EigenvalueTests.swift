import Testing

@testable import Tensors

@Suite struct EigenvalueTests {
  private func eigenvalues(_ numbers: [Double]) throws -> [Eigenvalue] {
    let size = Int(Double(numbers.count).squareRoot())
    let found = try #require(Eigenvalues.of(Tensor(numbers, shape: [size, size]).matrix))
    return found.sorted { ($0.real, $0.imaginary) < ($1.real, $1.imaginary) }
  }

  @Test func `small matrices have the eigenvalues one computes by hand`() throws {
    #expect(try eigenvalues([7]).map(\.real) == [7])
    #expect(try eigenvalues([2, 0, 0, -1]).map(\.real) == [-1, 2])
    let turn = try eigenvalues([0, -1, 1, 0])
    #expect(turn.map(\.real) == [0, 0] && turn.map(\.imaginary) == [-1, 1])
    #expect(try eigenvalues([Double](repeating: 0, count: 16)).allSatisfy { $0.magnitude == 0 })
    #expect(Eigenvalues.of(Tensor<Double>([], shape: [0, 0]).matrix)?.isEmpty == true)
  }

  @Test func `a cyclic shift has the roots of one`() throws {
    // The classic matrix on which QR without exceptional shifts never ends.
    let size = 8
    var numbers = [Double](repeating: 0, count: size * size)
    for i in 0..<size { numbers[i * size + (i + 1) % size] = 1 }
    let found = try eigenvalues(numbers)
    #expect(found.allSatisfy { abs($0.magnitude - 1) < 1e-12 })
    #expect(abs(found.reduce(0) { $0 + $1.real }) < 1e-12)
    #expect(found.count { abs($0.imaginary) < 1e-12 } == 2)
  }

  @Test func `a companion matrix has the roots of its polynomial`() throws {
    // (x − 1)(x − 2)(x − 3)(x + 4)(x² + 1)
    let roots = try eigenvalues([
      2, 12, -36, 37, -38, 24,
      1, 0, 0, 0, 0, 0,
      0, 1, 0, 0, 0, 0,
      0, 0, 1, 0, 0, 0,
      0, 0, 0, 1, 0, 0,
      0, 0, 0, 0, 1, 0,
    ])
    let expected = [(-4.0, 0.0), (0, -1), (0, 1), (1, 0), (2, 0), (3, 0)]
    for (real, imaginary) in expected {
      #expect(
        roots.contains { abs($0.real - real) < 1e-9 && abs($0.imaginary - imaginary) < 1e-9 })
    }
  }

  @Test(arguments: [2, 3, 5, 16, 64])
  func `traces and products of random matrices agree with their eigenvalues`(size: Int) throws {
    var generator = Generator(state: UInt64(size))
    let numbers = (0..<size * size).map { _ in Double.random(in: -1...1, using: &generator) }
    let found = try eigenvalues(numbers)
    #expect(found.count == size)
    let trace = (0..<size).reduce(0) { $0 + numbers[$1 * size + $1] }
    #expect(abs(found.reduce(0) { $0 + $1.real } - trace) < 1e-10 * Double(size))
    #expect(abs(found.reduce(0) { $0 + $1.imaginary }) < 1e-10 * Double(size))
    // The trace of the square is the sum of the squares.
    var square = 0.0
    for i in 0..<size {
      for j in 0..<size { square += numbers[i * size + j] * numbers[j * size + i] }
    }
    let squares = found.reduce(0) { $0 + $1.real * $1.real - $1.imaginary * $1.imaginary }
    #expect(abs(squares - square) < 1e-9 * Double(size))
  }

  @Test func `a symmetric matrix has real eigenvalues`() throws {
    var generator = Generator(state: 3)
    let size = 20
    var numbers = [Double](repeating: 0, count: size * size)
    for i in 0..<size {
      for j in 0...i {
        let value = Double.random(in: -1...1, using: &generator)
        (numbers[i * size + j], numbers[j * size + i]) = (value, value)
      }
    }
    #expect(try eigenvalues(numbers).allSatisfy { abs($0.imaginary) < 1e-10 })
  }

  @Test func `a defective matrix and one of far apart scales converge`() throws {
    let jordan = try eigenvalues([3, 1, 0, 0, 3, 1, 0, 0, 3])
    // A triple eigenvalue moves by the cube root of a rounding.
    #expect(jordan.allSatisfy { abs($0.real - 3) < 1e-4 && abs($0.imaginary) < 1e-4 })
    let scaled = try eigenvalues([1e8, 1, 0, 1, 1, 1e-8, 0, 1e-8, 1e-8])
    #expect(abs((scaled.last?.real ?? 0) / 1e8 - 1) < 1e-12)
  }

  @Test func `a matrix with NaN has none`() {
    #expect(Eigenvalues.of(Tensor([1, .nan, 0, 1], shape: [2, 2]).matrix) == nil)
  }
}
