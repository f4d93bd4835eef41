/// Ordered classes of words, for finding heads that step from one member to the next.
public enum Ordinals {
  /// The built-in classes: days, months, numbers as words and digits, ordinal numbers, letters.
  ///
  /// Source: the kinds of Gould et al. 2023, "Successor Heads"; the words are everyday ones.
  public static let words: [[String]] = [
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
    [
      "January", "February", "March", "April", "May", "June", "July", "August", "September",
      "October", "November", "December",
    ],
    [
      "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
      "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
      "twenty",
    ],
    [
      "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
    ],
    (1...200).map { "\($0)" },
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ".map { "\($0)" },
    "abcdefghijklmnopqrstuvwxyz".map { "\($0)" },
  ]

  /// The longest stretch of each class that a vocabulary spells in one token each, as ids.
  ///
  /// - Parameters:
  ///   - classes: Words in order.
  ///   - id: The one token of a word, with a space before it where the vocabulary has such tokens; nil
  ///     when it takes several.
  /// - Returns: Only classes of two tokens or more.
  public static func ids(
    _ classes: [[String]] = words, id: (_ word: String) -> Int?
  ) -> [[Int]] {
    classes.compactMap { words in
      var (best, current): ([Int], [Int]) = ([], [])
      for word in words {
        if let id = id(word) { current.append(id) } else { current = [] }
        if current.count > best.count { best = current }
      }
      return best.count > 1 ? best : nil
    }
  }
}
