extension PatchPlan {
  /// The patches that a vision config describes.
  ///
  /// - Parameters:
  ///   - projection: The convolution's name up to `.weight` and `.bias`.
  ///   - hasBias: Whether it has a bias.
  ///   - resizes: Whether images of other sizes are taken.
  /// - Throws: `ModelError.configValue` for patches that do not tile the image.
  init(
    _ config: ConfigReader, dModel: Int, projection: String, hasBias: Bool = true,
    leading: [Leading], registers: WeightPlan? = nil, resizes: Bool = false
  ) throws {
    let channels = try config.count("num_channels", default: 3)
    let side = try config.count("patch_size", default: 16)
    let size = try config.count("image_size", default: 224)
    guard size % side == 0 || resizes, size >= side else {
      throw ModelError.configValue(
        file: config.file, key: "patch_size", found: "\(side)",
        expected: "a divisor of the image's \(size) pixels")
    }
    self.init(
      channels: channels, side: side, rows: size / side, columns: size / side,
      projection: LinearPlan(
        weight: WeightPlan(
          "\(projection).weight", [dModel, channels, side, side],
          as: [dModel, channels * side * side]),
        bias: hasBias ? WeightPlan("\(projection).bias", [dModel]) : nil),
      leading: leading, registers: registers, resizes: resizes)
  }
}
