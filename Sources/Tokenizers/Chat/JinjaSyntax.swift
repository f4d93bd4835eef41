/// An expression of a chat template.
indirect enum JinjaExpression: Sendable {
  case literal(JinjaValue)
  case name(String)
  case list([JinjaExpression])
  case dict([(key: JinjaExpression, value: JinjaExpression)])
  case attribute(JinjaExpression, String)
  case item(JinjaExpression, JinjaExpression)
  case slice(JinjaExpression, from: JinjaExpression?, to: JinjaExpression?, step: JinjaExpression?)
  case call(JinjaExpression, JinjaArguments)
  case filter(JinjaExpression, String, JinjaArguments)
  case test(JinjaExpression, String, JinjaArguments)
  case not(JinjaExpression)
  case negative(JinjaExpression)
  case and(JinjaExpression, JinjaExpression)
  case or(JinjaExpression, JinjaExpression)
  case binary(String, JinjaExpression, JinjaExpression)
  case conditional(JinjaExpression, then: JinjaExpression, otherwise: JinjaExpression?)
}

/// What a call is given.
struct JinjaArguments: Sendable {
  var positional: [JinjaExpression] = []
  var named: [(name: String, value: JinjaExpression)] = []
}

/// A statement of a chat template, and the line where it begins.
struct JinjaStatement: Sendable {
  /// What it does.
  indirect enum Kind: Sendable {
    case text(String)
    case output(JinjaExpression)
    case condition([(JinjaExpression, [JinjaStatement])], otherwise: [JinjaStatement])
    case loop(JinjaLoop)
    /// One name, or several for the items of a list.
    case assign([String], JinjaExpression)
    /// A member of a namespace.
    case assignMember(String, String, JinjaExpression)
    /// What a block writes.
    case assignBlock(String, [JinjaStatement])
    case macro(JinjaMacro)
    case leaveLoop
    case nextRound
    /// Statements that only group.
    case group([JinjaStatement])
  }

  let kind: Kind
  let line: Int
}

/// A `for` loop.
struct JinjaLoop: Sendable {
  let targets: [String]
  let values: JinjaExpression
  let condition: JinjaExpression?
  let body: [JinjaStatement]
  /// What is done when nothing is gone through.
  let otherwise: [JinjaStatement]
}

/// A macro: its parameters with their defaults, and what it writes.
struct JinjaMacro: Sendable {
  let name: String
  let parameters: [(name: String, fallback: JinjaExpression?)]
  let body: [JinjaStatement]
}
