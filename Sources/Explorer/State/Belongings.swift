import Models

/// What a user keeps about one model: it is put aside while another one is open, and comes back with it.
struct Belongings: Sendable {
  private let notes: [HeadIndex: String]
  private let marks: [Character: Place]
  private let selected: Set<HeadIndex>
  private let alteration: Alteration
  private let rule: RuleSpec?
  private let edits: Edits

  /// Nothing yet.
  init() {
    (notes, marks, selected) = ([:], [:], [])
    (alteration, rule, edits) = (Alteration(), nil, Edits())
  }

  /// What there is about the model that is open.
  init(_ state: ExplorerState) {
    (notes, marks, selected) = (state.notes, state.marks, state.selected)
    (alteration, rule, edits) = (state.alteration, state.rule, state.edits)
  }

  /// Whether the user would miss anything.
  var isEmpty: Bool { notes.isEmpty && marks.isEmpty && selected.isEmpty && alteration.isNone }

  /// Puts it in place of what another model has.
  func give(to state: inout ExplorerState) {
    (state.notes, state.marks, state.selected) = (notes, marks, selected)
    (state.alteration, state.rule, state.edits) = (alteration, rule, edits)
  }
}

extension ExplorerState {
  /// Puts aside what belongs to the model that is open, when a run of another one takes its place.
  mutating func exchangeBelongings(for subject: Subject) {
    guard let former = run?.origin, let next = subject.origin, former.address != next.address
    else { return }
    // What a text is best seen as becomes what an image is, and the other way round.
    let isImage = subject.keyPrompt?.grid != nil
    if isImage != seesImage, view == (isImage ? TokensView.name : ImageView.name) {
      views = views.dropLast() + [isImage ? ImageView.name : TokensView.name]
    }
    let own = Belongings(self)
    belongings[former.address] = own
    (belongings[next.address] ?? Belongings()).give(to: &self)
    guard !own.isEmpty else { return }
    sayToo("what was changed and noted about \(former.address) comes back with it")
  }
}
