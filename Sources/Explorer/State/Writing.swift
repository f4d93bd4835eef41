import Models
import Tokenizers

/// What the model writes after the prompt, token by token.
public struct Writing: Sendable {
  /// A text as far as it was written.
  struct Text: Sendable {
    /// In the order in which they were written.
    var tokens: [WrittenToken] = []
    /// The maps of the prompt and all tokens but the last.
    var patterns: (any PatternSource)?
    /// Tells the maps of two texts apart.
    var number = 0
  }

  /// How many tokens are wanted.
  var wanted = 1
  /// The step that is looked at, from 0.
  var step = 0 { didSet { goal = nil } }
  /// The step to look at once the text is as long; nil for the one that is looked at.
  private(set) var goal: Int?
  /// Which heads a layer's row stands for.
  var pool = Lens.Pool.average
  private var texts: [Alteration: Text] = [:]
  private var count = 0

  /// How many changes of the model keep their texts: the model as it is and one change, for each holds a run.
  static let capacity = 2

  /// Nothing written.
  init() {}

  /// What the model writes under a change.
  func text(_ alteration: Alteration) -> Text { texts[alteration] ?? Text() }

  /// Takes the next token of a text.
  mutating func take(
    _ token: WrittenToken, _ patterns: any PatternSource, after ids: [Int], _ alteration: Alteration
  ) {
    var text = text(alteration)
    guard text.tokens.map(\.token.id) == ids else { return }
    count += 1
    text.tokens.append(token)
    text.patterns = patterns
    text.number = count
    if let goal {
      go(to: goal, of: text.tokens.count)
    } else if step == text.tokens.count - 2 {
      step += 1
    }
    if texts.count >= Self.capacity, texts[alteration] == nil {
      texts = texts.filter { $0.key.isNone }
    }
    texts[alteration] = text
  }

  /// Looks at a step of a text of `count` tokens, or, until the text is as long, at its last one.
  mutating func go(to step: Int, of count: Int) {
    self.step = min(step, max(0, count - 1))
    if step > self.step { goal = step }
  }

  /// The same wishes with nothing written, for another run.
  ///
  /// - Parameter isSameText: Whether it is another part of the same run: as much is written then, and the same
  ///   step is looked at.
  func fresh(isSameText: Bool) -> Writing {
    var writing = Writing()
    writing.pool = pool
    if isSameText { (writing.wanted, writing.step) = (wanted, step) }
    return writing
  }
}

extension ExplorerState {
  /// What the model writes as it is changed now.
  var written: Writing.Text { writing.text(alteration) }

  /// The question for the next token of the text; nil once it is as long as was wanted, or at its end.
  var nextToken: Question? {
    let tokens = written.tokens
    guard tokens.count < writing.wanted, tokens.last?.isEnd != true else { return nil }
    return ask(.next(after: tokens.map(\.token.id)))
  }

  /// Asks for more tokens than there are.
  ///
  /// - Parameter isOnTop: Whether those that are on their way come first, and do not count.
  mutating func write(more count: Int, isOnTop: Bool) {
    let tokens = written.tokens
    guard tokens.last?.isEnd != true else { return say("the model ended its text here") }
    let isWriting = isOnTop && nextToken.map(answers.asked.contains) ?? false
    writing.wanted = (isWriting ? writing.wanted : tokens.count) + max(1, count)
    writing.step = max(0, tokens.count - 1)
    if let nextToken, !isWriting { answers.forget(nextToken) }
  }
}

/// A text that is being written, at the step that is looked at.
struct Transcript {
  /// What was read, then what was written.
  let tokens: [Token]
  /// How many of them were read.
  let readCount: Int
  /// What the queries and the keys of its maps are.
  let queries, keys: [Token]
  /// The query that chose the step's token, and the keys that it sees.
  let query: Int
  let visible: Range<Int>
  /// Whether keys are what was read, so that heads that point there can be marked among them.
  let showsPointers: Bool

  /// - Parameters:
  ///   - written: At least the token of the step.
  ///   - maps: Their maps.
  init(_ run: Subject, _ written: [Token], step: Int, _ maps: any PatternSource) {
    let beginning = run.beginning ?? []
    let read = run.beginning == nil ? run.tokens : run.asked?.tokens ?? []
    let isCross = run.stream == .cross
    readCount = read.count + beginning.count
    tokens = read + beginning + written
    queries = run.beginning == nil ? tokens : beginning + written
    keys = isCross ? read : queries
    query = (run.beginning == nil ? read : beginning).count - 1 + step
    visible = 0..<(isCross ? maps.keyCount : min(maps.keyCount, query + 1))
    showsPointers = run.beginning == nil || isCross
  }
}
