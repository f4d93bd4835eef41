import Explorer
import Foundation
import Models

/// Carries out what the explorer asks of the world: models, runs and files.
///
/// Nothing here keeps the screen waiting: models open and run on the service's thread, folders are
/// listed on another.
final class Desk {
  private let start: Start
  private let savesToOutput: Bool
  private let service: InferenceService
  private let mailbox: Mailbox<Action>
  private let prompts = PromptFiles()
  /// Whether a rerun repeats the prompt that heed was started with: there is no text to make it from.
  private var repeatsFirst: Bool

  /// A desk that answers through a mailbox.
  ///
  /// - Parameter savesToOutput: Whether what is saved goes to standard output, and nothing to files;
  ///   everything is done before `perform` returns then, except for what the service does.
  init(_ start: Start, answering mailbox: Mailbox<Action>, savesToOutput: Bool = false) {
    (self.start, self.mailbox, self.savesToOutput) = (start, mailbox, savesToOutput)
    repeatsFirst = !start.isText
    let engine = start.engine
    service = InferenceService(mailbox: mailbox, stream: start.stream) {
      try engine.prepare($0, $0.shape(of: $1), $2)
    }
  }

  /// Opens the first model and runs the first prompt.
  func begin() { service.open(start.opener, request: start.request()) }

  /// Blocks until everything is answered.
  func waitUntilIdle() { service.waitUntilIdle() }

  /// Starts what an effect asks for, and returns at once.
  func perform(_ effect: Effect) {
    switch effect {
    case .run(let text, let given):
      let medium = given.map(Self.expanded)
      let first = text.isEmpty && repeatsFirst ? start.request(beside: medium) : nil
      service.run { [prompts] open in
        open = try open.beside?(medium) ?? open
        return try first?(&open) ?? prompts.marking(open.tokenize(text), of: text)
      }
    case .open(let name, let text, let medium): open(name, text, beside: medium)
    case .look(let stream): service.look(at: stream)
    case .name(let spans): service.mark(spans)
    case .list(let beginning, let listing):
      inBackground { [mailbox] in
        mailbox.post(.listed(NameListing.names(listing, beginning)))
      }
    case .cancel: service.cancel()
    case .ask(let questions, let generation): service.ask(questions, generation: generation)
    case .readPrompts(let file):
      inBackground { [mailbox, prompts] in mailbox.post(prompts.read(Self.expanded(file))) }
    case .readMask(let file):
      inBackground { [mailbox] in
        do {
          mailbox.post(.maskFile(name: file, Array(try PromptOptions.read(Self.expanded(file)))))
        } catch {
          mailbox.post(.failed("\(error)"))
        }
      }
    case .save(let name, let text):
      Self.save(as: savesToOutput ? nil : Self.free(Self.expanded(name)), answering: mailbox) {
        try $0.write(text)
      }
    case .export(let name, let numbers):
      let path = savesToOutput ? nil : Self.free(Self.expanded(name))
      inBackground { [mailbox] in
        Self.save(as: path, answering: mailbox) { output in
          let format = try TensorExports.forFile(name)
          try output.write { write in try numbers.export(as: format, write: write) }
        }
      }
    case .write(let name, let session):
      Self.save(as: savesToOutput ? nil : Self.expanded(name), answering: mailbox) { output in
        if let path = output.path { try Self.check(path) }
        try output.write(session.text)
      }
    case .screen: break
    }
  }

  /// Opens another model on the same prompt, with what of it the model takes, and says what it leaves out.
  private func open(_ name: String, _ text: String, beside medium: Origin.Option?) {
    // Ids are of one vocabulary.
    let ids: [Origin.Option] =
      if case .ids = start.prompt.source, text.isEmpty { [.init("ids", "")] } else { [] }
    repeatsFirst = false
    let (start, mailbox) = (start, mailbox)
    let (model, options) = Self.parts(of: name)
    let named = Medium.allCases.compactMap { medium in options[medium.rawValue].map(medium.option) }
    let wanted = start.extras.beside((named.first ?? medium).map(Self.expanded))
    let opener: InferenceService.Opener = {
      try Opening.open(
        model, adapter: nil, family: options["family"], addSpecial: start.addsSpecial,
        extras: { opened, source in
          let fitting = wanted.fitting(opened, source)
          // The model that was there at the start takes all of it, and has its own image or sound again.
          guard model != start.name else {
            return fitting.isMedia || !start.extras.isMedia ? wanted : start.extras
          }
          let left = wanted.options.filter { !fitting.options.contains($0) } + ids
          if !left.isEmpty {
            let names = left.map { "--\($0.name)" }.joined(separator: ", ")
            mailbox.post(.notice("\(opened.name) is seen without \(names)"))
          }
          return fitting
        }, engine: start.engine)
    }
    service.open(opener) {
      try $0.tokenize(text.isEmpty ? PromptOptions.example(for: model) : text)
    }
  }

  /// MODEL of `MODEL --family NAME --image FILE`, and the values of its options; names may have spaces in them.
  private static func parts(of text: String) -> (model: String, options: [String: String]) {
    var (model, options) = (text, [String: String]())
    let names = ["family"] + Medium.allCases.map(\.rawValue)
    while let (name, place) = names.compactMap({ name in
      model.range(of: " --\(name) ", options: .backwards).map { (name, $0) }
    }).max(by: { $0.1.lowerBound < $1.1.lowerBound }) {
      options[name] = model[place.upperBound...].trimmingCharacters(in: .whitespaces)
      model = String(model[..<place.lowerBound])
    }
    return (model.trimmingCharacters(in: .whitespaces), options)
  }

  /// A file's name as a shell gives it, `~` and all.
  private static func expanded(_ name: String) -> String {
    (name as NSString).expandingTildeInPath
  }

  private static func expanded(_ medium: Origin.Option) -> Origin.Option {
    Origin.Option(medium.name, expanded(medium.value))
  }

  /// On a thread of its own, unless everything is to be in order.
  private func inBackground(_ body: @escaping @Sendable () -> Void) {
    savesToOutput ? body() : DispatchQueue.global().async(execute: body)
  }

  /// Writes a file, or standard output, and says so or why not.
  private static func save(
    as path: String?, answering mailbox: Mailbox<Action>, _ body: (Output) throws -> Void
  ) {
    do {
      try body(Output(path))
      if let path { mailbox.post(.notice("saved \(path)")) }
    } catch {
      mailbox.post(.failed("\(error)"))
    }
  }

  /// A session replaces a session, and nothing else.
  private static func check(_ path: String) throws {
    guard FileManager.default.fileExists(atPath: path) else { return }
    let text = try Start.text(of: path)
    guard text.hasPrefix("heed session ") else { throw Failure.noSession(file: path) }
  }

  /// The name, or the next free number after it where that exists already.
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
