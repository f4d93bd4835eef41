import Models
import Tensors

/// Random tokens, and the same again: what induction, duplicate-token and echo heads are found with.
public struct RepeatProbe: Sendable, Hashable {
  /// How many random tokens.
  public let length: Int
  /// Seed of the generator, PyTorch's for the processor.
  public let seed: UInt32
  /// How many prompts scores are averaged over.
  public let rows: Int

  /// A probe of `rows` prompts.
  public init(length: Int, seed: UInt32 = 0, rows: Int = 1) {
    self.length = max(1, length)
    self.seed = seed
    self.rows = max(1, rows)
  }

  /// Reads `repeat:N`, `repeat:N,SEED` or `repeat:N,SEED,ROWS`; nil for anything else.
  public init?(_ text: String) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0] == "repeat" else { return nil }
    let numbers = parts[1].split(separator: ",", omittingEmptySubsequences: false).map {
      UInt32($0)
    }
    guard (1...3).contains(numbers.count), numbers.allSatisfy({ $0 != nil }),
      let length = numbers[0], length > 0
    else { return nil }
    let rows = numbers.count > 2 ? numbers[2] ?? 0 : 1
    guard rows > 0 else { return nil }
    self.init(
      length: Int(length), seed: numbers.count > 1 ? numbers[1] ?? 0 : 0, rows: Int(rows))
  }

  /// `repeat:50,0`.
  public var description: String {
    "repeat:\(length),\(seed)" + (rows > 1 ? ",\(rows)" : "")
  }

  /// The prompts: `prefix`, then the random tokens `copies` times.
  ///
  /// Ids are drawn from 100 to 20000, as TransformerLens' notebooks draw them; below that in a smaller
  /// vocabulary, and from all of it in one of fewer than 200.
  ///
  /// - Parameters:
  ///   - prefix: Such as BOS.
  ///   - vocabularySize: Ids are below it.
  public func prompts(prefix: [Int], vocabularySize: Int, copies: Int = 2) -> [[Int]] {
    var generator = MersenneTwister(seed: seed)
    let low = vocabularySize >= 200 ? 100 : 0
    let high = max(low + 1, min(20_000, vocabularySize))
    return (0..<rows).map { _ in
      let block = (0..<length).map { _ in generator.next(in: low..<high) }
      return prefix + (0..<copies).flatMap { _ in block }
    }
  }

  /// The longest probe that fits a context, this one where it does.
  func fitting(_ contextLength: Int, prefix: Int, copies: Int) -> RepeatProbe {
    RepeatProbe(
      length: min(length, max(1, (contextLength - prefix) / copies)), seed: seed, rows: rows)
  }
}
