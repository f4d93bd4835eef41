import Checkpoints
import Foundation
import Tensors

/// From an image to the numbers a vision model takes, as `preprocessor_config.json` says: resize, crop the
/// middle, rescale, normalise.
///
/// Source: transformers 5, `image_processing_base.py` and the processors of ViT, CLIP, DINOv2 and SigLIP.
public struct ImageProcessor: Sendable {
  /// How an image is brought to its size.
  public enum Size: Sendable, Hashable {
    /// Exactly this size, whatever that does to the proportions.
    case exact(width: Int, height: Int)
    /// The shorter side gets this long; the proportions stay.
    case shortestEdge(Int)
  }

  /// The size; nil when images are taken as they are.
  public let size: Size?
  /// The filter.
  public let resampling: Resampling
  /// What is cut out of the middle; nil for nothing.
  public let crop: (width: Int, height: Int)?
  /// What a value of 0...255 is multiplied by.
  public let rescaling: Double
  /// Subtracted from each channel, and what it is divided by afterwards.
  public let mean, deviation: [Double]

  /// Reads `preprocessor_config.json`, or what a vision config implies where there is none.
  ///
  /// - Parameter file: The file, for errors.
  /// - Throws: `MediaError.setting` for a setting that is not followed.
  public init(_ config: JSON, file: String) throws(MediaError) {
    func flag(_ key: String, _ fallback: Bool) -> Bool { config[key]?.bool ?? fallback }
    let kind =
      (config["image_processor_type"] ?? config["feature_extractor_type"])?.string ?? "ViT"
    for key in ["do_pad", "do_thumbnail", "do_align_long_axis", "do_flip_channel_order"]
    where config[key]?.bool == true {
      throw .setting(file: file, key: key, found: "true", expected: "false")
    }
    let defaults = Defaults(kind)
    size =
      flag("do_resize", true)
      ? try Self.size(config["size"], defaults, file: file) : nil
    let filter = config["resample"]?.int ?? defaults.resampling.rawValue
    guard let resampling = Resampling(rawValue: filter) else {
      throw .setting(
        file: file, key: "resample", found: "\(filter)", expected: "a filter from 0 to 5")
    }
    self.resampling = resampling
    crop =
      flag("do_center_crop", defaults.crops) ? try Self.crop(config["crop_size"], file: file) : nil
    rescaling = flag("do_rescale", true) ? config["rescale_factor"]?.double ?? 1 / 255 : 1
    guard flag("do_normalize", true) else {
      (mean, deviation) = ([0], [1])
      return
    }
    mean = try Self.channels(config, "image_mean", file: file) ?? defaults.mean
    deviation = try Self.channels(config, "image_std", file: file) ?? defaults.deviation
    guard mean.count == deviation.count, deviation.allSatisfy({ $0 > 0 }) else {
      throw .setting(
        file: file, key: "image_std", found: "\(deviation)",
        expected: "as many numbers above 0 as image_mean has")
    }
  }

  /// What a kind of processor does where its file is silent.
  private struct Defaults {
    let keepsShape, crops: Bool
    let edge: Int
    let resampling: Resampling
    var mean = [0.5, 0.5, 0.5]
    var deviation = [0.5, 0.5, 0.5]

    init(_ kind: String) {
      keepsShape = ["CLIP", "Bit", "ChineseCLIP"].contains { kind.hasPrefix($0) }
      let isDeiT = kind.hasPrefix("DeiT")
      crops = keepsShape || isDeiT
      edge = isDeiT ? 256 : 224
      resampling = crops || kind.hasPrefix("Siglip") ? .bicubic : .bilinear
      if keepsShape {
        // Of the pictures that OpenAI's CLIP was trained on.
        mean = [0.48145466, 0.4578275, 0.40821073]
        deviation = [0.26862954, 0.26130258, 0.27577711]
      }
    }
  }

  /// Reads the file beside a checkpoint.
  ///
  /// - Returns: nil when the folder has none.
  public static func open(folder: String) throws -> ImageProcessor? {
    for name in ["preprocessor_config.json", "processor_config.json"] {
      let file = (folder as NSString).appendingPathComponent(name)
      guard FileManager.default.fileExists(atPath: file) else { continue }
      let config = try JSON.read(file)
      return try ImageProcessor(config["image_processor"] ?? config, file: file)
    }
    return nil
  }

  /// The image as a model takes it, `[channel, height, width]`.
  ///
  /// - Parameter channels: 1 or 3, as the model has.
  public func pixels(of image: PixelImage, channels: Int) -> Tensor<Float> {
    let image = shaped(image.converted(channels: channels))
    var result = Tensor<Float>(uninitialized: [channels, image.height, image.width])
    let target = result.mutableMatrix()
    for channel in 0..<channels {
      let (mean, deviation) = (
        mean[min(channel, mean.count - 1)], deviation[min(channel, deviation.count - 1)]
      )
      // Only 256 values there are.
      let levels = (0..<256).map { Float((Double($0) * rescaling - mean) / deviation) }
      for y in 0..<image.height {
        target.withRow(channel * image.height + y) { row in
          for x in 0..<image.width {
            row[x] = levels[Int(image.pixels[(y * image.width + x) * channels + channel])]
          }
        }
      }
    }
    return result
  }

  /// Resized and cropped: what the model sees, for drawing under its patches.
  public func shaped(_ image: PixelImage) -> PixelImage {
    var image = image
    switch size {
    case .exact(let width, let height):
      image = resampling.resized(image, width: width, height: height)
    case .shortestEdge(let edge):
      let (short, long) = (min(image.width, image.height), max(image.width, image.height))
      // The reference truncates.
      let other = edge * long / max(1, short)
      image = resampling.resized(
        image, width: image.width <= image.height ? edge : other,
        height: image.width <= image.height ? other : edge)
    case nil: break
    }
    guard let crop else { return image }
    return image.centerCropped(width: crop.width, height: crop.height)
  }

  private static func size(
    _ json: JSON?, _ defaults: Defaults, file: String
  ) throws(MediaError) -> Size {
    if let edge = edge(json ?? .int(defaults.edge)) {
      return defaults.keepsShape ? .shortestEdge(edge) : .exact(width: edge, height: edge)
    }
    if let json, let height = edge(json["height"]), let width = edge(json["width"]) {
      return .exact(width: width, height: height)
    }
    if let json, let edge = edge(json["shortest_edge"]), json["longest_edge"] == nil {
      return .shortestEdge(edge)
    }
    throw .setting(
      file: file, key: "size", found: json.map { "\($0)" } ?? "missing",
      expected: "height and width, or shortest_edge, up to 16384")
  }

  private static func crop(
    _ json: JSON?, file: String
  ) throws(MediaError) -> (width: Int, height: Int) {
    if let edge = edge(json ?? .int(224)) { return (edge, edge) }
    guard let height = edge(json?["height"]), let width = edge(json?["width"]) else {
      throw .setting(
        file: file, key: "crop_size", found: json.map { "\($0)" } ?? "missing",
        expected: "height and width, up to 16384")
    }
    return (width, height)
  }

  /// A whole number of pixels that makes sense; nil for anything else.
  private static func edge(_ json: JSON?) -> Int? {
    json?.int.flatMap { (1...16384).contains($0) ? $0 : nil }
  }

  private static func channels(
    _ config: JSON, _ key: String, file: String
  ) throws(MediaError) -> [Double]? {
    guard let value = config[key], !value.isNull else { return nil }
    let numbers = value.array?.compactMap(\.double) ?? value.double.map { [$0] } ?? []
    guard numbers.count == 1 || numbers.count == 3 else {
      throw .setting(file: file, key: key, found: "\(value)", expected: "one or three numbers")
    }
    return numbers
  }
}
