import Explorer

/// Mouse reports, read without curses.
///
/// Curses decodes the protocol its description names. tmux-256color and screen-256color name the old
/// one, whose columns end at 223, although tmux speaks the extended one when asked.
enum MouseReport {
  /// `<button;column;row` and `M` for a press or `m` for a release; counted from 1.
  static func extended(_ text: String) -> MouseEvent? {
    guard text.first == "<", let final = text.last, final == "M" || final == "m" else { return nil }
    let numbers = text.dropFirst().dropLast().split(separator: ";").map { Int($0) }
    guard numbers.count == 3, let button = numbers[0], let x = numbers[1], let y = numbers[2]
    else { return nil }
    return event(button, x: x - 1, y: y - 1, released: final == "m")
  }

  /// Button, column and row, each plus 32; counted from 1.
  static func plain(_ bytes: [UInt8]) -> MouseEvent? {
    guard bytes.count == 3, bytes.allSatisfy({ $0 >= 32 }) else { return nil }
    let button = Int(bytes[0]) - 32
    // This protocol does not say which button was released: 3 is any.
    return event(button, x: Int(bytes[1]) - 33, y: Int(bytes[2]) - 33, released: button & 67 == 3)
  }

  private static func event(_ button: Int, x: Int, y: Int, released: Bool) -> MouseEvent? {
    guard x >= 0, y >= 0 else { return nil }
    // Bits 2 to 4 are Shift, Alt and Control; 5 is motion, 6 the wheel, 7 further buttons.
    switch button & 0b1110_0011 {
    case 64: return MouseEvent(.wheelUp, x: x, y: y)
    case 65: return MouseEvent(.wheelDown, x: x, y: y)
    case 0 where !released: return MouseEvent(.press, x: x, y: y)
    case 0, 3: return released ? MouseEvent(.release, x: x, y: y) : nil
    case 32: return MouseEvent(.drag, x: x, y: y)
    default: return nil
    }
  }
}
