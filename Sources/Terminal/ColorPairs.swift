import CNcurses
import Explorer

/// Which curses pair stands for which two colours.
///
/// Pairs are defined as they are met. When they run out everything is forgotten and the frame is drawn
/// again from the start: recycling one by one would recolour cells that still show the old pair.
struct ColorPairs {
  private struct Colors: Hashable {
    let foreground, background: Color
  }

  private let depth: ColorDepth
  private let limit: Int
  private var numbers: [Colors: Int32] = [:]
  // Neighbours mostly share their colours: this spares them the dictionary.
  private var last: (colors: Colors, number: Int32)?

  init(depth: ColorDepth, limit: Int) {
    self.depth = depth
    // Curses numbers pairs in a short in places.
    self.limit = min(limit, 65_535)
  }

  /// A pair's number; 0 without colours, nil when there are no more.
  mutating func number(_ foreground: Color, _ background: Color) -> Int32? {
    let colors = Colors(foreground: foreground, background: background)
    if let last, last.colors == colors { return last.number }
    let isPlain = foreground == .terminal && background == .terminal
    if isPlain || depth == .mono { return 0 }
    guard let number = numbers[colors] ?? define(colors) else { return nil }
    last = (colors, number)
    return number
  }

  /// Forgets all pairs.
  mutating func forget() {
    numbers = [:]
    last = nil
  }

  private mutating func define(_ colors: Colors) -> Int32? {
    let number = Int32(numbers.count + 1)
    guard number < limit else { return nil }
    let foreground = Self.curses(colors.foreground, depth: depth)
    let background = Self.curses(colors.background, depth: depth)
    // A refused pair would show stale colours: show none.
    guard heed_define_pair(number, foreground, background) else { return 0 }
    numbers[colors] = number
    return number
  }

  /// Curses' number for a colour; -1 is the terminal's own.
  static func curses(_ color: Color, depth: ColorDepth) -> Int32 {
    switch (color, depth) {
    case (.terminal, _), (_, .mono): return -1
    case (.rgb(let red, let green, let blue), .direct):
      let value = Int32(red) << 16 | Int32(green) << 8 | Int32(blue)
      // Below 8 the entry means the palette: almost black with one step of red is as dark.
      return value < 8 ? value | 0x10000 : value
    case (.indexed(let index), .direct):
      if index < 8 { return Int32(index) }
      let (red, green, blue) = standard(index)
      return curses(.rgb(red, green, blue), depth: .direct)
    case (.indexed(let index), .palette256): return Int32(index)
    case (.indexed(let index), .palette16): return index < 16 ? Int32(index) : -1
    case (.indexed(let index), .palette8): return index < 8 ? Int32(index) : -1
    // A theme gives colours of the depth it was asked for.
    case (.rgb, _): return -1
    }
  }

  /// What xterm's palette holds from 8 on.
  private static func standard(_ index: UInt8) -> (UInt8, UInt8, UInt8) {
    if index >= 232 {
      let grey = 8 + 10 * (index - 232)
      return (grey, grey, grey)
    }
    guard index >= 16 else {
      let bits = index - 8
      let (red, green, blue) = (bits & 1, bits >> 1 & 1, bits >> 2 & 1)
      return bits == 0 ? (127, 127, 127) : (red * 255, green * 255, blue * 255)
    }
    let steps: [UInt8] = [0, 95, 135, 175, 215, 255]
    let cube = Int(index) - 16
    return (steps[cube / 36], steps[cube / 6 % 6], steps[cube % 6])
  }
}
