/// A prompt that hides a fact and then asks for it.
public struct Needle: Sendable, Hashable {
  /// The whole prompt.
  public let ids: [Int]
  /// Where the answer stands in it.
  public let answer: Range<Int>

  /// A prompt and where its answer stands; the range must lie within the ids and not be empty.
  public init(ids: [Int], answer: Range<Int>) {
    precondition(!answer.isEmpty && answer.lowerBound >= 0 && answer.upperBound <= ids.count)
    self.ids = ids
    self.answer = answer
  }
}

/// A needle as text: heed makes them, and a tokenizer cuts them.
public struct NeedleText: Sendable, Hashable {
  /// The whole prompt.
  public let prompt: String
  /// What the prompt asks for, as it stands in it.
  public let answer: String

  /// A prompt and its answer.
  public init(prompt: String, answer: String) {
    self.prompt = prompt
    self.answer = answer
  }

  /// Where the answer first stands, in bytes of the prompt; nil when it does not.
  public var answerBytes: Range<Int>? {
    let (text, wanted) = (Array(prompt.utf8), Array(answer.utf8))
    guard !wanted.isEmpty, text.count >= wanted.count else { return nil }
    let start = (0...text.count - wanted.count).first {
      text[$0..<$0 + wanted.count].elementsEqual(wanted)
    }
    return start.map { $0..<$0 + wanted.count }
  }

  /// Needles in a few sentences of hay: a secret number, told once and asked for at the end.
  ///
  /// - Parameters:
  ///   - count: How many.
  ///   - seed: Other seeds give other names, numbers and hay.
  ///   - sentences: How much hay stands before and after the needle together.
  public static func generated(
    count: Int, seed: UInt32 = 0, sentences: Int = 6
  ) -> [NeedleText] {
    var generator = MersenneTwister(seed: seed)
    func pick(_ words: [String]) -> String { words[generator.next(in: 0..<words.count)] }
    return (0..<count).map { _ in
      let owner = "\(pick(names))'s \(pick(things))"
      let number = "\(generator.next(in: 1000..<10_000))"
      var sentences = (0..<sentences).map { _ in pick(hay) }
      sentences.insert(
        "The secret number of \(owner) is \(number).",
        at: generator.next(in: 0..<sentences.count + 1))
      return NeedleText(
        prompt: sentences.joined(separator: " ") + " The secret number of \(owner) is",
        answer: number)
    }
  }

  private static let names = [
    "Mary", "John", "Anne", "Tom", "Alice", "Peter", "Jane", "Lucy", "Mark", "Paul",
  ]
  private static let things = [
    "book", "ring", "key", "letter", "ball", "apple", "coat", "lamp", "coin", "drink",
  ]
  private static let hay = [
    "The rain had stopped by the time they reached the house.",
    "She looked out of the window for a long while and said nothing.",
    "There was a great deal of noise in the street that morning.",
    "He had not slept well, and he was in no hurry to go down.",
    "The old man put down his paper and asked for more tea.",
    "Nobody remembered who had opened the gate.",
    "It was cold in the garden, though the sun was out.",
    "They talked of the weather, and then of the harvest.",
    "A carriage came slowly up the road and went on past the church.",
    "The children were told to be quiet, and for a time they were.",
  ]
}
