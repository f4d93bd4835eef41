import Explorer

#if canImport(Glibc)
  import Glibc
#endif

/// A pattern, the last event, and keys that ask for everything a screen can do.
final class DemoProgram: ScreenProgram {
  private var last = "nothing yet"
  private var events = 0
  private var pictures = 0
  private var shift = 0
  private var mouse = true
  private let mailbox = Mailbox<Int>()
  private var mail = 0

  func onMail(_ wake: @escaping @Sendable () -> Void) { mailbox.onPost(wake) }

  func receiveMail() -> [ScreenRequest] {
    mail += mailbox.take().count
    return []
  }

  func receive(_ event: InputEvent) -> [ScreenRequest] {
    events += 1
    last = describe(event)
    guard case .key(let key) = event else { return [] }
    switch key {
    case .character("q"): return [.quit]
    case .control("z"): return [.suspend]
    case .control("l"): return [.redraw]
    case .character("m"):
      mouse.toggle()
      return [.mouse(mouse)]
    case .character("b"): return [.bell]
    case .character("y"): return [.copy("héllo")]
    case .character("f"): fatalError("the demo broke on purpose")
    case .character("e"): complain("a warning for later\n")
    case .character("x"): exit(3)
    case .character("p"): post()
    case .character("j"), .down: shift += 1
    default: break
    }
    return []
  }

  /// An event in few words.
  private func describe(_ event: InputEvent) -> String {
    switch event {
    case .key(let key): "key " + "\(key)".replacing("Explorer.Key.", with: "")
    case .mouse(let mouse):
      "mouse " + "\(mouse.kind)".replacing("Explorer.MouseEvent.Kind.", with: "")
        + " \(mouse.x) \(mouse.y)"
    case .paste(let text): "paste \(text.debugDescription)"
    case .resize(let width, let height): "resize \(width) \(height)"
    }
  }

  /// Sends three hundred letters from another thread.
  private func post() {
    let mailbox = mailbox
    Task.detached {
      for number in 0..<300 {
        mailbox.post(number)
        try? await Task.sleep(for: .milliseconds(2))
      }
    }
  }

  func draw(width: Int, height: Int, appearance: Appearance) -> Canvas {
    pictures += 1
    var canvas = Canvas(width: width, height: height)
    for y in 0..<height {
      for x in 0..<width {
        let level = Float((x * 7 + (y + shift) * 13) % 24) / 23
        canvas[x, y] = Cell(" ", shade: .level(level))
      }
    }
    let lines = [
      "demo \(width)x\(height) \(appearance.depth.rawValue) \(appearance.charset.rawValue)",
      "event \(events): \(last)", "mail \(mail)", "pictures \(pictures) pid \(getpid())",
      "wide 注意é|",
    ]
    for (y, line) in lines.enumerated() { write(line, y: y, on: &canvas) }
    canvas[width - 1, height - 1] = Cell("#")
    return canvas
  }

  private func write(_ line: String, y: Int, on canvas: inout Canvas) {
    var x = 0
    for character in line {
      let wide = character.unicodeScalars.contains { (0x2e80...0xa4cf).contains($0.value) }
      canvas[x, y] = Cell(String(character))
      if wide { canvas[x + 1, y] = Cell("") }
      x += wide ? 2 : 1
    }
    canvas[x, y] = Cell()
  }

  func looks(for canvas: Canvas, appearance: Appearance) -> [Look] {
    canvas.cells.map { cell in
      guard case .level(let level) = cell.shade else { return Look(glyph: cell.glyph) }
      let step = UInt8(level * 23)
      return switch appearance.depth {
      case .direct:
        Look(
          glyph: appearance.charset == .half ? "▀" : "+", foreground: .rgb(step * 10, 30, 10),
          background: .rgb(10, step * 10, 200))
      case .palette256:
        Look(
          glyph: appearance.charset == .half ? "▀" : "+", foreground: .indexed(232 + step),
          background: .indexed(255 - step))
      case .palette16, .palette8: Look(glyph: "+", background: .indexed(step % 8))
      case .mono: Look(glyph: String(Array(" .:-=+*#%@")[Int(level * 9)]))
      }
    }
  }
}
