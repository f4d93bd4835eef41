extension ExplorerState {
  /// Takes the prompts of a file and runs the first one, unless one of them is what is seen.
  mutating func take(_ file: PromptFile) -> [Effect] {
    guard file.count > 0 else {
      notice = Notice(text: "the file holds no prompt", isError: true)
      return []
    }
    promptFile = file
    // What is right on its prompts may have changed while their texts have not.
    answers.forget(Question(.pruning(pruneRequest)))
    let count = file.count == 1 ? "1 prompt" : "\(file.count) prompts"
    guard let first = file.texts.first, !readsNoText else {
      say("\(count) for the prune view to judge by; none is a text to go to")
      return []
    }
    prompts = file.texts
    say("\(count); ^N and ^P go through them")
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
