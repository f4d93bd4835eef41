import CKernels

extension StoredTensor {
  /// Numbers that lie at regular distances in a larger stretch of bytes.
  ///
  /// Where they lie side by side the tensor points at them; otherwise they are gathered when it is
  /// widened. Whole numbers that do not lie side by side are listed but not read.
  ///
  /// - Parameters:
  ///   - strides: Distances between neighbours of each dimension, in numbers, none below zero.
  ///   - offset: Where the first number lies, in numbers.
  ///   - bytes: All of the stretch.
  /// - Returns: nil when a number would lie outside `bytes`, or numbers would be shared so that the
  ///   tensor is larger than its bytes.
  public static func strided(
    name: String, shape: [Int], strides: [Int], offset: Int, type: StorageType,
    bytes: UnsafeRawBufferPointer, owner: any ByteOwner
  ) -> StoredTensor? {
    guard shape.count == strides.count, shape.allSatisfy({ $0 >= 0 }), offset >= 0,
      strides.allSatisfy({ $0 >= 0 }), type.blockCount == 1, type.byteCount > 0,
      let size = type.byteCount(of: shape), size <= bytes.count
    else { return nil }
    let empty = UnsafeRawBufferPointer(rebasing: bytes[..<0])
    guard size > 0 else {
      return StoredTensor(name: name, shape: shape, type: type, bytes: empty, owner: owner)
    }
    var (last, contiguous, side) = (offset, true, 1)
    for (size, stride) in zip(shape, strides).reversed() {
      let (reach, overflow) = (size - 1).multipliedReportingOverflow(by: stride)
      let (sum, beyond) = last.addingReportingOverflow(reach)
      guard !overflow, !beyond else { return nil }
      last = sum
      if size > 1, stride != side { contiguous = false }
      side *= size
    }
    guard last < bytes.count / type.byteCount else { return nil }
    if contiguous {
      let start = offset * type.byteCount
      return StoredTensor(
        name: name, shape: shape, type: type,
        bytes: UnsafeRawBufferPointer(rebasing: bytes[start..<start + size]), owner: owner)
    }
    guard type.isFloatingPoint else {
      return StoredTensor(
        name: name, shape: shape, type: .unknown("\(type.rawValue), strided"), bytes: empty,
        owner: owner)
    }
    return StoredTensor(
      name: name, type: type.rawValue,
      recipe: StridedRecipe(
        shape: shape, strides: strides, offset: offset, type: type, bytes: bytes, owner: owner))
  }
}

/// Unchecked: the bytes are read-only and `owner` keeps them in place.
private final class StridedRecipe: TensorRecipe, @unchecked Sendable {
  let shape, strides: [Int]
  let offset: Int
  let type: StorageType
  let bytes: UnsafeRawBufferPointer
  let owner: any ByteOwner
  var byteCount: Int { shape.reduce(1, *) * type.byteCount }

  init(
    shape: [Int], strides: [Int], offset: Int, type: StorageType, bytes: UnsafeRawBufferPointer,
    owner: any ByteOwner
  ) {
    self.shape = shape
    self.strides = strides
    self.offset = offset
    self.type = type
    self.bytes = bytes
    self.owner = owner
  }

  func fill(rows: Range<Int>, into target: UnsafeMutablePointer<Float>) {
    guard let base = bytes.baseAddress, let inner = shape.last, let step = strides.last else {
      return
    }
    let element = type.byteCount
    // The dimensions between the rows and the innermost one are counted up like an odometer.
    let part = [rows.count] + shape.dropFirst()
    let gathered = GatheredBytes(part.reduce(1, *) * element)
    let lines = part.dropLast().reduce(1, *)
    let width = part.count == 1 ? rows.count : inner
    for line in 0..<lines {
      var (rest, place) = (line, offset)
      if part.count > 1 {
        for dimension in part.indices.dropLast().reversed() {
          let index = rest % part[dimension]
          rest /= part[dimension]
          place += (dimension == 0 ? rows.lowerBound + index : index) * strides[dimension]
        }
      } else {
        place += rows.lowerBound * step
      }
      heed_gather(
        base + place * element, step * element, element, width,
        gathered.buffer.baseAddress.map { $0 + line * width * element })
    }
    StoredTensor(
      name: "", shape: part, type: type, bytes: UnsafeRawBufferPointer(gathered.buffer),
      owner: gathered
    ).fill(target)
    withExtendedLifetime(owner) {}
  }
}

/// Numbers gathered side by side, freed with the object.
///
/// Unchecked: written only before it is shared.
private final class GatheredBytes: ByteOwner, @unchecked Sendable {
  let buffer: UnsafeMutableRawBufferPointer
  init(_ count: Int) { buffer = .allocate(byteCount: count, alignment: 8) }
  deinit { buffer.deallocate() }
}
