import Foundation
import Tensors

extension Checkpoint {
  /// The checkpoint with a LoRA adapter merged into it.
  ///
  /// A weight becomes `W + α/r · B·A` (`α/√r` with `use_rslora`) whenever it is widened;
  /// `modules_to_save` replace theirs.
  ///
  /// - Parameter folder: A folder as PEFT writes it, with `adapter_config.json` and
  ///   `adapter_model.safetensors` or `adapter_model.bin`.
  /// - Throws: `adapter` for another method than LoRA, DoRA, or a part that does not fit the base;
  ///   what opening the files throws.
  ///
  /// Source: Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models"; PEFT 0.18
  /// `tuners/lora/layer.py`.
  public func applying(adapter folder: String) throws(CheckpointError) -> Checkpoint {
    let adapter = try Adapter(folder: folder)
    var merged = tensors
    try adapter.merge(into: &merged)
    return Checkpoint(self, tensors: merged, adding: adapter.file)
  }
}

/// A LoRA adapter as it lies on disk.
private struct Adapter {
  let file: Checkpoint.File
  private let configFile: String
  private let config: JSON
  private let parts: [String: StoredTensor]

  init(folder: String) throws(CheckpointError) {
    let path = { (name: String) in (folder as NSString).appendingPathComponent(name) }
    configFile = path("adapter_config.json")
    config = try JSON.read(configFile)
    let method = config["peft_type"]?.string ?? "no peft_type"
    guard method.uppercased() == "LORA" else {
      throw .adapter(file: configFile, found: method, expected: "LORA")
    }
    for (key, name) in [("use_dora", "DoRA"), ("use_qalora", "QALoRA")]
    where config[key]?.bool == true {
      throw .adapter(file: configFile, found: name, expected: "plain LoRA")
    }
    let tensors: [StoredTensor]
    if FileManager.default.fileExists(atPath: path("adapter_model.safetensors")) {
      let weights = try SafetensorsFile(path: path("adapter_model.safetensors"))
      (file, tensors) = (.init(path: weights.path, bytes: weights.size), weights.tensors)
    } else {
      let weights = try PyTorchFile(path: path("adapter_model.bin"))
      (file, tensors) = (.init(path: weights.path, bytes: weights.size), weights.tensors)
    }
    parts = Dictionary(tensors.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// Replaces every weight that the adapter changes; every part must find its weight.
  func merge(into tensors: inout [String: StoredTensor]) throws(CheckpointError) {
    for name in parts.keys.sorted() {
      guard let part = parts[name] else { continue }
      if let stem = stem(of: name, before: ".lora_A.weight") {
        try addLowRank(stem, down: part, downName: name, to: &tensors)
      } else if stem(of: name, before: ".lora_B.weight") != nil {
        guard parts[name.replacingOccurrences(of: ".lora_B.", with: ".lora_A.")] != nil else {
          throw misfit(name, "its lora_A")
        }
      } else if name.contains("lora_") {
        throw misfit(name, "lora_A and lora_B of linear layers")
      } else {
        let plain = Self.plain(name)
          .replacingOccurrences(of: ".modules_to_save.default.", with: ".")
          .replacingOccurrences(of: ".modules_to_save.", with: ".")
        guard let key = key(plain, in: tensors), tensors[key]?.shape == part.shape else {
          throw misfit(name, "a tensor of the base of the same shape")
        }
        tensors[key] = part.named(key)
      }
    }
  }

  private func addLowRank(
    _ stem: String, down: StoredTensor, downName: String,
    to tensors: inout [String: StoredTensor]
  ) throws(CheckpointError) {
    let upName = downName.replacingOccurrences(of: ".lora_A.", with: ".lora_B.")
    guard let key = key(stem + ".weight", in: tensors), let base = tensors[key],
      base.shape.count == 2, base.type.isFloatingPoint
    else { throw misfit(downName, "a matrix \(stem).weight in the base") }
    guard let up = parts[upName], up.shape.count == 2, down.shape.count == 2,
      up.type.isFloatingPoint, down.type.isFloatingPoint, up.shape[1] == down.shape[0]
    else { throw misfit(downName, "a lora_B of the same rank") }
    let scale = try scale(stem, rank: down.shape[0])
    let inputsFirst = config["fan_in_fan_out"]?.bool == true
    if !inputsFirst, base.shape == [up.shape[0], down.shape[1]] {
      tensors[key] = base.adding(up: up, down: down, scale: scale)
    } else if inputsFirst, base.shape == [down.shape[1], up.shape[0]] {
      // The transpose of the product is added.
      tensors[key] = base.adding(up: down.transposed, down: up.transposed, scale: scale)
    } else {
      throw misfit(downName, "factors of a matrix of shape \(base.shape)")
    }
  }

  /// α/r or α/√r, where a pattern may set both for some modules.
  private func scale(_ stem: String, rank: Int) throws(CheckpointError) -> Float {
    let own = config["alpha_pattern"]?.object?.first {
      stem == $0.key || stem.hasSuffix("." + $0.key)
    }
    guard let alpha = own?.value.double ?? config["lora_alpha"]?.double, rank > 0 else {
      throw .adapter(file: configFile, found: "no lora_alpha", expected: "a number")
    }
    let root = config["use_rslora"]?.bool == true
    return Float(alpha / (root ? Double(rank).squareRoot() : Double(rank)))
  }

  /// The module that a factor belongs to; newer files leave out the adapter's own name, `default`.
  private func stem(of name: String, before ending: String) -> String? {
    for ending in [ending, ending.replacingOccurrences(of: ".weight", with: ".default.weight")]
    where name.hasSuffix(ending) {
      return Self.plain(String(name.dropLast(ending.count)))
    }
    return nil
  }

  private static func plain(_ name: String) -> String {
    let prefix = "base_model.model."
    return name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name
  }

  /// The base's name of a tensor: one of the two may have been saved without its head.
  private func key(_ name: String, in tensors: [String: StoredTensor]) -> String? {
    let prefixes = ["model.", "transformer."]
    let candidates =
      [name] + prefixes.map { $0 + name }
      + prefixes.filter { name.hasPrefix($0) }.map { String(name.dropFirst($0.count)) }
    return candidates.first { tensors[$0] != nil }
  }

  private func misfit(_ name: String, _ expected: String) -> CheckpointError {
    .adapter(file: file.path, found: name, expected: expected)
  }
}
