extension ExplorerState {
  /// Takes the prompts of a file and runs the first one, unless one of them is what is seen.
  mutating func take(prompts: [String], of file: String) -> [Effect] {
    guard let first = prompts.first else {
      notice = Notice(text: "the file holds no prompt", isError: true)
      return []
    }
    (self.prompts, promptFile, promptFileName) = (prompts, prompts, file)
    say("\(prompts.count) prompts; ^N and ^P go through them")
    return prompts.contains(prompt) ? [] : run(first)
  }

  /// Runs the next prompt of the file or the history.
  mutating func stepPrompt(_ step: Int) -> [Effect] {
    let place = prompts.lastIndex(of: prompt) ?? 0
    guard prompts.indices.contains(place + step) else {
      say(step > 0 ? "this is the last prompt" : "this is the first prompt")
      return []
    }
    return run(prompts[place + step])
  }
}
