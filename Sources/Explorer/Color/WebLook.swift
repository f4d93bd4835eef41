/// A cell of a picture for a browser: two halves of a background and what is written on them.
struct WebLook: Equatable {
  /// The colours of the upper and the lower half as `#rrggbb`; nil for the page.
  let upper, lower: String?
  /// The character; nil for none.
  let glyph: String?
  /// How the character is set.
  let style: Style

  /// What neighbouring characters must share to be one piece of text.
  struct Style: Hashable {
    let color: String
    let bold, underline, dim: Bool
  }

  /// What the page is drawn with where a cell has no colours of its own: black on white.
  static let ink = "#1a1a1a"
  static let paper = "#ffffff"

  init(_ look: Look) {
    var (fore, back) = (Self.css(look.foreground), Self.css(look.background))
    if look.reverse { (fore, back) = (back ?? Self.paper, fore ?? Self.ink) }
    switch look.glyph {
    case "▀": (upper, lower) = (fore ?? Self.ink, back)
    case "▄": (upper, lower) = (back, fore ?? Self.ink)
    default: (upper, lower) = (back, back)
    }
    let isDrawn = ["▀", "▄", " ", ""].contains(look.glyph)
    glyph = isDrawn ? nil : look.glyph
    style = Style(
      color: fore ?? Self.ink, bold: look.bold, underline: look.underline, dim: look.dim)
  }

  private static func css(_ color: Color) -> String? {
    guard let (red, green, blue) = color.components else { return nil }
    return "#"
      + [red, green, blue].map { part in
        let digits = String(part, radix: 16)
        return digits.count == 1 ? "0" + digits : digits
      }.joined()
  }
}

/// Text inside a document of XML or HTML.
enum Markup {
  /// The text with everything escaped that means something there; controls, which have no place in
  /// either, become U+FFFD.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\n": result += "\n"
      default:
        let value = scalar.value
        let isText =
          value >= 0x20 && !(0x7F...0x9F).contains(value) && value & 0xFFFE != 0xFFFE
        result.unicodeScalars.append(isText ? scalar : "\u{FFFD}")
      }
    }
    return result
  }
}
