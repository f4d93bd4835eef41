import Tensors

/// Presents the parts of quantised weights as one tensor under the plain name each.
///
/// What there is follows from `quantization_config` in the configuration; the parts are taken out of
/// the list of tensors, so that nothing reports them as unused.
struct QuantizedWeights {
  /// How weights are quantised, by `quant_method`.
  private enum Method {
    case packed(Packing)
    case mxfp4
    case float8(rows: Int, columns: Int)
  }

  private let method: Method
  private let file: String

  /// Reads what the configuration says; nil when nothing is quantised.
  ///
  /// - Throws: `quantization` for a method that is not read.
  init?(config: JSON, file: String) throws(CheckpointError) {
    guard let settings = config["quantization_config"], settings.object != nil else { return nil }
    let name = settings["quant_method"]?.string ?? Self.guess(settings)
    let refuse = { (found: String) in CheckpointError.quantization(file: file, found: found) }
    let bits = settings["bits"]?.int ?? settings["w_bit"]?.int ?? 4
    let group = settings["group_size"]?.int ?? settings["q_group_size"]?.int ?? 128
    // Minus one means one group for all inputs.
    let groupSize = group > 0 ? group : .max / 2
    switch name {
    case "gptq":
      guard [2, 4, 8].contains(bits) else { throw refuse("GPTQ of \(bits) bits") }
      let second = settings["checkpoint_format"]?.string == "gptq_v2"
      method = .packed(
        Packing(layout: .gptq, bits: bits, groupSize: groupSize, zeroOffset: second ? 0 : 1))
    case "awq":
      let version = settings["version"]?.string?.lowercased() ?? "gemm"
      guard bits == 4, version == "gemm" else { throw refuse("AWQ \(version) of \(bits) bits") }
      method = .packed(Packing(layout: .awq, bits: 4, groupSize: groupSize, zeroOffset: 0))
    case "mxfp4": method = .mxfp4
    case "fp8", "fbgemm_fp8":
      let block = settings["weight_block_size"]?.array?.compactMap(\.int) ?? []
      guard block.isEmpty || block.count == 2 && block.allSatisfy({ $0 > 0 }) else {
        throw refuse("weight_block_size \(block)")
      }
      method = .float8(rows: block.first ?? 0, columns: block.last ?? 0)
    case "compressed-tensors":
      let format = settings["format"]?.string ?? "no format"
      guard ["float-quantized", "naive-quantized"].contains(format) else {
        throw refuse("compressed-tensors \(format)")
      }
      method = .float8(rows: 0, columns: 0)
    default: throw refuse(name)
    }
    self.file = file
  }

  /// Older files of bitsandbytes do not name it.
  private static func guess(_ settings: JSON) -> String {
    let bitsandbytes = ["load_in_4bit", "load_in_8bit"].contains { settings[$0]?.bool == true }
    return bitsandbytes ? "bitsandbytes" : "no quant_method"
  }

  /// Replaces parts by whole tensors.
  func merge(_ tensors: inout [String: StoredTensor]) throws(CheckpointError) {
    for name in tensors.keys.sorted() {
      switch method {
      case .packed(let packing): try mergePacked(name, packing, &tensors)
      case .mxfp4: try mergeMicroscaling(name, &tensors)
      case .float8(let rows, let columns): try mergeFloat8(name, (rows, columns), &tensors)
      }
    }
  }

  private func misfit(_ name: String) -> CheckpointError {
    .quantizedTensor(file: file, tensor: name)
  }

  private func mergePacked(
    _ name: String, _ packing: Packing, _ tensors: inout [String: StoredTensor]
  ) throws(CheckpointError) {
    guard name.hasSuffix(".qweight"), let words = tensors[name] else { return }
    let stem = String(name.dropLast("qweight".count))
    guard let zeros = tensors[stem + "qzeros"], let scales = tensors[stem + "scales"],
      let whole = StoredTensor.packed(
        name: stem + "weight", words: words, zeros: zeros, scales: scales,
        groups: tensors[stem + "g_idx"], as: packing)
    else { throw misfit(name) }
    for part in ["qweight", "qzeros", "scales", "g_idx"] { tensors[stem + part] = nil }
    tensors[whole.name] = whole
  }

  private func mergeMicroscaling(
    _ name: String, _ tensors: inout [String: StoredTensor]
  ) throws(CheckpointError) {
    guard name.hasSuffix("_blocks"), let blocks = tensors[name] else { return }
    let stem = String(name.dropLast("_blocks".count))
    guard let scales = tensors[stem + "_scales"],
      let whole = StoredTensor.mxfp4(name: stem, blocks: blocks, scales: scales)
    else { throw misfit(name) }
    tensors[name] = nil
    tensors[stem + "_scales"] = nil
    tensors[stem] = whole
  }

  /// Scales are `weight_scale_inv` per block (DeepSeek) or `weight_scale` for all, or per row; both
  /// are multiplied with.
  private func mergeFloat8(
    _ name: String, _ block: (rows: Int, columns: Int), _ tensors: inout [String: StoredTensor]
  ) throws(CheckpointError) {
    guard name.hasSuffix(".weight"), let weight = tensors[name], weight.shape.count == 2,
      weight.type == .float8e4m3 || weight.type == .float8e5m2
    else { return }
    guard
      let key = ["_scale_inv", "_scale"].map({ name + $0 }).first(where: { tensors[$0] != nil }),
      let scales = tensors[key], scales.type.isFloatingPoint
    else { throw misfit(name) }
    let (rows, columns) = (weight.shape[0], weight.shape[1])
    let whole: StoredTensor
    if scales.count == 1 {
      whole = weight.scaled(by: scales, block: (max(1, rows), max(1, columns)))
    } else if scales.count == rows, scales.shape.last == 1 || scales.shape.count == 1 {
      whole = weight.scaled(by: scales, block: (1, max(1, columns)))
    } else if block.rows > 0,
      scales.shape == [
        (rows + block.rows - 1) / block.rows, (columns + block.columns - 1) / block.columns,
      ]
    {
      whole = weight.scaled(by: scales, block: block)
    } else {
      throw misfit(key)
    }
    tensors[key] = nil
    tensors[name] = whole
    // Of the activations, which are not quantised here.
    let stem = name.dropLast("weight".count)
    tensors[stem + "input_scale"] = nil
    tensors[stem + "activation_scale"] = nil
  }
}
