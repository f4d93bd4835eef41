/// What has been asked about a run, and what came back.
public struct Answers: Sendable {
  /// How far a question is.
  enum Entry: Sendable {
    /// The engine has it.
    case asked
    /// The answer.
    case known(Answer)
    /// There is no answer, and why.
    case refused(String)
  }

  /// How many answers are kept; views ask again for what they miss.
  static let capacity = 48

  private var entries: [Question: Entry] = [:]
  /// Oldest first.
  private var order: [Question] = []

  /// No question yet.
  init() {}

  subscript(question: Question) -> Entry? { entries[question] }

  /// The answer, once it is there.
  func known(_ question: Question) -> Answer? {
    guard case .known(let answer)? = entries[question] else { return nil }
    return answer
  }

  /// Why there is none.
  func refusal(_ question: Question) -> String? {
    guard case .refused(let why)? = entries[question] else { return nil }
    return why
  }

  /// Questions that the engine has.
  var asked: [Question] {
    order.filter { if case .asked? = entries[$0] { true } else { false } }
  }

  /// Those of some questions that nobody has asked.
  func unasked(_ questions: [Question]) -> [Question] {
    questions.filter { entries[$0] == nil }
  }

  /// Notes that the engine has exactly these questions, and whatever it had before no more.
  mutating func ask(_ questions: [Question]) {
    forgetAsked()
    for question in questions { set(question, .asked) }
  }

  /// Notes an answer.
  mutating func take(_ question: Question, _ entry: Entry) {
    set(question, entry)
    while order.count > Self.capacity {
      entries[order.removeFirst()] = nil
    }
  }

  /// Nobody works at what was asked any more.
  mutating func forgetAsked() {
    for question in asked { remove(question) }
  }

  /// Makes room to ask again, or for an answer that is kept elsewhere.
  mutating func forget(_ question: Question) { remove(question) }

  /// What was asked will not be answered.
  mutating func refuseAsked(_ why: String) {
    for question in asked { set(question, .refused(why)) }
  }

  private mutating func set(_ question: Question, _ entry: Entry) {
    order.removeAll { $0 == question }
    order.append(question)
    entries[question] = entry
  }

  private mutating func remove(_ question: Question) {
    order.removeAll { $0 == question }
    entries[question] = nil
  }
}
