import Analysis
import Explorer
import Foundation
import Models
import Tokenizers

/// A report on sinks as it is written out.
struct SinkWriter {
  let report: SinkReport
  let tokens: [Token]

  /// What JSON holds.
  struct File: Encodable {
    struct Position: Encodable {
      let index: Int
      let piece: String
      /// The mean over layers and heads of Gu's α.
      let received: Double?
      let rate: Double
    }
    struct Massive: Encodable {
      let layer, token, dimension: Int
      let value: Double
    }
    struct Head: Encodable {
      let layer, head, key: Int
      let share: Double
      let valueNorm: Double?
    }
    struct Outliers: Encodable {
      let infNorm, median: Double
      let kurtosis: Double?
    }
    struct Layer: Encodable {
      let residual, attention: Outliers
      let mlp: Outliers?
      let strongest: [Massive]
      /// VAR's φ of every token entering the layer.
      let phi: [Double]
    }
    let version = 1
    let epsilon: Double
    /// Gu's sink rate of the first key, in percent.
    let sinkRate: Double?
    let positions: [Position]
    let massive: [Massive]
    let heads: [Head]
    let dimensions: [Int]
    let threshold: Double
    let layers: [Layer]
  }

  private func piece(_ index: Int) -> String {
    tokens.indices.contains(index) ? tokens[index].piece : ""
  }

  private static func massive(_ massive: SinkReport.Massive) -> File.Massive {
    File.Massive(
      layer: massive.layer, token: massive.activation.token,
      dimension: massive.activation.dimension, value: massive.activation.value)
  }

  private static func outliers(_ outliers: Outliers) -> File.Outliers {
    File.Outliers(
      infNorm: outliers.infNorm, median: outliers.median,
      kurtosis: outliers.kurtosis.isFinite ? outliers.kurtosis : nil)
  }

  var file: File {
    File(
      epsilon: report.epsilon, sinkRate: report.sinkRate.isFinite ? report.sinkRate : nil,
      positions: report.positions.map {
        File.Position(
          index: $0.index, piece: piece($0.index),
          received: $0.received.isFinite ? $0.received : nil, rate: $0.rate)
      }, massive: report.massive.filter(\.isMassive).map(Self.massive),
      heads: report.feeders.map {
        File.Head(
          layer: $0.head.layer, head: $0.head.head, key: $0.key, share: $0.share,
          valueNorm: $0.valueNorm.isFinite ? $0.valueNorm : nil)
      }, dimensions: report.dimensions.dimensions, threshold: report.dimensions.threshold,
      layers: report.layers.enumerated().map { layer, outliers in
        File.Layer(
          residual: Self.outliers(outliers.residual),
          attention: Self.outliers(outliers.attention), mlp: outliers.mlp.map(Self.outliers),
          strongest: report.massive.filter { $0.layer == layer }.map(Self.massive),
          phi: report.dimensions.phi[layer])
      })
  }

  private static func heading(_ table: Sinks.Table) -> [String] {
    switch table {
    case .positions: ["index", "received", "rate"]
    case .heads: ["layer", "head", "key", "share", "valueNorm"]
    case .massive: ["layer", "token", "dimension", "value"]
    case .layers: ["layer", "infNorm", "median", "kurtosis", "attentionInfNorm", "mlpInfNorm"]
    }
  }

  /// One table as numbers; `.nan` where one is undefined.
  func numbers(_ table: Sinks.Table) -> [[Double]] {
    switch table {
    case .positions: report.positions.map { [Double($0.index), $0.received, $0.rate] }
    case .heads:
      report.feeders.map {
        [Double($0.head.layer), Double($0.head.head), Double($0.key), $0.share, $0.valueNorm]
      }
    case .massive:
      report.massive.filter(\.isMassive).map {
        [
          Double($0.layer), Double($0.activation.token), Double($0.activation.dimension),
          $0.activation.value,
        ]
      }
    case .layers:
      report.layers.enumerated().map { layer, outliers in
        [
          Double(layer), outliers.residual.infNorm, outliers.residual.median,
          outliers.residual.kurtosis, outliers.attention.infNorm, outliers.mlp?.infNorm ?? .nan,
        ]
      }
    }
  }

  /// One table as text, a heading first; a position carries its piece.
  func rows(_ table: Sinks.Table) -> [[String]] {
    let rows = numbers(table).map { row in
      row.map { value in value.isFinite ? Int(exactly: value).map(String.init) ?? "\(value)" : "" }
    }
    guard table == .positions else { return [Self.heading(table)] + rows }
    return [["index", "piece", "received", "rate"]]
      + rows.enumerated().map { [$1[0], piece($0)] + $1.dropFirst() }
  }

  /// What a person reads: the strongest ten of each kind.
  var text: String {
    let percent = report.sinkRate.isFinite ? String(format: "%.1f", report.sinkRate) : "·"
    var text =
      "sink rate of the first token: \(percent) % of heads (ε = \(report.epsilon))\n\n"
    var positions = TextTable(["key", "piece", "received", "heads %"], leading: [1])
    for position in report.positions.sorted(by: { $0.received > $1.received }).prefix(10) {
      positions.add([
        "\(position.index)", shown(position.index), Self.number(position.received, 3),
        Self.number(position.rate, 1),
      ])
    }
    text += positions.text + "\n"
    var heads = TextTable(["head", "key", "share", "value norm"], leading: [0])
    for feeder in report.feeders.prefix(10) {
      heads.add([
        "\(feeder.head)", "\(feeder.key)", Self.number(feeder.share, 3),
        Self.number(feeder.valueNorm, 3),
      ])
    }
    text += report.feeders.isEmpty ? "no head feeds a sink\n" : heads.text
    if report.feeders.count > 10 { text += "and \(report.feeders.count - 10) more\n" }
    var layers = TextTable(
      ["layer", "largest", "token", "dimension", "median", "kurtosis", "attention", "MLP", ""],
      leading: [8])
    for (layer, outliers) in report.layers.enumerated() {
      guard let first = outliers.residual.strongest.first else { continue }
      let isMassive = report.massive.contains { $0.layer == layer && $0.isMassive }
      layers.add([
        "L\(layer)", Self.number(first.value, 1), "\(first.token)", "\(first.dimension)",
        Self.number(outliers.residual.median, 3), Self.number(outliers.residual.kurtosis, 1),
        Self.number(outliers.attention.infNorm, 1),
        Self.number(outliers.mlp?.infNorm ?? .nan, 1), isMassive ? "massive" : "",
      ])
    }
    let dimensions = report.dimensions.dimensions
    let list = dimensions.prefix(10).map(String.init).joined(separator: ", ")
    return text + "\n" + layers.text
      + "sink dimensions: \(dimensions.isEmpty ? "none" : list)"
      + (dimensions.count > 10 ? " and \(dimensions.count - 10) more" : "")
      + " (φ above \(Self.number(report.dimensions.threshold, 2)))\n"
  }

  private func shown(_ index: Int) -> String {
    tokens.indices.contains(index) ? TokenText.exact(tokens[index].bytes, charset: .half) : ""
  }

  private static func number(_ value: Double, _ decimals: Int) -> String {
    value.isFinite ? String(format: "%.\(decimals)f", value) : "·"
  }
}
