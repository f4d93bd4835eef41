/// How a token's bytes are written on a screen, so that no token can move the cursor, reorder the
/// line or take another width than it was given.
public enum TokenText {
  /// What stands for the token in a view: only scalars of one or two columns, never a control.
  ///
  /// Control characters become their pictures (`␊`; `\x0A` in ASCII), bytes that are no UTF-8 `<E4>`,
  /// leading spaces `␣` (`_` in ASCII), scalars that reorder or join text `<202E>`; variation
  /// selectors, joiners and marks are dropped where a character before carries them.
  public static func shown(_ bytes: [UInt8], charset: Charset) -> String {
    var result = String.UnicodeScalarView()
    var leading = true
    for element in UTF8Reader(bytes) {
      switch element {
      case .invalid(let byte): result.append(contentsOf: "<\(hex(byte))>".unicodeScalars)
      case .scalar(" ") where leading:
        result.append(charset == .half ? "\u{2423}" : "_")
        continue
      case .scalar(let scalar):
        append(scalar, to: &result, charset: charset, leading: leading)
      }
      leading = false
    }
    return String(result)
  }

  /// The exact text in quotes, with everything that cannot be seen as an escape: `" the"`, `"\n"`, `"\xE4"`.
  public static func exact(_ bytes: [UInt8], charset: Charset) -> String {
    var result = String.UnicodeScalarView()
    result.append("\"")
    for element in UTF8Reader(bytes) {
      switch element {
      case .invalid(let byte): result.append(contentsOf: "\\x\(hex(byte))".unicodeScalars)
      case .scalar(let scalar): appendExact(scalar, to: &result, charset: charset)
      }
    }
    result.append("\"")
    return String(result)
  }

  /// A text cut to a number of columns; what is missing is marked `…` (`~` in ASCII).
  public static func cut(_ text: String, columns: Int, charset: Charset) -> String {
    guard columns > 0 else { return "" }
    guard ColumnWidth.of(text) > columns else { return text }
    var result = String.UnicodeScalarView()
    var used = 0
    for scalar in text.unicodeScalars {
      let width = max(0, ColumnWidth.of(scalar))
      guard used + width <= columns - 1 else { break }
      result.append(scalar)
      used += width
    }
    result.append(charset == .half ? "…" : "~")
    return String(result)
  }

  private static func append(
    _ scalar: Unicode.Scalar, to result: inout String.UnicodeScalarView, charset: Charset,
    leading: Bool
  ) {
    if scalar.isASCII, scalar.value >= 0x20, scalar.value != 0x7F { return result.append(scalar) }
    if isCarried(scalar), !leading { return }
    guard charset == .half else {
      let code = scalar.value < 0x100 ? "\\x\(hex(UInt8(scalar.value)))" : "<\(hex(scalar))>"
      return result.append(contentsOf: code.unicodeScalars)
    }
    if let picture = picture(scalar) { return result.append(picture) }
    if ColumnWidth.of(scalar) > 0, !isRegional(scalar) { return result.append(scalar) }
    let code = scalar.value < 0x100 ? "\\x\(hex(UInt8(scalar.value)))" : "<\(hex(scalar))>"
    result.append(contentsOf: code.unicodeScalars)
  }

  private static func appendExact(
    _ scalar: Unicode.Scalar, to result: inout String.UnicodeScalarView, charset: Charset
  ) {
    let plain =
      scalar.isASCII
      ? scalar.value >= 0x20 && scalar.value != 0x7F
      : charset == .half && ColumnWidth.of(scalar) > 0 && !isRegional(scalar)
    let text =
      switch scalar {
      case "\n": "\\n"
      case "\t": "\\t"
      case "\r": "\\r"
      case "\"", "\\": "\\\(scalar)"
      default: plain ? String(scalar) : "\\u{\(hex(scalar))}"
      }
    result.append(contentsOf: text.unicodeScalars)
  }

  /// U+2400–U+241F show C0 controls, U+2421 shows DEL.
  private static func picture(_ scalar: Unicode.Scalar) -> Unicode.Scalar? {
    if scalar.value < 0x20 { return Unicode.Scalar(0x2400 + scalar.value) }
    return scalar.value == 0x7F ? "\u{2421}" : nil
  }

  /// Marks, joiners, selectors and skin tones: dropped after a character, for terminals give them
  /// anything from no column to two.
  private static func isCarried(_ scalar: Unicode.Scalar) -> Bool {
    let value = scalar.value
    if value == 0x200D || (0xFE00...0xFE0F).contains(value) { return true }
    if (0x1F3FB...0x1F3FF).contains(value) { return true }
    let category = scalar.properties.generalCategory
    return category == .nonspacingMark || category == .enclosingMark
  }

  /// Letters of flags: one column alone, two as a pair, or four, as the terminal likes.
  private static func isRegional(_ scalar: Unicode.Scalar) -> Bool {
    (0x1F1E6...0x1F1FF).contains(scalar.value)
  }

  private static func hex(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return digits.count == 1 ? "0" + digits : digits
  }

  private static func hex(_ scalar: Unicode.Scalar) -> String {
    String(scalar.value, radix: 16, uppercase: true)
  }
}
