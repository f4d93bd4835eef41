import CKernels

#if canImport(Glibc)
  import Glibc
#endif

extension StoredTensor {
  /// The numbers in the type that the engine computes in.
  ///
  /// Float32 as `Float` and bfloat16 as `BFloat16` are read where they lie, without a copy, if that is
  /// at an address that is a multiple of their size; everything else is converted into memory of
  /// ours. Recipes are computed in float32, whatever the engine computes in.
  ///
  /// - Parameter reusing: A tensor of the same count whose memory may be overwritten instead of
  ///   allocating more; it is, when nothing else holds it.
  /// - Returns: A tensor of the stored shape; nil when the stored type is no floating-point type.
  public func widened<Element: TensorElement>(
    to _: Element.Type, reusing: inout Tensor<Element>?
  ) -> Tensor<Element>? {
    guard type.isFloatingPoint else { return nil }
    if let view = view(as: Element.self) { return view }
    let target = reclaim(&reusing)
    if let floats = target as? Tensor<Float> {
      fill(floats.storage.base)
    } else if let doubles = target as? Tensor<Double> {
      if type == .float64 {
        withBytes { bytes in
          for i in 0..<count { doubles.storage.base[i] = bytes.float64(at: i) }
        }
      } else {
        let floats = Tensor<Float>(uninitialized: shape)
        fill(floats.storage.base)
        for i in 0..<count { doubles.storage.base[i] = Double(floats.storage.base[i]) }
        withExtendedLifetime(floats.storage) {}
      }
    } else if let halves = target as? Tensor<BFloat16> {
      narrow(UnsafeMutableRawPointer(halves.storage.base).assumingMemoryBound(to: UInt16.self))
    } else {
      return nil
    }
    return target
  }

  /// The numbers in the type that the engine computes in; see `widened(to:reusing:)`.
  public func widened<Element: TensorElement>(to type: Element.Type) -> Tensor<Element>? {
    var none: Tensor<Element>?
    return widened(to: type, reusing: &none)
  }

  /// The first place whose number is infinite or NaN; nil when there is none.
  ///
  /// - Complexity: Reads the whole tensor.
  public func firstNonFinite() -> Int? {
    if type == .float64 {
      // A finite float64 may be too large for float32.
      return withBytes { bytes in (0..<count).first { !bytes.float64(at: $0).isFinite } }
    }
    return widened(to: Float.self)?.withElements { $0.firstIndex { !$0.isFinite } }
  }

  private func view<Element: TensorElement>(as _: Element.Type) -> Tensor<Element>? {
    let isSame =
      type == .float32 && Element.self == Float.self
      || type == .bfloat16 && Element.self == BFloat16.self
    guard isSame, let base = bytes.baseAddress,
      Int(bitPattern: base) % MemoryLayout<Element>.alignment == 0
    else { return nil }
    let storage = Storage<Element>(
      borrowing: base.assumingMemoryBound(to: Element.self), count: count, owner: owner)
    return Tensor(storage: storage, shape: shape)
  }

  private func reclaim<Element: TensorElement>(_ reusing: inout Tensor<Element>?) -> Tensor<Element>
  {
    guard var old = reusing, old.count == count else { return Tensor(uninitialized: shape) }
    reusing = nil
    guard isKnownUniquelyReferenced(&old.storage), old.storage.owner == nil else {
      return Tensor(uninitialized: shape)
    }
    return old.reshaped(shape)
  }

  /// Writes all numbers, row-major, to `target`.
  func fill(_ target: UnsafeMutablePointer<Float>) {
    guard count > 0 else { return }
    if let recipe {
      let rows = shape.first ?? 1
      recipe.fill(rows: firstRow..<firstRow + rows, into: target)
      return
    }
    withBytes { bytes in
      guard let source = bytes.baseAddress else { return }
      let pair = UncheckedPair(source, target)
      let (type, count, blockCount) = (type, count, type.blockCount)
      // A multiple of every block's size.
      let size = 65_536
      Parallel.forEach((count + size - 1) / size) { chunk in
        let start = chunk * size
        let blocks = min(size, count - start) / blockCount
        Self.widen(
          type, pair.source + start / blockCount * type.byteCount, pair.target + start, blocks)
      }
    }
  }

  /// Writes all numbers, row-major and rounded to bfloat16, to `target`.
  private func narrow(_ target: UnsafeMutablePointer<UInt16>) {
    // In parts, so that the numbers in single precision never lie in memory all at once; a recipe is
    // computed by whole rows.
    let inner = max(1, shape.dropFirst().reduce(1, *))
    let rows = shape.isEmpty ? 1 : shape[0]
    guard recipe != nil || shape.count > 1 else {
      let floats = Tensor<Float>(uninitialized: shape)
      fill(floats.storage.base)
      heed_narrow_bfloat16(floats.storage.base, target, count, 1)
      return
    }
    let step = max(1, (4 << 20) / inner)
    for start in stride(from: 0, to: rows, by: step) {
      let part = self.rows(start..<min(rows, start + step))
      let floats = Tensor<Float>(uninitialized: part.shape)
      part.fill(floats.storage.base)
      let target = UncheckedPair(UnsafeRawPointer(floats.storage.base), target + start * inner)
      let size = 65_536
      Parallel.forEach((floats.count + size - 1) / size) { chunk in
        let first = chunk * size
        heed_narrow_bfloat16(
          target.source.assumingMemoryBound(to: Float.self) + first, target.target + first,
          min(size, floats.count - first), 1)
      }
      withExtendedLifetime(floats.storage) {}
    }
  }

  /// Widens whole blocks; a number is a block of one for all but the block types.
  private static func widen(
    _ type: StorageType, _ source: UnsafeRawPointer, _ target: UnsafeMutablePointer<Float>,
    _ blocks: Int
  ) {
    switch type {
    case .float64:
      let numbers = UnsafeRawBufferPointer(start: source, count: 8 * blocks)
      for i in 0..<blocks { target[i] = Float(numbers.float64(at: i)) }
    case .float32: memcpy(target, source, 4 * blocks)
    case .float16: heed_widen_float16(source, target, blocks)
    case .bfloat16: heed_widen_bfloat16(source, target, blocks)
    case .float8e4m3: heed_widen_float8_e4m3(source, target, blocks)
    case .float8e5m2: heed_widen_float8_e5m2(source, target, blocks)
    case .q80: heed_widen_q8_0(source, target, blocks)
    case .q40: heed_widen_q4_0(source, target, blocks)
    case .q41: heed_widen_q4_1(source, target, blocks)
    case .q50: heed_widen_q5_0(source, target, blocks)
    case .q51: heed_widen_q5_1(source, target, blocks)
    case .iq4nl: heed_widen_iq4_nl(source, target, blocks)
    case .q2k: heed_widen_q2_k(source, target, blocks)
    case .q3k: heed_widen_q3_k(source, target, blocks)
    case .q4k: heed_widen_q4_k(source, target, blocks)
    case .q5k: heed_widen_q5_k(source, target, blocks)
    case .q6k: heed_widen_q6_k(source, target, blocks)
    case .iq4xs: heed_widen_iq4_xs(source, target, blocks)
    case .int64, .int32, .int16, .int8, .uint64, .uint32, .uint16, .uint8, .bool, .composite,
      .unknown:
      preconditionFailure("\(type.rawValue) is no type of weights")
    }
  }

  /// Where to read and where to write, for threads that take disjoint parts.
  private struct UncheckedPair<Target>: @unchecked Sendable {
    let source: UnsafeRawPointer
    let target: UnsafeMutablePointer<Target>
    init(_ source: UnsafeRawPointer, _ target: UnsafeMutablePointer<Target>) {
      self.source = source
      self.target = target
    }
  }
}

extension UnsafeRawBufferPointer {
  fileprivate func float64(at index: Int) -> Double {
    Double(bitPattern: loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self))
  }
}

extension StoredTensor {
  /// The numbers of a tensor of whole numbers; empty when the stored type is no whole-number type.
  public func integers() -> [Int] {
    withBytes { bytes in
      guard !bytes.isEmpty else { return [] }
      return (0..<count).compactMap { i in
        let offset = i * type.byteCount
        switch type {
        case .int64: return Int(bytes.loadUnaligned(fromByteOffset: offset, as: Int64.self))
        case .int32: return Int(bytes.loadUnaligned(fromByteOffset: offset, as: Int32.self))
        case .uint32: return Int(bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        case .int16: return Int(bytes.loadUnaligned(fromByteOffset: offset, as: Int16.self))
        case .uint16: return Int(bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
        case .int8: return Int(bytes.load(fromByteOffset: offset, as: Int8.self))
        case .uint8, .bool: return Int(bytes.load(fromByteOffset: offset, as: UInt8.self))
        case .uint64:
          return Int(exactly: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        default: return nil
        }
      }
    }
  }
}
