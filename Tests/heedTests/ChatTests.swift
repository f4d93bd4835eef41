import Foundation
import Testing

/// `--chat` writes the prompt as the checkpoint's chat template wants it.
@Suite struct ChatTests {
  /// A copy of the sample with a template beside it.
  private static func sample(_ template: String?) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let original = Repository.path + "/samples/novels/"
    for name in ["config.json", "model.safetensors", "tokenizer.json"] {
      try FileManager.default.createSymbolicLink(
        atPath: "\(folder.path)/\(name)", withDestinationPath: original + name)
    }
    if let template { try folder.write("chat_template.jinja", template) }
    return folder
  }

  private static let template = """
    {% for message in messages %}
    {{ '<' + message['role'] + '> ' + message['content'] | trim }}
    {% endfor %}
    {{ '<answer>' if add_generation_prompt }}
    """

  @Test func `the prompt stands in the template's words, and special tokens are its own`() throws {
    let folder = try Self.sample(Self.template)
    let written = ["tokens", folder.path, "--text", "<user> to be\n<answer>", "--no-special"]
    let expected = try Shell.heed(written + ["--format", "json"]).json()
    let found = try Shell.heed(["tokens", folder.path, "--chat", " to be", "--format", "json"])
    #expect(found.status == 0, "\(found.errors)")
    #expect(try found.json() == expected)
  }

  @Test(arguments: ["predict", "export", "snapshot", "scores"])
  func `every command that takes a prompt takes a chat`(command: String) throws {
    let folder = try Self.sample(Self.template)
    let more = command == "export" ? ["-o", folder.path + "/maps.npy"] : []
    let chat = try Shell.heed([command, folder.path, "--chat", "to be"] + more)
    #expect(chat.status == 0, "\(chat.errors)")
    guard command == "export" else { return }
    let text = ["--text", "<user> to be\n<answer>", "--no-special", "-o", folder.path + "/own.npy"]
    #expect(try Shell.heed(["export", folder.path] + text).status == 0)
    #expect(try folder.read("maps.npy") == folder.read("own.npy"))
  }

  @Test func `the explorer begins with the template's words, and goes on writing after them`()
    throws
  {
    let folder = try Self.sample(Self.template)
    let lines = "view tokens\nshow\nview generate\ngenerate 1\nshow\nquit\n"
    let finished = try Shell.heed(
      ["--plain", "--chat", folder.path, "to be"], input: Array(lines.utf8))
    #expect(finished.status == 0 && finished.errors.isEmpty, "\(finished.errors)")
    #expect(finished.text.contains("<user> to be␊\n<answer>"), "\(finished.text)")
    #expect(finished.text.contains("token 2 of 2"), "\(finished.text)")
  }

  @Test func `pruning measures the loss on messages`() throws {
    let folder = try Self.sample(Self.template)
    try folder.write("prompts", "to be or not\n")
    try folder.write("written", #"{"text":"<user> to be or not\n<answer>"}"# + "\n")
    func curve(_ name: String, _ more: String) throws -> String {
      let finished = try Shell.heed([
        "prune", folder.path, "--prompts", "\(folder.path)/\(name)", more, "--by", "previous",
        "--steps", "1", "-o", "\(folder.path)/of-\(name)",
      ])
      #expect(finished.status == 0, "\(finished.errors)")
      return finished.text
    }
    let chat = try curve("prompts", "--chat")
    #expect(try chat.hasPrefix("removed") && chat == curve("written", "--no-special"))
  }

  @Test func `prompts of a file are messages, too`() throws {
    let folder = try Self.sample(Self.template)
    try folder.write("prompts", "to be\n")
    let arguments = ["--score", "previous", "--format", "json"]
    let many = try Shell.heed(
      ["scores", folder.path, "--chat", "--prompts", folder.path + "/prompts"] + arguments
    ).json()
    let one = try Shell.heed(["scores", folder.path, "--chat", "to be"] + arguments).json()
    let mean = many["scores"]?["previous"]?["mean"]?[0]?[0]?.double
    #expect(mean != nil && mean == one["scores"]?["previous"]?["values"]?[0]?[0]?.double)
  }

  @Test func `a checkpoint without a template, and a template that fails, are one line`() throws {
    let none = try Self.sample(nil)
    expectRefusal(
      try Shell.heed(["tokens", none.path, "--chat", "x"]),
      "\(none.path): found no chat template, expected chat_template.jinja or chat_template in "
        + "tokenizer_config.json; leave --chat out")
    let broken = try Self.sample("\n{{ raise_exception('not so') }}")
    expectRefusal(
      try Shell.heed(["predict", broken.path, "--chat", "x"]),
      "\(broken.path)/chat_template.jinja: found its own objection: not so on line 2 of the chat "
        + "template, expected what heed follows of Jinja; write the conversation out and leave "
        + "--chat out")
  }

  @Test(arguments: [["--ids", "1"], ["--tags", "x"], ["--pair", "y", "x"]])
  func `what a chat does not go with is rejected`(more: [String]) throws {
    #expect(try Shell.heed(["tokens", "sample:novels", "--chat"] + more).status == 64)
  }
}
