/// The signs that views draw with; every one takes one column.
struct Glyphs {
  let charset: Charset

  private func pick(_ half: String, _ ascii: String) -> String { charset == .half ? half : ascii }

  var rule: String { pick("│", "|") }
  var line: String { pick("─", "-") }
  var dot: String { pick("·", "-") }
  var times: String { pick("×", "x") }
  var product: String { pick("∘", "*") }
  var to: String { pick("→", "->") }
  var pointRight: String { pick("▸", ">") }
  var pointDown: String { pick("▾", "v") }
  var crosshair: String { pick("┼", "X") }
  var bar: String { pick("█", "#") }
  var track: String { pick("░", ".") }
  var undefined: String { pick("·", "-") }
  var dash: String { pick("–", "-") }
}
