import Checkpoints
import Foundation
import Tensors

/// A sound as Whisper takes it: the logarithm of the power in mel bands, 100 frames a second.
///
/// Source: Radford et al. 2022, "Robust Speech Recognition via Large-Scale Weak Supervision"; transformers 5,
/// `feature_extraction_whisper.py`.
public struct LogMel: Sendable, Hashable {
  /// Mel bands.
  public let bands: Int
  /// Samples a second.
  public let rate: Int
  /// Samples of one window, and from one to the next.
  public let window, hop: Int
  /// Seconds that every sound is padded or cut to.
  public let seconds: Double

  /// Whisper's settings.
  public init(
    bands: Int = 80, rate: Int = 16000, window: Int = 400, hop: Int = 160, seconds: Double = 30
  ) {
    self.bands = bands
    self.rate = rate
    self.window = window
    self.hop = hop
    self.seconds = seconds
  }

  /// Reads the `preprocessor_config.json` beside a checkpoint.
  ///
  /// - Parameter standard: The settings where there is none.
  public static func open(folder: String, standard: LogMel = LogMel()) throws -> LogMel {
    let file = (folder as NSString).appendingPathComponent("preprocessor_config.json")
    guard FileManager.default.fileExists(atPath: file) else { return standard }
    let config = try JSON.read(file)
    func count(_ key: String, _ fallback: Int, _ range: ClosedRange<Int>) throws(MediaError) -> Int
    {
      guard let value = config[key] else { return fallback }
      guard let number = value.int, range.contains(number) else {
        throw .setting(file: file, key: key, found: "\(value)", expected: "\(range)")
      }
      return number
    }
    return LogMel(
      bands: try count("feature_size", 80, 1...1024),
      rate: try count("sampling_rate", 16000, 8000...192_000),
      window: try count("n_fft", 400, 16...8192), hop: try count("hop_length", 160, 1...8192),
      seconds: Double(try count("chunk_length", 30, 1...120)))
  }

  /// The features of a sound, `[bands, frames]`; longer sounds are cut, shorter ones followed by silence.
  ///
  /// `max(log10 P, highest − 8) / 4 + 1`, with P the power in a band of a Hann window, and at least 1e-10.
  ///
  /// - Throws: `MediaError.sampleRate`.
  public func features(of sound: WAVFile, file: String) throws(MediaError) -> Tensor<Float> {
    guard sound.rate == rate else {
      throw .sampleRate(file: file, found: sound.rate, expected: rate)
    }
    let length = Int((seconds * Double(rate)).rounded())
    let samples =
      Array(sound.samples.prefix(length))
      + [Float](repeating: 0, count: max(0, length - sound.samples.count))
    let power = powers(of: samples)
    let bins = window / 2 + 1
    var mel = Tensor<Float>(uninitialized: [bands, power.shape[0]])
    let target = mel.mutableMatrix()
    Float.PreferredKernels.multiply(
      MelFilters.matrix(count: bands, bins: bins, rate: rate).matrix, power.matrix,
      transposed: true, scale: 1, adding: false, into: target)
    var highest = -Float.infinity
    for band in 0..<bands {
      target.withRow(band) { row in
        for i in row.indices {
          row[i] = log10(max(1e-10, row[i]))
          highest = max(highest, row[i])
        }
      }
    }
    for band in 0..<bands {
      target.withRow(band) { row in
        for i in row.indices { row[i] = (max(row[i], highest - 8) + 4) / 4 }
      }
    }
    return mel
  }

  /// |DFT|² of every window, `[frames, window / 2 + 1]`.
  ///
  /// The transform is a product with a matrix of cosines and sines: at 400 samples that is faster than
  /// reading the file.
  private func powers(of samples: [Float]) -> Tensor<Float> {
    let (bins, half) = (window / 2 + 1, window / 2)
    // The last frame, which would start at the end, is left out.
    let frames = samples.count / hop
    var windows = Tensor<Float>(uninitialized: [frames, window])
    let target = windows.mutableMatrix()
    let hann = (0..<window).map {
      Float(0.5 - 0.5 * Double.cos(2 * .pi * Double($0) / Double(window)))
    }
    let last = samples.count - 1
    for frame in 0..<frames {
      target.withRow(frame) { row in
        for i in 0..<window {
          // Reflected at both ends.
          var at = abs(frame * hop + i - half)
          if at > last { at = max(0, 2 * last - at) }
          row[i] = samples[min(at, last)] * hann[i]
        }
      }
    }
    let angles = { (bin: Int, i: Int) in 2 * Double.pi * Double(bin * i % window) / Double(window) }
    func transform(_ wave: (Double) -> Double) -> Tensor<Float> {
      var basis: [Float] = []
      basis.reserveCapacity(bins * window)
      for bin in 0..<bins {
        for i in 0..<window { basis.append(Float(wave(angles(bin, i)))) }
      }
      var result = Tensor<Float>(uninitialized: [frames, bins])
      Float.PreferredKernels.multiply(
        windows.matrix, Tensor(basis, shape: [bins, window]).matrix, transposed: true, scale: 1,
        adding: false, into: result.mutableMatrix())
      return result
    }
    var real = transform(Double.cos)
    var imaginary = transform(Double.sin)
    let (a, b) = (real.mutableMatrix(), imaginary.mutableMatrix())
    Float.PreferredKernels.multiply(a, by: real.copiedMatrix)
    Float.PreferredKernels.multiply(b, by: imaginary.copiedMatrix)
    Float.PreferredKernels.add(b.matrix, to: a)
    return real
  }
}

extension Tensor {
  /// The numbers as they are now, in memory of their own.
  fileprivate var copiedMatrix: Matrix<Element> { matrix.copied.matrix }
}
