import Explorer

/// Turns what curses reads, bytes and key codes, into events.
///
/// Curses knows the keys of the terminal's description. The rest arrives byte by byte and is decoded
/// here: UTF-8, pasted text, mouse reports of both protocols, and the sequences that terminals send
/// beside their description (`\e[A` where it says `\eOA`). A sequence nobody knows is dropped whole, so
/// that its letters never act as commands.
struct KeyDecoder {
  private enum State {
    case ground
    case escape
    case single
    case sequence([UInt8])
    case report([UInt8])
  }

  private var state = State.ground
  private var character: [UInt8] = []
  private var pasted: [UInt8]?

  /// Takes one byte or key code.
  ///
  /// - Parameter key: The key for a code above 255, if it has one.
  mutating func take(_ code: Int, key: (Int) -> Key?) -> [InputEvent] {
    guard code < 256 else {
      // Pasted text holds no keys; what looks like one is dropped from it.
      return endOfInput() + (pasted == nil ? key(code).map { [.key($0)] } ?? [] : [])
    }
    let byte = UInt8(code)
    switch state {
    case .ground: return ground(byte)
    case .escape: return escape(byte)
    case .single:
      state = .ground
      return KeySequence.single(byte).map { [.key($0)] } ?? []
    case .sequence(let bytes): return sequence(bytes + [byte])
    case .report(let bytes): return report(bytes + [byte])
    }
  }

  /// Nothing more waits: an Esc that stood alone was the key.
  mutating func endOfInput() -> [InputEvent] {
    // In pasted text it may be the first byte of the end mark.
    guard case .escape = state, pasted == nil else { return [] }
    state = .ground
    return [.key(.escape)]
  }

  private mutating func ground(_ byte: UInt8) -> [InputEvent] {
    if byte == 0x1b {
      character = []
      state = .escape
      return []
    }
    if pasted != nil {
      // Terminals paste line ends as Enter.
      pasted?.append(byte == 0x0d ? 0x0a : byte)
      return []
    }
    switch byte {
    case 0x0d: return [.key(.enter)]
    case 0x09: return [.key(.tab)]
    case 0x08, 0x7f: return [.key(.backspace)]
    case 0: return [.key(.control(" "))]
    case 1...26: return control(byte + 0x60)
    case 0x1c...0x1f: return control(byte + 0x40)
    case 0x20..<0x80: return [.key(.character(Character(Unicode.Scalar(byte))))]
    default: return compose(byte)
    }
  }

  private func control(_ letter: UInt8) -> [InputEvent] {
    [.key(.control(Character(Unicode.Scalar(letter))))]
  }

  /// Collects the bytes of one character; a wrong byte drops what came before it.
  private mutating func compose(_ byte: UInt8) -> [InputEvent] {
    if byte & 0xc0 != 0x80 { character = [] }
    character.append(byte)
    let length =
      switch character[0] {
      case 0xc2...0xdf: 2
      case 0xe0...0xef: 3
      case 0xf0...0xf4: 4
      default: 0
      }
    if character.count < length { return [] }
    defer { character = [] }
    guard length > 0, let text = String(validating: character, as: UTF8.self) else { return [] }
    return text.map { .key(.character($0)) }
  }

  private mutating func escape(_ byte: UInt8) -> [InputEvent] {
    switch byte {
    case UInt8(ascii: "["):
      state = .sequence([])
      return []
    case UInt8(ascii: "O") where pasted == nil:
      state = .single
      return []
    case 0x1b: return pasted == nil ? [.key(.escape)] : []
    default:
      state = .ground
      return (pasted == nil ? [.key(.escape)] : []) + ground(byte)
    }
  }

  private mutating func sequence(_ bytes: [UInt8]) -> [InputEvent] {
    guard let final = bytes.last, bytes.count < 64 else {
      state = .ground
      return []
    }
    if final == 0x1b {
      state = .escape
      return []
    }
    guard (0x40...0x7e).contains(final) else {
      state = .sequence(bytes)
      return []
    }
    state = .ground
    let text = String(decoding: bytes, as: UTF8.self)
    if text == "201~", let bytes = pasted {
      pasted = nil
      return [.paste(String(decoding: bytes, as: UTF8.self))]
    }
    if pasted != nil { return [] }
    if text == "200~" {
      pasted = []
      return []
    }
    if text == "M" {
      state = .report([])
      return []
    }
    if let mouse = MouseReport.extended(text) { return [.mouse(mouse)] }
    return KeySequence.control(text).map { [.key($0)] } ?? []
  }

  private mutating func report(_ bytes: [UInt8]) -> [InputEvent] {
    guard bytes.count == 3 else {
      state = .report(bytes)
      return []
    }
    state = .ground
    return MouseReport.plain(bytes).map { [.mouse($0)] } ?? []
  }
}
