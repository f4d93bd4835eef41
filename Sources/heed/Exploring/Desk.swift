import Explorer
import Foundation
import Models

/// Carries out what the explorer asks of the world: models, runs and files.
///
/// Nothing here keeps the screen waiting: models open and run on the service's thread, folders are
/// listed on another.
final class Desk {
  private let addSpecial: Bool
  private let engine: EngineOptions
  private let service: InferenceService
  private let mailbox: Mailbox<Action>
  /// What a rerun repeats when there is no text to make it from.
  private var first: InferenceService.Request?

  init(engine: EngineOptions, addSpecial: Bool, answering mailbox: Mailbox<Action>) {
    self.addSpecial = addSpecial
    self.engine = engine
    self.mailbox = mailbox
    service = InferenceService(mailbox: mailbox) { model, prompt in
      try engine.prepare(model, seq: prompt.seq)
    }
  }

  /// Opens the first model and runs the first prompt.
  ///
  /// - Parameter isText: Whether the prompt comes back as text, so that a rerun can start from that.
  func start(
    _ opener: @escaping InferenceService.Opener, isText: Bool,
    request: @escaping InferenceService.Request
  ) {
    if !isText { first = request }
    service.open(opener, request: request)
  }

  /// Blocks until everything is answered.
  func waitUntilIdle() { service.waitUntilIdle() }

  /// Starts what an effect asks for, and returns at once.
  func perform(_ effect: Effect) {
    switch effect {
    case .run(let text):
      let again = text.isEmpty ? first : nil
      service.run(again ?? { try $0.tokenize(text) })
    case .open(let name, let text):
      first = nil
      let (addSpecial, engine) = (addSpecial, engine)
      let opener: InferenceService.Opener = {
        try Opening.openModel(name, adapter: nil, addSpecial: addSpecial, engine: engine)
      }
      service.open(opener) { try $0.tokenize(text.isEmpty ? PromptOptions.example : text) }
    case .list(let beginning):
      let mailbox = mailbox
      DispatchQueue.global().async { mailbox.post(.listed(ModelListing.models(beginning))) }
    case .cancel: service.cancel()
    case .save(let name, let text): save(text, as: name)
    case .screen: break
    }
  }

  /// Writes a file; one that exists is left alone and the next free number is taken.
  private func save(_ text: String, as name: String) {
    let path = Self.free(name)
    do {
      try Output(path).write(text)
      mailbox.post(.notice("saved \(path)"))
    } catch {
      mailbox.post(.failed("\(error)"))
    }
  }

  private static func free(_ name: String) -> String {
    guard FileManager.default.fileExists(atPath: name) else { return name }
    let url = URL(fileURLWithPath: name)
    let (stem, ending) = (url.deletingPathExtension().relativePath, url.pathExtension)
    for number in 2... {
      let next = "\(stem)-\(number)" + (ending.isEmpty ? "" : ".\(ending)")
      if !FileManager.default.fileExists(atPath: next) { return next }
    }
    return name
  }
}
