import Explorer
import Foundation

/// Writes a recording line by line, so that a crash leaves all that led to it.
final class Recorder {
  private let file: String
  private let descriptor: Int32
  private let mailbox: Mailbox<Action>
  private var isBroken = false

  /// Begins a recording; a file that was there is replaced.
  ///
  /// - Throws: `Failure.unwritable`.
  init(_ file: String, beginning: String, complaining mailbox: Mailbox<Action>) throws {
    self.file = file
    self.mailbox = mailbox
    descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw Failure.unwritable(file: file, reason: Self.reason) }
    guard put(beginning) else {
      close(descriptor)
      throw Failure.unwritable(file: file, reason: Self.reason)
    }
  }

  deinit { close(descriptor) }

  /// Adds a line; when that fails the user hears of it once, and the explorer goes on.
  func write(_ line: String) {
    guard !isBroken, !put(line) else { return }
    isBroken = true
    mailbox.post(.failed("\(Failure.unwritable(file: file, reason: Self.reason)); not recording"))
  }

  private func put(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    return Foundation.write(descriptor, bytes, bytes.count) == bytes.count
  }

  private static var reason: String { String(cString: strerror(errno)) }
}
