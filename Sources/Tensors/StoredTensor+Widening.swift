import CKernels

extension StoredTensor {
  /// The numbers in the type that the engine computes in.
  ///
  /// Float32 in a Float engine is read where it lies, without a copy, if it lies at an address that is
  /// a multiple of four; everything else is widened into memory of ours.
  ///
  /// - Parameter reusing: A tensor of the same count whose memory may be overwritten instead of
  ///   allocating more; it is, when nothing else holds it.
  /// - Returns: A tensor of the stored shape; nil when the stored type is no floating-point type.
  public func widened<Element: Scalar>(
    to _: Element.Type, reusing: inout Tensor<Element>?
  ) -> Tensor<Element>? {
    guard type.isFloatingPoint else { return nil }
    if let view = view(as: Element.self) { return view }
    let target = reclaim(&reusing)
    if let floats = target as? Tensor<Float> {
      fill(floats)
    } else {
      for i in 0..<count { target.storage.base[i] = Element(number(at: i)) }
    }
    return target
  }

  /// The numbers in the type that the engine computes in; see `widened(to:reusing:)`.
  public func widened<Element: Scalar>(to type: Element.Type) -> Tensor<Element>? {
    var none: Tensor<Element>?
    return widened(to: type, reusing: &none)
  }

  /// The first place whose number is infinite or NaN; nil when there is none.
  ///
  /// - Complexity: Reads the whole tensor.
  public func firstNonFinite() -> Int? {
    type.isFloatingPoint ? (0..<count).first { !number(at: $0).isFinite } : nil
  }

  private func view<Element: Scalar>(as _: Element.Type) -> Tensor<Element>? {
    guard type == .float32, Element.self == Float.self, let base = bytes.baseAddress,
      Int(bitPattern: base) % MemoryLayout<Float>.alignment == 0
    else { return nil }
    let storage = Storage<Float>(
      borrowing: base.assumingMemoryBound(to: Float.self), count: count, owner: owner)
    return Tensor(storage: storage, shape: shape) as? Tensor<Element>
  }

  private func reclaim<Element: Scalar>(_ reusing: inout Tensor<Element>?) -> Tensor<Element> {
    guard var old = reusing, old.count == count else { return Tensor(uninitialized: shape) }
    reusing = nil
    guard isKnownUniquelyReferenced(&old.storage), old.storage.owner == nil else {
      return Tensor(uninitialized: shape)
    }
    return old.reshaped(shape)
  }

  private func fill(_ target: Tensor<Float>) {
    guard let source = bytes.baseAddress else { return }
    let (size, base) = (type.byteCount, UncheckedPair(source, target.storage.base))
    switch type {
    case .float16, .bfloat16:
      let half = type == .float16
      Parallel.forEach((count + 65_535) / 65_536) { chunk in
        let start = chunk * 65_536
        let length = min(65_536, count - start)
        let (from, to) = (base.source + start * size, base.target + start)
        if half {
          heed_widen_float16(from, to, length)
        } else {
          heed_widen_bfloat16(from, to, length)
        }
      }
    default:
      for i in 0..<count { target.storage.base[i] = Float(number(at: i)) }
    }
  }

  /// Where to read and where to write, for threads that take disjoint parts.
  private struct UncheckedPair: @unchecked Sendable {
    let source: UnsafeRawPointer
    let target: UnsafeMutablePointer<Float>
    init(_ source: UnsafeRawPointer, _ target: UnsafeMutablePointer<Float>) {
      self.source = source
      self.target = target
    }
  }

  /// One number, exactly.
  private func number(at i: Int) -> Double {
    let offset = i * type.byteCount
    switch type {
    case .float64:
      return Double(bitPattern: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    case .float32:
      return Double(
        Float(bitPattern: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
    case .bfloat16:
      let bits = UInt32(bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self)) << 16
      return Double(Float(bitPattern: bits))
    case .float16:
      let bits = bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self)
      return Double(Float(Float16(bitPattern: bits)))
    default:
      return .nan
    }
  }
}

extension StoredTensor {
  /// The numbers of a tensor of whole numbers; empty when the stored type is no whole-number type.
  public func integers() -> [Int] {
    (0..<count).compactMap { i in
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
      case .float64, .float32, .float16, .bfloat16: return nil
      }
    }
  }
}
