import CKernels

/// Which numbers of a row are its largest.
public enum Ranking {
  /// A bound that the `count` largest numbers reach and no other, but for numbers equal to it.
  ///
  /// - Parameters:
  ///   - numbers: At least `count`.
  ///   - count: Above 0.
  /// - Complexity: O(n) for each of at most 128 steps, every other of which halves a range, in vectors.
  public static func bound(of numbers: UnsafeBufferPointer<Double>, count: Int) -> Double {
    precondition(count > 0 && count <= numbers.count)
    guard let first = numbers.baseAddress else { return .nan }
    return heed_ranked(first, numbers.count, count)
  }

  /// Keeps the `count` largest numbers, divided by their sum, and puts zero for the others.
  ///
  /// Of equal ones the first are kept. Numbers whose sum would not be positive stay as they are.
  ///
  /// - Parameters:
  ///   - numbers: At least `count`, none negative.
  ///   - count: Above 0.
  /// - Complexity: As `bound`.
  public static func keepLargest(_ numbers: UnsafeMutableBufferPointer<Double>, count: Int) {
    precondition(count > 0 && count <= numbers.count)
    guard let first = numbers.baseAddress else { return }
    heed_keep_largest(first, numbers.count, count)
  }
}
