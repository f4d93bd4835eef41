/// What can be wrong with a model or with what it is asked to do.
public enum ModelError: Error, Sendable, Equatable {
  case weightsMissing(file: String)
  case modelTypeMissing(file: String)
  case modelTypeUnknown(file: String, found: String, known: [String])
  case familyUnknown(String, known: [String])
  case configKeyMissing(file: String, key: String)
  case configValue(file: String, key: String, found: String, expected: String)
  case tensorMissing(checkpoint: String, name: String, shape: [Int])
  case tensorShape(checkpoint: String, name: String, found: [Int], expected: [Int])
  case tensorType(checkpoint: String, name: String, found: String)
  case weightNotFinite(checkpoint: String, name: String, index: Int)
  case residualNotFinite(checkpoint: String, block: Int)
  case outputHeadMissing(checkpoint: String)
  case promptEmpty
  case promptTooLong(tokens: Int, contextLength: Int)
  case idOutOfRange(id: Int, position: Int, vocabularySize: Int)
  case overBudget(
    work: MemoryPlan.Work, needed: Int, budget: Int, tokens: [StreamName: Int],
    fitting: [StreamName: Int], fitsRounded: Bool, file: Int?, room: FileRoom?)
  case noSuchLayer(Int, layers: Int)
  case noSuchHead(HeadIndex, layers: Int, heads: Int)
  case headListUnreadable(String)
  case cutUnreadable(String)
  case replacementUnreadable(String)
  case replacementLengths(site: String, found: Int, expected: Int)
  case noSuchPosition(Int, seq: Int)
  case headsStay(String)
  case interventionShape(site: String, found: [Int], expected: [Int])
  case interventionNotBatched(layer: Int)
  case interventionInCross(layer: Int)
  case gradientUnderRule(String)
  case gradientOfFrozenRun
  case reusedRunDiffers(found: Int, expected: Int)
  case notVision(family: String)
  case notAudio(family: String)
  case imageMissing(family: String)
  case soundMissing(family: String)
  case imageShape(found: [Int], expected: [Int])
  case soundShape(found: [Int], expected: [Int])
  case imagePlaces(found: Int, expected: Int)
  case noSecondText(family: String)
  case noDecoder(family: String)
  case noSuchStream(StreamName, family: String)
  case maskMissing(mask: String)
}

extension ModelError: CustomStringConvertible {
  /// One line: what was found, what was expected, what to do.
  public var description: String {
    switch self {
    case .weightsMissing(let file):
      return
        "\(file): found no weights, expected a model's; heed info and heed tokens take what is there"
    case .modelTypeMissing(let file):
      return "\(file): no model_type; add the architecture's name, such as \"llama\""
    case .modelTypeUnknown(let file, let found, let known):
      return
        "\(file): model_type is \"\(found)\", which heed does not know; known are "
        + known.joined(separator: ", ") + "; --family NAME opens it as one of them"
    case .familyUnknown(let name, let known):
      return "--family \(name): no such family; known are \(known.joined(separator: ", "))"
    case .configKeyMissing(let file, let key):
      return "\(file): no \(key); the checkpoint's config.json may be incomplete"
    case .configValue(let file, let key, let found, let expected):
      return "\(file): \(key) is \(found), expected \(expected)"
    case .tensorMissing(let checkpoint, let name, let shape):
      return
        "\(checkpoint): no tensor \(name) of shape \(shape); the checkpoint is incomplete or of"
        + " another architecture than config.json says"
    case .tensorShape(let checkpoint, let name, let found, let expected):
      return
        "\(checkpoint): \(name) has shape \(found), expected \(expected); config.json and weights"
        + " do not belong together"
    case .tensorType(let checkpoint, let name, let found):
      return
        "\(checkpoint): \(name) is stored as \(found), expected F64, F32, F16, BF16, F8_E4M3,"
        + " F8_E5M2 or a GGUF block type; convert the checkpoint"
    case .weightNotFinite(let checkpoint, let name, let index):
      return
        "\(checkpoint): \(name) holds an infinite number or NaN at element \(index); the"
        + " checkpoint is damaged"
    case .residualNotFinite(let checkpoint, let block):
      return
        "\(checkpoint): the residual stream overflows in layer \(block) though its weights are"
        + " finite; try --precision f64"
    case .outputHeadMissing(let checkpoint):
      return
        "\(checkpoint): no output head, so no predictions; open a checkpoint that was saved with"
        + " its head"
    case .promptEmpty:
      return "the prompt has no tokens; give a text, or ids with --ids 1,2,3"
    case .promptTooLong(let tokens, let contextLength):
      return
        "the prompt has \(tokens) tokens, the model's context holds \(contextLength); shorten it"
    case .idOutOfRange(let id, let position, let vocabularySize):
      return
        "token id \(id) at position \(position) is outside the vocabulary, expected 0 to"
        + " \(vocabularySize - 1)"
    case .overBudget(
      let work, let needed, let budget, let tokens, let fitting, let fitsRounded, let file,
      let room):
      let what =
        switch work {
        case .run: "a run"
        case .scores: "scoring all heads"
        case .ablation: "leaving out heads"
        case .backward: "a run with gradients"
        case .rerun: "a run beside another"
        case .export: "an export"
        }
      var remedies: [String] = []
      // Of two stacks, a number says which one it is about.
      let longest = fitting.first { $0.value > 0 }
      if let (stream, count) = longest {
        remedies.append(
          "give \(tokens.count > 1 ? "the \(stream.rawValue) " : "")at most \(count) tokens")
      }
      if fitsRounded { remedies.append("use --precision bf16") }
      if let file {
        let found = room.map { " (\($0.folder) has \(ByteCount($0.free)))" } ?? ""
        remedies.append("set TMPDIR to a disk with \(ByteCount(file)) free\(found)")
      }
      let others = remedies.joined(separator: ", ") + (remedies.isEmpty ? "" : " or ")
      let none = longest == nil && !fitting.isEmpty ? "no prompt fits; " : ""
      return
        "\(what) of \(StreamName.text(tokens)) needs \(ByteCount(needed)), the budget is \(ByteCount(budget));"
        + " \(none)\(others)raise --memory"
    case .noSuchLayer(let layer, let layers):
      return "layer \(layer): the model has layers 0 to \(layers - 1)"
    case .noSuchHead(let head, let layers, let heads):
      return
        "\(head): the model has layers 0 to \(layers - 1) with heads 0 to \(heads - 1) each"
    case .headListUnreadable(let text):
      return
        "\(text.isEmpty ? "no head is named" : text): expected heads or layers separated by commas, such as L5.H1,L3"
    case .cutUnreadable(let text):
      return
        "\(text): found no edges to cut, expected HEADS:QUERY>KEY, such as L5.H1:9>3 or L3:*>0;L4.H2:12>1-3"
    case .replacementUnreadable(let text):
      return
        "\(text): found no places, expected HEADS:SITE or HEADS:SITE@POSITIONS with ; between, SITE one of q, k,"
        + " v, z and, for layers, residual, such as L5.H1:z@14 or L4:k;L3:residual@5-7+9"
    case .replacementLengths(let site, let found, let expected):
      return
        "\(site): the other prompt has \(found) tokens there, this one \(expected); name positions with @, or make"
        + " the prompts equally long"
    case .headsStay(let why):
      return "--remove: \(why); leave --remove out: then the heads' output weights become zero"
    case .noSuchPosition(let position, let seq):
      return "position \(position): the prompt has tokens 0 to \(seq - 1)"
    case .interventionShape(let site, let found, let expected):
      return
        "\(site): numbers of shape \(found) cannot replace it, expected \(expected) or one row of"
        + " that width"
    case .gradientUnderRule(let rule):
      return
        "gradients pass through softmax over fewer keys, and the rule \(rule) is something else; run"
        + " without --rule, or with one that hides keys, such as streaming, window or cut"
    case .gradientOfFrozenRun:
      return
        "gradients go through the whole model, and the rule changes each head on its own; use --scope"
        + " propagated, or run without --rule"
    case .interventionNotBatched(let layer):
      return
        "an intervention in layer \(layer) changes more than weighted values, so that runs with it"
        + " cannot share a batch; run it alone"
    case .interventionInCross(let layer):
      return
        "cross attention of layer \(layer) has neither a residual stream of its own nor rules other than cut"
        + " edges; name q, k, v or z of its heads, or leave --stream out"
    case .reusedRunDiffers(let found, let expected):
      return
        "a run of \(found) tokens of another prompt or model cannot be continued with \(expected)"
        + " tokens; run the prompt anew"
    case .notVision(let family):
      return "\(family) is no vision model; give it a text instead of an image"
    case .notAudio(let family):
      return "\(family) does not take sound; give it a text instead"
    case .imageMissing(let family):
      return "\(family) looks at images; give one with --image FILE or --pixels FILE.npy"
    case .soundMissing(let family):
      return "\(family) listens to sound; give it with --audio FILE.wav"
    case .imageShape(let found, let expected):
      return
        "the image has shape \(found), expected \(expected) (channel, height, width); resize it"
    case .soundShape(let found, let expected):
      return
        "the sound's features have shape \(found), expected \(expected) (band, frame); pad or cut"
        + " them"
    case .imagePlaces(let found, let expected):
      return
        "the prompt has \(found) image tokens, the image makes \(expected); write the image token"
        + " once, or as often as that"
    case .noSecondText(let family):
      return "this \(family) tells no second text apart; leave --pair out"
    case .noDecoder(let family):
      return "\(family) has no decoder; leave --decoder-ids out"
    case .noSuchStream(let stream, let family):
      return "\(family) has no \(stream.rawValue) stream; leave --stream out"
    case .maskMissing(let mask):
      return "the prompt has no masked token; write \(mask) where a token is to be predicted"
    }
  }
}
