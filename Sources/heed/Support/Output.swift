import Foundation

/// Where a command's data goes: standard output, or a file that appears only when it is whole.
struct Output {
  /// The file; nil for standard output.
  let path: String?

  /// `-` means standard output, as nothing does.
  init(_ path: String?) { self.path = path == "-" ? nil : path }

  /// Whether a person would see what is written.
  var isTerminal: Bool { path == nil && isatty(STDOUT_FILENO) != 0 }

  /// Writes what `body` hands over.
  ///
  /// A file is written beside its place and renamed; when `body` throws, nothing is left behind. What is no
  /// file, such as `/dev/null` or a pipe, is written into, and a link is followed.
  func write(_ body: (_ write: (ArraySlice<UInt8>) throws -> Void) throws -> Void) throws {
    guard let path else {
      var sink = Sink(descriptor: STDOUT_FILENO, name: "standard output")
      try body { try sink.write($0) }
      return try sink.flush()
    }
    guard let target = Self.file(path) else { return try write(into: path, body) }
    try replace(target, path, body)
  }

  /// The file that a path leads to or would make; nil for a device, a pipe or a folder.
  private static func file(_ path: String) -> String? {
    var status = stat()
    guard stat(path, &status) == 0 else { return path }
    guard status.st_mode & S_IFMT == S_IFREG else { return nil }
    guard let real = realpath(path, nil) else { return path }
    defer { free(real) }
    return String(cString: real)
  }

  private func write(
    into path: String, _ body: (_ write: (ArraySlice<UInt8>) throws -> Void) throws -> Void
  ) throws {
    let descriptor = open(path, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Failure.unwritable(file: path, reason: Self.reason) }
    defer { close(descriptor) }
    var sink = Sink(descriptor: descriptor, name: path)
    try body { try sink.write($0) }
    try sink.flush()
  }

  private func replace(
    _ target: String, _ path: String,
    _ body: (_ write: (ArraySlice<UInt8>) throws -> Void) throws -> Void
  ) throws {
    let temporary = "\(target).heed-\(getpid())"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw Failure.unwritable(file: path, reason: Self.reason) }
    do {
      var sink = Sink(descriptor: descriptor, name: path)
      try body { try sink.write($0) }
      try sink.flush()
      guard close(descriptor) == 0, rename(temporary, target) == 0 else {
        throw Failure.unwritable(file: path, reason: Self.reason)
      }
    } catch {
      close(descriptor)
      unlink(temporary)
      throw error
    }
  }

  /// Writes a text.
  func write(_ text: String) throws { try write { try $0(Array(text.utf8)[...]) } }

  /// Writes a value as JSON, on one line.
  func write(json value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let data = try encoder.encode(value)
    try write { try $0(Array(data)[...] + [10]) }
  }

  fileprivate static var reason: String { String(cString: strerror(errno)) }
}

/// Collects bytes and writes them in large pieces.
private struct Sink {
  let descriptor: Int32
  let name: String
  private var buffer: [UInt8] = []

  init(descriptor: Int32, name: String) {
    self.descriptor = descriptor
    self.name = name
  }

  mutating func write(_ bytes: ArraySlice<UInt8>) throws {
    buffer += bytes
    if buffer.count >= 1 << 20 { try flush() }
  }

  mutating func flush() throws {
    try Interruption.check()
    var start = 0
    while start < buffer.count {
      let written = buffer.withUnsafeBytes { bytes in
        Foundation.write(descriptor, bytes.baseAddress?.advanced(by: start), bytes.count - start)
      }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { throw Failure.unwritable(file: name, reason: Output.reason) }
      start += written
    }
    buffer.removeAll(keepingCapacity: true)
  }
}
