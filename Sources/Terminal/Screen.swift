import CNcurses
import Explorer

/// The terminal, taken over: pictures out, events in.
///
/// Curses is not made for threads: one thread opens, uses and closes it.
final class Screen {
  /// What is drawn for.
  let appearance: Appearance
  private(set) var width = 0
  private(set) var height = 0

  private var pairs: ColorPairs
  private var decoder = KeyDecoder()
  // What the window holds, so that only changed cells are written into it; empty: nothing known.
  private var shown: [Look] = []
  private var whole = false
  private var hasMouse: Bool

  /// Takes the terminal over.
  ///
  /// - Throws: `TerminalError` when it cannot be.
  init(_ options: TerminalOptions, wake: Int32) throws(TerminalError) {
    for (file, name) in [(Int32(0), "standard input"), (1, "standard output")]
    where !heed_is_terminal(file) { throw .notATerminal(stream: name) }
    let facts = try Self.describe(options)
    let isUTF8 = TerminalSetup.locales(options).contains { heed_set_locale($0) }
    let setup = try TerminalSetup(options, facts: facts, isUTF8: isUTF8)
    let (term, terminfo): (String, UnsafePointer<CChar>?) =
      switch setup.entry {
      case .installed(let name): (name, nil)
      case .embeddedDirect: ("heed-direct", heed_direct_entry())
      }
    heed_catch_signals(wake)
    heed_park_errors()
    guard heed_open(term, terminfo, Int32(setup.escapeDelay)) else {
      heed_replay_errors()
      heed_release_signals()
      throw .refused(term: term)
    }
    appearance = setup.appearance
    hasMouse = options.mouse
    pairs = ColorPairs(depth: setup.appearance.depth, limit: Int(heed_pair_limit()))
    setModes()
    followWindow()
  }

  /// What terminfo says about `TERM`, or about the entry used in its place.
  private static func describe(_ options: TerminalOptions) throws(TerminalError) -> TerminalFacts {
    guard let term = options.variable("TERM") else { throw .unnamed }
    let fallback = TerminalSetup.fallbackEntry
    for entry in [term, fallback] {
      var colors: Int32 = 0
      var addressable = false
      if heed_describe(entry, &colors, &addressable) {
        return TerminalFacts(entry: entry, colors: Int(colors), addressable: addressable)
      }
    }
    throw .unknown(term: term, fallback: fallback)
  }

  /// Gives the terminal back and shows what was written to standard error meanwhile.
  func close() {
    clearModes()
    heed_close()
    heed_replay_errors()
    heed_release_signals()
  }

  /// Takes the window's present size; true when it is a new one.
  @discardableResult
  func followWindow() -> Bool {
    var columns: Int32 = 0
    var rows: Int32 = 0
    heed_follow_window(&columns, &rows)
    guard Int(columns) != width || Int(rows) != height else { return false }
    width = Int(columns)
    height = Int(rows)
    shown = []
    return true
  }

  /// All events that wait.
  func readEvents() -> [InputEvent] {
    var events: [InputEvent] = []
    while true {
      let code = heed_read_key()
      if code == ERR { return events + decoder.endOfInput() }
      events += decoder.take(Int(code)) { code in
        keyname(Int32(code)).flatMap { KeySequence.named(String(cString: $0)) }
      }
    }
  }

  /// Shows a picture of the window's size.
  ///
  /// Measured, 200x60 in 256 colours, two cores busy with other work too: 1.3 ms from key to last byte
  /// when two cells change, 11 ms (at most 15) when all change in runs of four (102 kB), 33 ms when
  /// every cell differs from its neighbours (298 kB). Nearly all of it is curses composing sequences.
  ///
  /// - Parameter looks: Row-major, `width * height`; any other count is not shown.
  func show(_ looks: [Look]) {
    guard looks.count == width * height else { return }
    if shown.count != looks.count {
      heed_erase()
      shown = []
    }
    if !write(looks) {
      // Out of pairs: with all of them free again, one frame nearly always fits.
      pairs.forget()
      shown = []
      _ = write(looks)
    }
    shown = looks
    heed_show(whole)
    whole = false
  }

  /// Writes the cells that differ; false when a pair was missing.
  private func write(_ looks: [Look]) -> Bool {
    var complete = true
    var text: [wchar_t] = []
    let blank = [wchar_t(UInt8(ascii: " "))]
    for (index, look) in looks.enumerated() where shown.isEmpty || shown[index] != look {
      // The right half of a wide character was written with the left one.
      if look.glyph.isEmpty { continue }
      let pair = pairs.number(look.foreground, look.background)
      complete = complete && pair != nil
      text.removeAll(keepingCapacity: true)
      for scalar in look.glyph.unicodeScalars { text.append(wchar_t(scalar.value)) }
      let (x, y) = (Int32(index % width), Int32(index / width))
      let isWide = Int(x) + 1 < width && looks[index + 1].glyph.isEmpty
      let columns: Int32 = isWide ? 2 : 1
      let (style, number) = (Self.style(look), pair ?? 0)
      let taken = heed_put(y, x, text, Int32(text.count), columns, style, number)
      // The C library or the locale thinks otherwise: nothing stale may stay in the other half.
      if taken < columns { _ = heed_put(y, x + 1, blank, 1, 1, style, number) }
    }
    return complete
  }

  private static func style(_ look: Look) -> Int32 {
    var style = 0
    if look.bold { style |= HEED_BOLD }
    if look.underline { style |= HEED_UNDERLINE }
    if look.reverse { style |= HEED_REVERSE }
    if look.dim { style |= HEED_DIM }
    return Int32(style)
  }

  /// Paints everything again with the next picture.
  func repaint() { whole = true }

  /// Stops the process, as ^Z does, and takes the terminal again when it is continued.
  func suspend() {
    clearModes()
    heed_pause()
    heed_stop()
    _ = heed_take_signals()
    resume()
  }

  /// Takes the terminal again after someone else stopped and continued the process.
  func retake() {
    heed_pause()
    resume()
  }

  private func resume() {
    setModes()
    // A stopped job hears of no resize.
    followWindow()
    whole = true
  }

  /// Rings the bell.
  func bell() { _ = beep() }

  /// Puts text on the clipboard of the terminal's machine; terminals that do not allow it ignore this.
  func copy(_ text: String) { send("\u{1b}]52;c;\(Base64.encode(Array(text.utf8)))\u{7}") }

  /// Takes or releases the mouse.
  func setMouse(_ on: Bool) {
    hasMouse = on
    send(on ? Self.mouseOn : Self.mouseOff)
  }

  private func setModes() { send("\u{1b}[?2004h" + (hasMouse ? Self.mouseOn : "")) }

  private func clearModes() { send(Self.mouseOff + "\u{1b}[?2004l") }

  // Presses, motion while a button is down, and reports without a limit on columns.
  private static let mouseOn = "\u{1b}[?1000h\u{1b}[?1002h\u{1b}[?1006h"
  private static let mouseOff = "\u{1b}[?1006l\u{1b}[?1002l\u{1b}[?1000l"

  private func send(_ text: String) {
    var text = text
    text.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) { heed_send($0.baseAddress, $0.count) }
    }
  }
}
