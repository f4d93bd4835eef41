import Checkpoints

/// What can be wrong with a rule or with what it is applied to.
public enum RuleError: Error, Sendable, Equatable {
  case unknownRule(String, known: [String])
  case nativeOnly(rule: String, needs: String)
  case malformed(rule: String, setting: String, known: [String])
  case unknownParameter(rule: String, parameter: String, known: [String])
  case badValue(rule: String, parameter: String, found: String, expected: String)
  case outside(rule: String, parameter: String, position: Int, seq: Int)
  case spansMissing(rule: String, found: Int, needed: Int)
  case spanUnknown(rule: String, span: String, marked: [String])
  case spansOverlap(rule: String, first: String, second: String)
  case gridMissing(rule: String)
  case gridIndivisible(rule: String, parameter: String, value: Int, rows: Int, columns: Int)
  case notRotary(rule: String, positions: String)
  case causalNeeded(rule: String)
  case bidirectionalNeeded(rule: String)
  case crossAttention(rule: String)
  case fileNeeded(rule: String, parameter: String, holds: String)
  case fileUnfit(rule: String, file: String, found: String, expected: String)
  case fileUnread(rule: String, CheckpointError)
  case runNeeded(rule: String)
  case tokensNeeded(rule: String)
  case noSuchHead(HeadIndex, layers: Int, heads: Int)
}

extension RuleError: CustomStringConvertible {
  /// One line: what was found, what was expected, what to do.
  public var description: String {
    switch self {
    case .unknownRule(let name, let known):
      return
        "--rule \(name): no such rule, expected one of \(known.joined(separator: ", "));"
        + " heed rules explains them"
    case .nativeOnly(let rule, let needs):
      return
        "--rule \(rule): needs \(needs), which this checkpoint does not have, so there is nothing"
        + " to apply; heed rules lists what can be"
    case .malformed(let rule, let setting, let known):
      return
        "--rule \(rule): "
        + (setting.isEmpty
          ? "found no key=value after the colon or a comma" : "\"\(setting)\" is no key=value")
        + (known.isEmpty ? "; the rule has no parameters" : Self.such(as: known))
    case .unknownParameter(let rule, let parameter, let known):
      return
        "--rule \(rule): no parameter \(parameter)"
        + (known.isEmpty
          ? "; the rule has none" : ", expected one of \(known.joined(separator: ", "))")
    case .badValue(let rule, let parameter, let found, let expected):
      return "--rule \(rule): \(parameter) is \"\(found)\", expected \(expected)"
    case .outside(let rule, let parameter, let position, let seq):
      return
        "--rule \(rule): \(parameter) names position \(position), and the prompt's are 0 to \(seq - 1)"
    case .spansMissing(let rule, let found, let needed):
      return
        "--rule \(rule): the prompt has \(found) marked spans, expected at least \(needed); mark"
        + " them with --span NAME=START..END, or as <<NAME>>…<</NAME>> with --tags"
    case .spanUnknown(let rule, let span, let marked):
      return
        "--rule \(rule): no span \(span) is marked"
        + (marked.isEmpty ? "" : ", only \(marked.joined(separator: ", "))")
        + "; mark it with --span \(span)=START..END, or as <<\(span)>>…<</\(span)>> with --tags"
    case .spansOverlap(let rule, let first, let second):
      return
        "--rule \(rule): the spans \(first) and \(second) overlap; mark spans that do not share"
        + " tokens"
    case .gridMissing(let rule):
      return
        "--rule \(rule): needs patches in rows and columns and this prompt is text; open a vision"
        + " model with --image F.png"
    case .gridIndivisible(let rule, let parameter, let value, let rows, let columns):
      return
        "--rule \(rule): \(parameter) is \(value); \(rows) x \(columns) patches take"
        + " \(parameter)=\(Self.divisors(of: rows, columns, near: value))"
    case .notRotary(let rule, let positions):
      return
        "--rule \(rule): needs queries and keys before rotation, and this model's positions are"
        + " \(positions); open a model with rotary positions"
    case .causalNeeded(let rule):
      return
        "--rule \(rule): is defined for causal attention only, and this layer sees both ways;"
        + " open a decoder"
    case .bidirectionalNeeded(let rule):
      return
        "--rule \(rule): is not defined for causal attention; open an encoder or a vision model"
    case .crossAttention(let rule):
      return
        "--rule \(rule): is defined for self-attention only; choose layers that are not"
        + " cross-attention"
    case .fileNeeded(let rule, let parameter, let holds):
      return "--rule \(rule): needs \(holds); give them with \(rule):\(parameter)=FILE"
    case .fileUnfit(let rule, let file, let found, let expected):
      return "\(file): found \(found), expected \(expected) for --rule \(rule)"
    case .fileUnread(let rule, let error):
      return "--rule \(rule): \(error)"
    case .tokensNeeded(let rule):
      return
        "--rule \(rule): runs the prompt a second time without the span, and of an image or a sound"
        + " nothing can be left out; it works on prompts of tokens"
    case .runNeeded(let rule):
      return
        "--rule \(rule): chooses its heads by a plain run of the prompt, which was not made; run"
        + " heed whatif"
    case .noSuchHead(let head, let layers, let heads):
      return
        "--heads \(head): the model has layers 0 to \(layers - 1) with heads 0 to \(heads - 1)"
    }
  }

  /// The numbers above one that divide both, the nearest to `value` first: the line may be cut.
  private static func divisors(of a: Int, _ b: Int, near value: Int) -> String {
    let common = (2...max(2, min(a, b))).filter { a.isMultiple(of: $0) && b.isMultiple(of: $0) }
      .sorted { (abs($0 - value), $1) < (abs($1 - value), $0) }.map(String.init)
    guard let last = common.last else { return "1" }
    guard common.count > 1 else { return last }
    return common.dropLast().joined(separator: ", ") + " or " + last
  }

  private static func such(as known: [String]) -> String {
    ", expected for example \(known[0])=…; the parameters are \(known.joined(separator: ", "))"
  }
}
