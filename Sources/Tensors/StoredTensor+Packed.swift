import CKernels

/// How small integers are packed into a quantised matrix.
public struct Packing: Sendable, Hashable {
  /// Which way the numbers of one word run, and in which order.
  public enum Layout: Sendable {
    /// Along the inputs; the zero points along the outputs.
    case gptq
    /// Along the outputs, interleaved as 0, 2, 4, 6, 1, 3, 5, 7.
    case awq
  }

  /// Which writer's layout.
  public let layout: Layout
  /// Bits per number: 2, 4 or 8.
  public let bits: Int
  /// Inputs that share a scale.
  public let groupSize: Int
  /// What is added to a stored zero point: GPTQ's first version stores them less one.
  public let zeroOffset: Int

  /// A packing.
  public init(layout: Layout, bits: Int, groupSize: Int, zeroOffset: Int) {
    self.layout = layout
    self.bits = bits
    self.groupSize = groupSize
    self.zeroOffset = zeroOffset
  }
}

extension StoredTensor {
  /// The matrix `[outputs, inputs]` whose numbers are `(quant − zero) · scale`.
  ///
  /// - Parameters:
  ///   - words: GPTQ `[inputs · bits / 32, outputs]`, AWQ `[inputs, outputs · bits / 32]`, int32.
  ///   - zeros: `[groups, outputs · bits / 32]`, int32.
  ///   - scales: `[groups, outputs]`.
  ///   - groups: The group of each input, `[inputs]`; nil for groups in order.
  /// - Returns: nil when the shapes do not fit each other, or a group is out of range.
  ///
  /// Source: AutoGPTQ 0.7 `qlinear_cuda_old.py`, AutoAWQ 0.2 `utils/packing_utils.py`.
  public static func packed(
    name: String, words: StoredTensor, zeros: StoredTensor, scales: StoredTensor,
    groups: StoredTensor?, as packing: Packing
  ) -> StoredTensor? {
    guard let recipe = PackedRecipe(words, zeros, scales, groups, packing) else { return nil }
    let label = packing.layout == .gptq ? "GPTQ" : "AWQ"
    return StoredTensor(name: name, type: "\(label)_I\(packing.bits)", recipe: recipe)
  }

  /// The weights of experts in MXFP4, as the model multiplies them: `[experts, inputs, outputs]`.
  ///
  /// - Parameters:
  ///   - blocks: `[experts, outputs, inputs / 32, 16]`, two 4-bit floats per byte, low half first.
  ///   - scales: `[experts, outputs, inputs / 32]`, powers of two with a bias of 127.
  /// - Returns: nil when the shapes or types do not fit each other.
  ///
  /// Source: OCP Microscaling Formats 1.0; transformers 5 `integrations/mxfp4.py`.
  public static func mxfp4(
    name: String, blocks: StoredTensor, scales: StoredTensor
  ) -> StoredTensor? {
    guard blocks.shape.count == 4, blocks.shape[3] == 16,
      scales.shape == Array(blocks.shape.dropLast()), blocks.type == .uint8, scales.type == .uint8
    else { return nil }
    return StoredTensor(
      name: name, type: "MXFP4", recipe: MicroscalingRecipe(blocks: blocks, scales: scales))
  }
}

private final class PackedRecipe: TensorRecipe {
  let words, zeros, scales: StoredTensor
  let groups: [Int32]?
  let packing: Packing
  let shape: [Int]
  var byteCount: Int { words.byteCount + zeros.byteCount + scales.byteCount }

  init?(
    _ words: StoredTensor, _ zeros: StoredTensor, _ scales: StoredTensor, _ groups: StoredTensor?,
    _ packing: Packing
  ) {
    guard [2, 4, 8].contains(packing.bits), words.shape.count == 2, zeros.shape.count == 2,
      scales.shape.count == 2, words.type.byteCount == 4, zeros.type.byteCount == 4,
      scales.type.isFloatingPoint, words.recipe == nil, zeros.recipe == nil, packing.groupSize > 0
    else { return nil }
    let perWord = 32 / packing.bits
    let gptq = packing.layout == .gptq
    let (inputs, outputs) =
      gptq
      ? (words.shape[0] * perWord, words.shape[1]) : (words.shape[0], words.shape[1] * perWord)
    let count = scales.shape[0]
    guard outputs % perWord == 0, scales.shape[1] == outputs,
      zeros.shape == [count, outputs / perWord], gptq || packing.bits == 4
    else { return nil }
    if let groups {
      let list = groups.integers()
      guard list.count == inputs, list.allSatisfy((0..<count).contains) else { return nil }
      self.groups = list.map { Int32(truncatingIfNeeded: $0) }
    } else {
      guard (inputs + packing.groupSize - 1) / packing.groupSize <= count else { return nil }
      self.groups = nil
    }
    self.words = words
    self.zeros = zeros
    self.scales = scales
    self.packing = packing
    shape = [outputs, inputs]
  }

  func fill(rows: Range<Int>, into target: UnsafeMutablePointer<Float>) {
    guard let scales = scales.widened(to: Float.self) else { return }
    // Words lie at any address in a file: copied, so that the loop may load them as such.
    let (wordCopy, zeroCopy) = (words.words(), zeros.words())
    let order: [UInt8] = [0, 4, 1, 5, 2, 6, 3, 7]
    wordCopy.withUnsafeBufferPointer { words in
      zeroCopy.withUnsafeBufferPointer { zeros in
        scales.withElements { scales in
          order.withUnsafeBufferPointer { order in
            withGroups { groups in
              // Few outputs at a time: each is a row of the target, and all of them are written
              // side by side.
              let part = 64
              let places = Unchecked((words, zeros, scales, order, groups, target))
              Parallel.forEach((rows.count + part - 1) / part) { chunk in
                let (words, zeros, scales, order, groups, target) = places.value
                let first = rows.lowerBound + chunk * part
                var packing = heed_packing(
                  bits: UInt32(self.packing.bits),
                  along_inputs: self.packing.layout == .gptq ? 1 : 0,
                  zero_offset: UInt32(self.packing.zeroOffset),
                  order: self.packing.layout == .awq ? order.baseAddress : nil,
                  groups_of: groups, inputs: self.shape[1], outputs: self.shape[0],
                  group_size: self.packing.groupSize, first: first,
                  count: min(part, rows.upperBound - first))
                heed_widen_packed(
                  words.baseAddress, zeros.baseAddress, scales.baseAddress,
                  target + chunk * part * self.shape[1], &packing)
              }
            }
          }
        }
      }
    }
  }

  private func withGroups(_ body: (UnsafePointer<Int32>?) -> Void) {
    guard let groups else { return body(nil) }
    groups.withUnsafeBufferPointer { body($0.baseAddress) }
  }
}

extension StoredTensor {
  /// The bytes as 32-bit words, at an address that fits.
  fileprivate func words() -> [UInt32] {
    withBytes { bytes in
      [UInt32](unsafeUninitializedCapacity: bytes.count / 4) { buffer, count in
        count = bytes.count / 4
        UnsafeMutableRawBufferPointer(buffer).copyBytes(
          from: UnsafeRawBufferPointer(rebasing: bytes[..<(4 * count)]))
      }
    }
  }
}

private final class MicroscalingRecipe: TensorRecipe {
  let blocks, scales: StoredTensor
  let shape: [Int]
  var byteCount: Int { blocks.byteCount + scales.byteCount }

  init(blocks: StoredTensor, scales: StoredTensor) {
    self.blocks = blocks
    self.scales = scales
    shape = [blocks.shape[0], blocks.shape[2] * 32, blocks.shape[1]]
  }

  func fill(rows: Range<Int>, into target: UnsafeMutablePointer<Float>) {
    let (outputs, groups) = (blocks.shape[1], blocks.shape[2])
    for (i, expert) in rows.enumerated() {
      blocks.rows(expert..<expert + 1).withBytes { blocks in
        scales.rows(expert..<expert + 1).withBytes { scales in
          guard let blocks = blocks.baseAddress, let scales = scales.baseAddress else { return }
          heed_widen_mxfp4(blocks, scales, target + i * rowCount, outputs, groups)
        }
      }
    }
  }
}
