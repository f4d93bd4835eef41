/// What a cell means; a theme decides how it looks, so a view never names a colour.
public enum Role: String, Sendable, CaseIterable {
  /// Ordinary text.
  case plain
  /// A heading.
  case title
  /// A name on an axis or beside a value.
  case label
  /// Text that matters less.
  case dimmed
  /// The chosen thing.
  case selected
  /// The cursor.
  case cursor
  /// The largest value.
  case strongest
  /// A key the user can press.
  case key
  /// Something to be aware of.
  case warning
  /// Something that failed.
  case error
  /// The status line.
  case status
}

/// How much of the colour ramp fills a cell; levels run from 0 to 1, `.nan` is undefined.
public enum Shade: Sendable, Equatable {
  /// None: the role alone decides.
  case none
  /// The whole cell.
  case level(Float)
  /// A signed value from −1 to 1, on a ramp that diverges from the middle.
  case signed(Float)
  /// Two values, one above the other.
  case halves(upper: Float, lower: Float)
  /// Two dots of a picture, one above the other.
  case dots(upper: Dot, lower: Dot)
}

/// One dot of a picture, in its own colours.
public struct Dot: Sendable, Equatable {
  /// 0 to 255 each.
  public var red, green, blue: UInt8
  /// How much of the ramp lies over it, from 0 to 1; nil for the picture alone.
  public var level: Float?

  /// A dot of the picture alone.
  public init(red: UInt8, green: UInt8, blue: UInt8) {
    (self.red, self.green, self.blue) = (red, green, blue)
  }

  /// How bright it is, from 0 to 1 (the weights of ITU-R BT.601).
  var brightness: Float {
    (0.299 * Float(red) + 0.587 * Float(green) + 0.114 * Float(blue)) / 255
  }
}

/// One position of a canvas.
public struct Cell: Sendable, Equatable {
  /// One character; empty in the right half of a wide one.
  public var glyph: String
  /// What it means.
  public var role: Role
  /// Its value, for cells of a heat map or shaded text.
  public var shade: Shade

  /// A cell.
  public init(_ glyph: String = " ", role: Role = .plain, shade: Shade = .none) {
    self.glyph = glyph
    self.role = role
    self.shade = shade
  }
}

/// A grid of styled cells: what a view draws, and what the screen, the exports and the tests read.
public struct Canvas: Sendable, Equatable {
  /// Columns and rows.
  public let width, height: Int
  /// Row-major.
  public private(set) var cells: [Cell]

  /// An empty canvas.
  public init(width: Int, height: Int) {
    self.width = max(0, width)
    self.height = max(0, height)
    cells = Array(repeating: Cell(), count: self.width * self.height)
  }

  /// The cell at a place; writes outside the canvas are dropped, reads outside are blank.
  public subscript(x: Int, y: Int) -> Cell {
    get { contains(x, y) ? cells[y * width + x] : Cell() }
    set { if contains(x, y) { cells[y * width + x] = newValue } }
  }

  private func contains(_ x: Int, _ y: Int) -> Bool { x >= 0 && x < width && y >= 0 && y < height }
}
