import Tensors

/// Triangles on Slaney's mel scale, each of the same area.
///
/// Source: Slaney 1998, "Auditory Toolbox"; transformers 5, `audio_utils.py`.
enum MelFilters {
  /// The shares of frequency bins in each filter, `[filters, bins]`.
  ///
  /// - Parameters:
  ///   - count: Filters, from 0 to 8000 Hz.
  ///   - bins: Frequencies, evenly from 0 to half the rate.
  static func matrix(count: Int, bins: Int, rate: Int) -> Tensor<Float> {
    let top = mel(8000)
    let edges = (0..<count + 2).map { hertz(top * Double($0) / Double(count + 1)) }
    var values: [Float] = []
    values.reserveCapacity(count * bins)
    for filter in 0..<count {
      let (low, middle, high) = (edges[filter], edges[filter + 1], edges[filter + 2])
      for bin in 0..<bins {
        let frequency = Double(rate / 2) * Double(bin) / Double(bins - 1)
        let rise = (frequency - low) / (middle - low)
        let fall = (high - frequency) / (high - middle)
        values.append(Float(max(0, min(rise, fall)) * 2 / (high - low)))
      }
    }
    return Tensor(values, shape: [count, bins])
  }

  // Linear up to 1000 Hz, which are 15 mel, then logarithmic: 27 mel for a factor of 6.4.
  private static let step = 27 / Double.log(6.4)

  private static func mel(_ hertz: Double) -> Double {
    hertz < 1000 ? 3 * hertz / 200 : 15 + Double.log(hertz / 1000) * step
  }

  private static func hertz(_ mel: Double) -> Double {
    mel < 15 ? 200 * mel / 3 : 1000 * Double.exp((mel - 15) / step)
  }
}
