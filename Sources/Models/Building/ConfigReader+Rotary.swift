import Checkpoints
import Tensors

/// Rotary settings in both spellings: `rope_parameters` of transformers 5, also with one entry for each
/// type of layer, and `rope_theta`, `rope_scaling` and `partial_rotary_factor` of transformers 4.
///
/// Source: transformers 5, `modeling_rope_utils.py`.
extension ConfigReader {
  /// What a family knows and its configuration need not say.
  struct RotaryDefaults {
    /// The base.
    var theta = 10_000.0
    /// Which part of a head turns.
    var fraction = 1.0
    /// The key of the base in old files.
    var thetaKey = "rope_theta"
    /// The key of the fraction in old files.
    var fractionKey = "partial_rotary_factor"
    /// Whether old files' scaling holds for these layers.
    var readsScaling = true
    /// Types that mean another: old names.
    var aliases = ["su": "longrope", "mrope": "default"]
  }

  /// The rotary encoding of heads.
  ///
  /// - Parameters:
  ///   - width: Numbers of a head that could turn.
  ///   - layerType: Which entry of `rope_parameters` to read, where it has one for each type of layer.
  ///   - first: Where in a head they begin.
  func rotary(
    width: Int, layerType: String? = nil, first: Int = 0, pairing: RotaryPlan.Pairing = .halves,
    defaults: RotaryDefaults = RotaryDefaults()
  ) throws -> RotaryPlan {
    let settings = RotarySettings(self, layerType: layerType, defaults)
    let theta =
      try settings.number("rope_theta") ?? number(defaults.thetaKey, default: defaults.theta)
    let fraction =
      try settings.number("partial_rotary_factor")
      ?? number(defaults.fractionKey, default: defaults.fraction)
    let dimensions = Int(Double(width) * fraction)
    guard dimensions > 0, dimensions.isMultiple(of: 2), dimensions <= width else {
      throw ModelError.configValue(
        file: file, key: defaults.fractionKey, found: "\(dimensions) of \(width) numbers of a head",
        expected: "an even number of them")
    }
    let usual = RotaryPlan.frequencies(theta: theta, dimensions: dimensions)
    var (frequencies, magnitude, stretch) = (usual, 1.0, RotaryPlan.Stretch.none)
    switch try settings.type() {
    case .usual: break
    case .linear:
      let factor = try settings.required("factor")
      frequencies = usual.map { $0 / factor }
    case .dynamic:
      stretch = .dynamic(
        theta: theta, factor: try settings.required("factor"),
        context: try count("max_position_embeddings"))
    case .llama3:
      frequencies = try settings.llama3(usual)
    case .yarn:
      (frequencies, magnitude) = try settings.yarn(usual, theta: theta)
    case .longrope:
      let short = try settings.factors("short_factor", count: usual.count)
      let long = try settings.factors("long_factor", count: usual.count)
      let context = try settings.originalContext()
      frequencies = zip(usual, short).map { $0 / $1 }
      stretch = .long(frequencies: zip(usual, long).map { $0 / $1 }, context: context)
      magnitude = try settings.longMagnitude(context: context)
    }
    return RotaryPlan(
      frequencies: frequencies, first: first, pairing: pairing, magnitude: magnitude,
      stretch: stretch)
  }

  /// The longest prompt of a model with rotary positions.
  func rotaryContext(default fallback: Int = 2048) throws(ModelError) -> Int {
    let stated = try count("max_position_embeddings", default: fallback)
    let settings = RotarySettings(self, layerType: nil, RotaryDefaults())
    guard let factor = try? settings.number("factor"), factor < 1e6 else { return stated }
    switch try settings.type() {
    case .linear, .dynamic: return Int(Double(stated) * factor)
    case .yarn: return max(stated, Int(Double(try settings.originalContext()) * factor))
    case .usual, .llama3, .longrope: return stated
    }
  }
}

/// One set of rotary settings.
struct RotarySettings {
  /// How frequencies are scaled.
  enum Kind: String, CaseIterable {
    case usual = "default"
    case linear, dynamic, llama3, yarn, longrope
  }

  private let config: ConfigReader
  private let name: String
  private let values: JSON?
  private let aliases: [String: String]

  init(_ config: ConfigReader, layerType: String?, _ defaults: ConfigReader.RotaryDefaults) {
    self.config = config
    aliases = defaults.aliases
    let nested = layerType.flatMap { config.value("rope_parameters", $0) }
    // Both are asked for, so that neither counts as unused.
    let (new, old) = (config.value("rope_parameters"), config.value("rope_scaling"))
    if let nested {
      (name, values) = ("rope_parameters.\(layerType ?? "")", nested)
    } else if let new {
      (name, values) = ("rope_parameters", new)
    } else {
      (name, values) = ("rope_scaling", defaults.readsScaling ? old : nil)
    }
  }

  /// How frequencies are scaled.
  func type() throws(ModelError) -> Kind {
    guard let found = (values?["rope_type"] ?? values?["type"])?.string else { return .usual }
    guard let kind = Kind(rawValue: aliases[found] ?? found) else {
      throw .configValue(
        file: config.file, key: "\(name).rope_type", found: found,
        expected: "one of \(Kind.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return kind
  }

  /// A number above zero; nil when absent or null.
  func number(_ key: String) throws(ModelError) -> Double? {
    guard let found = values?[key], !found.isNull else { return nil }
    guard let number = found.double, number > 0, number.isFinite else {
      throw .configValue(
        file: config.file, key: "\(name).\(key)", found: "\(found)", expected: "a number above 0")
    }
    return number
  }

  /// A number above zero that must be there.
  func required(_ key: String) throws(ModelError) -> Double {
    guard let number = try number(key) else {
      throw .configKeyMissing(file: config.file, key: "\(name).\(key)")
    }
    return number
  }

  /// One number for each pair.
  func factors(_ key: String, count: Int) throws(ModelError) -> [Double] {
    let list = values?[key]?.array?.compactMap(\.double) ?? []
    guard list.count == count, list.allSatisfy({ $0 > 0 && $0.isFinite }) else {
      throw .configValue(
        file: config.file, key: "\(name).\(key)", found: "\(list.count) numbers",
        expected: "\(count) numbers above 0")
    }
    return list
  }

  /// The context that the model was first trained for.
  func originalContext() throws(ModelError) -> Int {
    let key = "original_max_position_embeddings"
    if let stated = try config.optionalCount(key) { return stated }
    if let stated = try number(key), stated < 1e12 { return Int(stated) }
    return try config.count("max_position_embeddings")
  }

  /// Llama 3.1's: long wavelengths are divided, short ones stay, and between it fades.
  func llama3(_ usual: [Double]) throws(ModelError) -> [Double] {
    let factor = try required("factor")
    let (low, high) = (try required("low_freq_factor"), try required("high_freq_factor"))
    let context = Double(try originalContext())
    return usual.map { frequency in
      let turns = context * frequency / (2 * Double.pi)
      if turns < low { return frequency / factor }
      if turns > high { return frequency }
      let smooth = (turns - low) / (high - low)
      return (1 - smooth) * frequency / factor + smooth * frequency
    }
  }

  /// YaRN's frequencies, and what turned numbers are multiplied by.
  ///
  /// Source: Peng et al. 2023, "YaRN".
  func yarn(
    _ usual: [Double], theta: Double
  ) throws -> (frequencies: [Double], magnitude: Double) {
    let context = Double(try originalContext())
    let factor =
      try number("factor") ?? Double(try config.count("max_position_embeddings")) / context
    let dimensions = Double(2 * usual.count)
    /// Which pair turns so many times within the original context.
    func pair(turning turns: Double) -> Double {
      dimensions * Double.log(context / (turns * 2 * Double.pi)) / (2 * Double.log(theta))
    }
    var low = pair(turning: try number("beta_fast") ?? 32)
    var high = pair(turning: try number("beta_slow") ?? 1)
    if values?["truncate"]?.bool != false {
      (low, high) = (low.rounded(.down), high.rounded(.up))
    }
    (low, high) = (max(low, 0), min(high, dimensions - 1))
    let width = high == low ? 0.001 : high - low
    let frequencies = usual.enumerated().map { index, frequency in
      let ramp = min(1, max(0, (Double(index) - low) / width))
      return ramp * frequency / factor + (1 - ramp) * frequency
    }
    return (frequencies, try yarnMagnitude(factor: factor))
  }

  private func yarnMagnitude(factor: Double) throws -> Double {
    if let stated = try number("attention_factor") { return stated }
    if let own = optional("mscale"), let all = optional("mscale_all_dim") {
      return Self.growth(factor, own) / Self.growth(factor, all)
    }
    return Self.growth(factor, 1)
  }

  /// A number that is not zero; DeepSeek writes zero for "none".
  private func optional(_ key: String) -> Double? {
    values?[key]?.double.flatMap { $0 == 0 ? nil : $0 }
  }

  private static func growth(_ factor: Double, _ scale: Double) -> Double {
    factor <= 1 ? 1 : 0.1 * scale * Double.log(factor) + 1
  }

  /// What scores are multiplied by besides in a model with `mscale_all_dim` (DeepSeek); else 1.
  func scoreGrowth() throws -> Double {
    guard try type() != .usual, let all = optional("mscale_all_dim") else { return 1 }
    let growth = Self.growth(try required("factor"), all)
    return growth * growth
  }

  /// What turned numbers are multiplied by in LongRoPE.
  func longMagnitude(context: Int) throws -> Double {
    if let stated = try number("attention_factor") { return stated }
    let longest = Double(try config.count("max_position_embeddings"))
    let factor = try number("factor") ?? longest / Double(context)
    guard factor > 1, context > 1 else { return 1 }
    return (1 + Double.log(factor) / Double.log(Double(context))).squareRoot()
  }
}
