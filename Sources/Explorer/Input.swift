/// A key, as the explorer knows it.
public enum Key: Hashable, Sendable {
  /// A character typed, composed characters included.
  case character(Character)
  /// A letter with Control, in lower case.
  case control(Character)
  case up, down, left, right
  case shiftUp, shiftDown, shiftLeft, shiftRight
  case pageUp, pageDown, home, end
  case enter, escape, tab, backTab, backspace, delete, insert
  /// F1 and up.
  case function(Int)
}

/// What a mouse did, at a cell counted from the top left corner.
public struct MouseEvent: Hashable, Sendable {
  /// What the button or the wheel did.
  public enum Kind: Hashable, Sendable { case press, release, drag, wheelUp, wheelDown }
  /// What was done.
  public let kind: Kind
  /// Where.
  public let x, y: Int

  /// An event at a cell.
  public init(_ kind: Kind, x: Int, y: Int) {
    self.kind = kind
    self.x = x
    self.y = y
  }
}

/// Something that reaches the explorer from the terminal.
public enum InputEvent: Sendable {
  case key(Key)
  case mouse(MouseEvent)
  /// Text that was pasted, never read as keys.
  case paste(String)
  /// The window has a new size.
  case resize(width: Int, height: Int)
}

/// What only the screen can do; everything else the explorer asks for is an `Effect`.
public enum ScreenRequest: Sendable, Equatable {
  /// Leave the event loop.
  case quit
  /// Give the terminal back and stop the process, as ^Z does.
  case suspend
  /// Paint everything again.
  case redraw
  /// Take or release the mouse.
  case mouse(Bool)
  /// Ring the bell.
  case bell
  /// Put text on the clipboard (OSC 52).
  case copy(String)
}
