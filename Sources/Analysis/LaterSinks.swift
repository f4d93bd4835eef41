/// Sinks beyond the first key, as ACT finds them.
///
/// Source: Yu et al. 2024, "Unveiling and Harnessing Hidden Attention Sinks", `llama_modelling_aug.py`.
public enum LaterSinks {
  /// The keys whose α is above `threshold`, the first such key left out.
  public static func keys(_ map: MapStatistics, threshold: Double) -> [Int] {
    Array((0..<map.keys).filter { map.alpha($0) > threshold }.dropFirst())
  }
}
