import Models

/// The command line that shows a state again.
public enum Reopening {
  /// `heed sample:novels --text 'to be' --view map …`; nil when nothing names the model.
  public static func line(_ state: ExplorerState, view: String) -> String? {
    guard let subject = state.subject, let origin = subject.origin else { return nil }
    var words = ["heed", quoted(origin.address)]
    for option in origin.options { words += ["--\(option.name)", quoted(option.value)] }
    switch subject.askedPrompt {
    // Controls would not survive a shell's line.
    case .text(let text)? where text.unicodeScalars.allSatisfy(isPlain):
      words += ["--text", quoted(text)] + (subject.hasAdded ? [] : ["--no-special"])
    case nil: break
    case .text?, .ids?:
      let ids = subject.asked?.ids ?? (state.run ?? subject).tokens.map(\.id)
      words += ["--ids", ids.map { "\($0)" }.joined(separator: ",")]
    }
    for span in subject.askedSpans {
      let (start, end) = (span.tokens.lowerBound, span.tokens.upperBound)
      words += ["--span", quoted("\(span.name)=\(start)..\(end)")]
    }
    if subject.streams.count > 1 { words += ["--stream", subject.stream.rawValue] }
    words += ["--view", view, "--layer", "\(state.head.layer)", "--head", "\(state.head.head)"]
    words += ["--query", "\(state.query)", "--key", "\(state.key)"]
    words += ["--scale", state.scale.rawValue, "--theme", state.ramp.rawValue]
    if state.zoom != .fit { words += ["--zoom", state.zoom.text] }
    if !state.lens.text.isEmpty { words += ["--lens", quoted(state.lens.text)] }
    // A score that a command makes has no name of its own.
    if let score = state.scoreTable, score.command == nil {
      words += ["--score", quoted(score.name)]
    }
    let arrival = Arrival(state, view: view)
    if let heads = arrival.without { words += ["--without", heads] }
    for rule in arrival.rules {
      words += ["--rule", quoted("\(rule.spec)")] + (rule.heads.map { ["--heads", $0] } ?? [])
    }
    if let reach = arrival.reach { words += ["--scope", reach.rawValue] }
    let notes = state.notes.sorted { $0.key < $1.key }.flatMap { ["goto \($0)", "note \($1)"] }
    for command in notes + arrival.commands { words += ["--exec", quoted(command)] }
    return words.joined(separator: " ")
  }

  private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value >= 0x20 && scalar.value != 0x7F
  }

  /// A word for the shell.
  static func quoted(_ word: String) -> String {
    let plain =
      !word.isEmpty
      && word.unicodeScalars.allSatisfy { scalar in
        scalar.isASCII
          && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
            || "-_./:@,=+".unicodeScalars.contains(scalar))
      }
    return plain ? word : "'" + word.replacing("'", with: "'\\''") + "'"
  }
}
