/// What has been asked about a run, and what came back.
///
/// Answers are kept as long as they fit into a budget of bytes, for some hold a whole run; those that no view has
/// wanted for longest go first, and are asked for again when one does.
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

  /// A question's entry, what it takes, and when a view wanted it last.
  private struct Slot {
    let entry: Entry
    let bytes: Int
    var used: Int
  }

  /// Bytes that answers may take where nobody says otherwise.
  public static let usualBudget = 256 << 20

  /// Bytes that answers may take.
  let budget: Int
  private var slots: [Question: Slot] = [:]
  private var wanted: Set<Question> = []
  private var clock = 0

  /// No question yet.
  init(budget: Int = usualBudget) { self.budget = budget }

  subscript(question: Question) -> Entry? { slots[question]?.entry }

  /// Bytes that answers take.
  var bytes: Int { slots.values.reduce(0) { $0 + $1.bytes } }

  /// The answer, once it is there.
  func known(_ question: Question) -> Answer? {
    guard case .known(let answer)? = self[question] else { return nil }
    return answer
  }

  /// Why there is none.
  func refusal(_ question: Question) -> String? {
    guard case .refused(let why)? = self[question] else { return nil }
    return why
  }

  /// Questions that the engine has, in the order in which they were asked.
  var asked: [Question] {
    slots.filter { if case .asked = $0.value.entry { true } else { false } }
      .sorted { $0.value.used < $1.value.used }.map(\.key)
  }

  /// Those of some questions that nobody has asked.
  func unasked(_ questions: [Question]) -> [Question] {
    questions.filter { slots[$0] == nil }
  }

  /// Notes what views want to know now: it stays whatever it takes, else it would be asked for for ever.
  mutating func want(_ questions: [Question]) {
    wanted = Set(questions)
    clock += 1
    for question in questions { slots[question]?.used = clock }
  }

  /// Notes that the engine has exactly these questions, and whatever it had before no more.
  mutating func ask(_ questions: [Question]) {
    forgetAsked()
    for question in questions { set(question, .asked) }
  }

  /// Notes an answer.
  mutating func take(_ question: Question, _ entry: Entry) {
    set(question, entry)
    makeRoom()
  }

  /// Nobody works at what was asked any more.
  mutating func forgetAsked() {
    for question in asked { slots[question] = nil }
  }

  /// Makes room to ask again, or for an answer that is kept elsewhere.
  mutating func forget(_ question: Question) { slots[question] = nil }

  /// What was asked will not be answered.
  mutating func refuseAsked(_ why: String) {
    for question in asked { set(question, .refused(why)) }
  }

  private mutating func set(_ question: Question, _ entry: Entry) {
    clock += 1
    var bytes = 0
    if case .known(let answer) = entry { bytes = answer.byteCount }
    slots[question] = Slot(entry: entry, bytes: bytes, used: clock)
  }

  private mutating func makeRoom() {
    var bytes = bytes
    guard bytes > budget else { return }
    let last = slots.filter {
      $0.value.bytes > 0 && !wanted.contains($0.key) && $0.value.used < clock
    }
    for (question, slot) in last.sorted(by: { $0.value.used < $1.value.used }) where bytes > budget
    {
      slots[question] = nil
      bytes -= slot.bytes
    }
  }
}
