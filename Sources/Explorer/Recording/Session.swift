import Models

/// What the explorer looked at, as a small text file that opens it again.
///
/// ```
/// heed session 1
/// open "sample:novels"
/// hash 0123456789abcdef
/// option adapter "lora"
/// prompt "to be or not to be"
/// span "subject" 1 3
/// stream decoder
/// view map
/// head L3.H5
/// query 4
/// key 0
/// scale linear
/// ramp inferno
/// score entropy
/// zoom fit
/// lens words,sinks=hidden
/// note L3.H5 "copies names"
/// mark a map L3.H5 4 0
/// knock-out L3.H5
/// rule streaming:sink=4,recent=512 L2.H1 L2.H3
/// reach propagated
/// map F5 "rerun"
/// do "filter layer<4"
/// ```
///
/// A comment begins with `#`. Lines may be left out; what they say stays as a new explorer has it. `do` is
/// followed by a command to carry out at the place: what there is no word of its own for.
public struct Session: Sendable, Equatable {
  /// MODEL.
  public var model: String?
  /// The checkpoint's fingerprint.
  public var hash: String?
  /// What else the command line said, such as `--image`.
  public var options: [Origin.Option] = []
  /// The prompt.
  public var prompt: Recording.Prompt?
  /// Whether the tokenizer adds special tokens to it.
  public var addsSpecial = true
  /// Its named parts.
  public var spans: [PromptSpan] = []
  /// The part of an encoder-decoder that is seen.
  public var stream: StreamName?
  /// The view that is seen.
  public var view: String?
  /// The place in question, the change of the model, and commands to carry out there.
  public var arrival = Arrival()
  /// How weights become colours.
  public var scale: Scale?
  /// Which colours.
  public var ramp: Ramp?
  /// How large the map is drawn.
  public var zoom: Zoom?
  /// How maps are looked at.
  public var lens = Lens()
  /// What was noted about heads.
  public var notes: [HeadIndex: String] = [:]
  /// Places by letter.
  public var marks: [Character: Place] = [:]
  /// Keys that the user gave commands to.
  public var ownKeys: [Key: String] = [:]

  /// The first line.
  public static let heading = "heed session 1"

  /// A session that says nothing.
  public init() {}

  /// What a state looks at; nil when nothing is loaded that could be opened again.
  public init?(_ state: ExplorerState) {
    guard let subject = state.run, let origin = subject.origin else { return nil }
    (model, options) = (origin.address, origin.options)
    // Maps of a file have no fingerprint.
    hash = origin.fingerprint.isEmpty ? nil : origin.fingerprint
    (prompt, spans) = (subject.askedPrompt, subject.askedSpans)
    addsSpecial = subject.hasAdded
    stream = subject.streams.count > 1 ? subject.stream : nil
    view = state.view
    arrival = Arrival(state, view: state.view)
    arrival.score = state.score
    look(as: state)
  }

  /// What a state is about to look at, before anything is loaded.
  ///
  /// - Parameters:
  ///   - model: MODEL.
  ///   - options: What else the command line said.
  public init(
    starting state: ExplorerState, model: String, options: [Origin.Option],
    prompt: Recording.Prompt?
  ) {
    (self.model, self.options, self.prompt) = (model, options, prompt)
    view = state.choosesView ? nil : state.view
    arrival = state.arrival
    look(as: state)
  }

  private mutating func look(as state: ExplorerState) {
    (scale, ramp, zoom, lens) = (state.scale, state.ramp, state.zoom, state.lens)
    (notes, marks, ownKeys) = (state.notes, state.marks, state.ownKeys)
  }

  /// Brings a state to where the session was; place, change and commands follow with the first run.
  public func apply(to state: inout ExplorerState) {
    if let view { (state.views, state.choosesView) = ([view], false) }
    if let scale { state.scale = scale }
    if let ramp { state.ramp = ramp }
    if let zoom { state.zoom = zoom }
    (state.arrival, state.lens) = (arrival, lens)
    (state.notes, state.marks) = (notes, marks)
    state.ownKeys.merge(ownKeys) { $1 }
  }

  /// The value of an option of the command line; nil when the session has none.
  public func option(_ name: String) -> String? { options.first { $0.name == name }?.value }

  /// Checks that a model is the one that the session was saved for.
  ///
  /// - Throws: `RecordingError.otherModel`.
  public func check(_ origin: Origin, file: String) throws(RecordingError) {
    guard let hash, hash != origin.fingerprint else { return }
    throw .otherModel(file: file, model: origin.address, saved: hash, found: origin.fingerprint)
  }
}

extension Subject {
  /// The prompt as it was given; nil for an image or a sound without a text, and for maps of a file.
  var askedPrompt: Recording.Prompt? {
    if !prompt.isEmpty { return .text(prompt) }
    guard !isMapsOnly, asked?.media == nil else { return nil }
    let ids = asked?.ids ?? tokens.map(\.id)
    return ids.isEmpty ? nil : .ids(ids)
  }

  /// Parts that have names, without those that come with the options that were given.
  var askedSpans: [PromptSpan] {
    let implied = Set(origin?.options.map(\.name) ?? [])
    return (asked?.spans ?? []).filter { span in
      !(implied.contains("pair") && ["A", "B"].contains(span.name))
        && !(span.name == "image" && asked?.media != nil)
    }
  }
}
