import Glibc

/// A block of numbers on the heap, aligned for vector units, freed with its last tensor or matrix.
///
/// Unchecked: a tensor makes its storage unique before it hands out a way to write, and the kernels
/// that write one storage from several threads write disjoint parts.
final class Storage<Element: TensorElement>: @unchecked Sendable {
  let base: UnsafeMutablePointer<Element>
  let count: Int
  /// Whose memory it is, when it is not ours: then it is read-only.
  let owner: (any ByteOwner)?

  init(count: Int) {
    self.count = count
    owner = nil
    let bytes = count * MemoryLayout<Element>.stride
    let memory =
      bytes >= LargeBlocks.smallest
      ? LargeBlocks.take(bytes) : .allocate(byteCount: max(1, bytes), alignment: 64)
    base = memory.bindMemory(to: Element.self, capacity: count)
  }

  /// Looks at memory that `owner` keeps in place.
  init(borrowing base: UnsafePointer<Element>, count: Int, owner: any ByteOwner) {
    self.base = UnsafeMutablePointer(mutating: base)
    self.count = count
    self.owner = owner
  }

  deinit {
    guard owner == nil else { return }
    let (memory, bytes) = (UnsafeMutableRawPointer(base), count * MemoryLayout<Element>.stride)
    if bytes >= LargeBlocks.smallest {
      LargeBlocks.giveBack(memory, bytes)
    } else {
      memory.deallocate()
    }
  }

  func copy() -> Storage {
    let copy = Storage(count: count)
    copy.base.update(from: base, count: count)
    return copy
  }
}

/// An array of numbers with a shape, row-major: the last index moves fastest.
///
/// A value: copies share memory until one of them is written.
public struct Tensor<Element: TensorElement>: Sendable {
  /// Sizes, outermost first.
  public private(set) var shape: [Int]
  var storage: Storage<Element>

  /// The number of elements.
  public var count: Int { storage.count }

  /// A tensor whose numbers are whatever was in memory; for kernels that fill all of it.
  public init(uninitialized shape: [Int]) {
    precondition(shape.allSatisfy { $0 >= 0 })
    self.shape = shape
    storage = Storage(count: shape.reduce(1, *))
  }

  /// A tensor full of one number.
  public init(repeating value: Element, shape: [Int]) {
    self.init(uninitialized: shape)
    storage.base.update(repeating: value, count: count)
  }

  /// A tensor of the given numbers.
  ///
  /// - Parameter elements: As many as the shape asks for, row-major.
  public init(_ elements: [Element], shape: [Int]) {
    precondition(elements.count == shape.reduce(1, *), "\(elements.count) numbers for \(shape)")
    self.init(uninitialized: shape)
    elements.withUnsafeBufferPointer { source in
      if let first = source.baseAddress { storage.base.update(from: first, count: count) }
    }
  }

  init(storage: Storage<Element>, shape: [Int]) {
    precondition(storage.count == shape.reduce(1, *))
    self.storage = storage
    self.shape = shape
  }

  /// The numbers, row-major.
  public var elements: [Element] {
    Array(UnsafeBufferPointer(start: storage.base, count: count))
  }

  /// The same numbers under another shape of the same size.
  public func reshaped(_ shape: [Int]) -> Tensor { Tensor(storage: storage, shape: shape) }

  /// Calls `body` with the numbers, row-major, without copying them.
  public func withElements<R>(_ body: (UnsafeBufferPointer<Element>) throws -> R) rethrows -> R {
    try withExtendedLifetime(storage) {
      try body(UnsafeBufferPointer(start: storage.base, count: count))
    }
  }

  /// The number at one place, one index per dimension.
  public subscript(index: Int...) -> Element {
    get { storage.base[offset(index)] }
    set {
      makeUnique()
      storage.base[offset(index)] = newValue
    }
  }

  mutating func makeUnique() {
    if storage.owner != nil || !isKnownUniquelyReferenced(&storage) { storage = storage.copy() }
  }

  private func offset(_ index: [Int]) -> Int {
    precondition(index.count == shape.count, "\(index.count) indices into \(shape)")
    var offset = 0
    for (i, size) in zip(index, shape) {
      precondition(i >= 0 && i < size, "index \(index) outside \(shape)")
      offset = offset * size + i
    }
    return offset
  }
}

extension Tensor where Element: Scalar {
  /// Every number converted to another type, rounded when that is narrower.
  public func converted<Other: Scalar>(to _: Other.Type) -> Tensor<Other> {
    if let same = self as? Tensor<Other> { return same }
    let result = Tensor<Other>(uninitialized: shape)
    if let doubles = self as? Tensor<Double>, let floats = result as? Tensor<Float> {
      // Exports and interventions use these pairs; the general loop is not specialised.
      for i in 0..<count { floats.storage.base[i] = Float(doubles.storage.base[i]) }
    } else if let floats = self as? Tensor<Float>, let doubles = result as? Tensor<Double> {
      for i in 0..<count { doubles.storage.base[i] = Double(floats.storage.base[i]) }
    } else {
      for i in 0..<count { result.storage.base[i] = Other(storage.base[i]) }
    }
    return result
  }
}

extension Tensor: Hashable {
  /// Whether shapes and all numbers are equal; a NaN equals nothing.
  public static func == (a: Tensor, b: Tensor) -> Bool {
    a.shape == b.shape && (0..<a.count).allSatisfy { a.storage.base[$0] == b.storage.base[$0] }
  }

  /// Hashes the shape alone: numbers are many, and equal ones are told apart by `==`.
  public func hash(into hasher: inout Hasher) { hasher.combine(shape) }
}
