import Foundation
import Models
import Tensors

/// Runs with progress on standard error and ^C.
enum Running {
  /// Runs a prompt.
  static func trace<Element: Scalar>(
    _ model: Model, _ prompt: Prompt, _ options: EngineOptions, as _: Element.Type
  ) throws -> Trace<Element> {
    try model.check(prompt)
    try options.prepare(model, seq: prompt.seq)
    Interruption.listen()
    let start = Date()
    defer { Console.progress(nil) }
    return try model.run(prompt, as: Element.self) { progress in
      try Interruption.check()
      // Nothing flickers past for a run that is over at once.
      if Date().timeIntervalSince(start) > 0.3 {
        Console.progress("running: layer \(progress.done) of \(progress.total)")
      }
    }
  }
}
