import Checkpoints
import Foundation
import Tensors

/// Scales and shifts of chosen heads' outputs, learned elsewhere.
struct LoFiTRule: AttentionRule {
  private static let file = RuleParameter.text(
    "file", "a safetensors file with tensors ….LAYER.self_attn.attn_A.HEAD and attn_v.HEAD, [dHead]"
  )

  static let card = RuleCard(
    name: "lofit", title: "LoFiT: learned scales and offsets",
    formula: "(1 + attn_A) · z + attn_v, number by number; the map stays",
    family: .reweighting, label: .asPublished, evidence: .code,
    source: "Yin et al. 2024; fc2869/lo-fit modeling_llama.py", parameters: [file],
    needs: [.file])

  /// What one head's output is multiplied by and what is added.
  private struct Change {
    var scale: [Double]?
    var offset: [Double]?
  }

  private let changes: [HeadIndex: Change]
  private let path: String

  init(_ spec: RuleSpec) throws(RuleError) {
    path = spec.text(Self.file)
    guard !path.isEmpty else {
      throw .fileNeeded(
        rule: Self.card.name, parameter: Self.file.name, holds: "learned scales and offsets")
    }
    func unfit(_ found: String) -> RuleError {
      .fileUnfit(
        rule: Self.card.name, file: spec.text(Self.file), found: found,
        expected: "a safetensors file with self_attn.attn_A and attn_v tensors")
    }
    let file: SafetensorsFile
    do { file = try SafetensorsFile(path: path) } catch {
      throw .fileUnread(rule: Self.card.name, error)
    }
    var changes: [HeadIndex: Change] = [:]
    for stored in file.tensors {
      guard let (head, isScale) = Self.parse(stored.name),
        let numbers = stored.widened(to: Double.self)?.elements
      else { continue }
      if isScale {
        changes[head, default: Change()].scale = numbers
      } else {
        changes[head, default: Change()].offset = numbers
      }
    }
    guard !changes.isEmpty else { throw unfit("no such tensor") }
    self.changes = changes
  }

  /// The head that a tensor's name speaks of, and whether it is a scale.
  static func parse(_ name: String) -> (head: HeadIndex, isScale: Bool)? {
    let parts = name.split(separator: ".").map(String.init)
    guard parts.count >= 4, parts[parts.count - 3] == "self_attn",
      let layer = Int(parts[parts.count - 4]),
      let head = Int(parts[parts.count - 1]), ["attn_A", "attn_v"].contains(parts[parts.count - 2])
    else { return nil }
    return (HeadIndex(layer: layer, head: head), parts[parts.count - 2] == "attn_A")
  }

  func calibrated<Element: Scalar>(
    _ model: Model, _ trace: Trace<Element>
  ) throws -> any AttentionRule {
    for (head, change) in changes.sorted(by: { $0.key < $1.key }) {
      guard head.layer < trace.plan.layers, head.head < trace.plan.heads else {
        throw RuleError.fileUnfit(
          rule: Self.card.name, file: path, found: "\(head)",
          expected: "\(trace.plan.layers) layers of \(trace.plan.heads) heads")
      }
      for numbers in [change.scale, change.offset] {
        guard let numbers, numbers.count != trace.plan.dHead else { continue }
        throw RuleError.fileUnfit(
          rule: Self.card.name, file: path, found: "\(numbers.count) numbers for \(head)",
          expected: "\(trace.plan.dHead)")
      }
    }
    return self
  }

  func prepare<K: Kernels>(_ head: RuleHead<K>) -> HeadRule<K.Element> {
    guard let change = changes[HeadIndex(layer: head.layer.layer, head: head.head)] else {
      return .unchanged
    }
    let (scale, offset) = (change.scale, change.offset)
    return .output { _, row in
      if let scale { for j in row.indices { row[j] *= 1 + scale[j] } }
      if let offset { for j in row.indices { row[j] += offset[j] } }
    }
  }
}
