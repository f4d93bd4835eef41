import Testing

@testable import heed

/// What commands report beside checkpoints, tokenizers and models: every text.
@Test(arguments: [
  (Failure.noSuchLayer(7, layers: 6), "--layer 7: the model has layers 0 to 5"),
  (.noSuchHead(-1, heads: 8), "--head -1: each layer has heads 0 to 7"),
  (
    .noPrompt,
    "no prompt was given; write it after the model, or use --text, --file, --ids, or - for "
      + "standard input"
  ),
  (
    .badIDs(option: "ids", "1,x"),
    "--ids 1,x: expected whole numbers separated by commas, such as 1,2,3, or @FILE"
  ),
  (.unreadable(file: "p.txt", reason: "no such file"), "p.txt: cannot be read: no such file"),
  (
    .unwritable(file: "a/b", reason: "Not a directory"),
    "a/b: cannot be written: Not a directory; choose another place with --output"
  ),
  (
    .binaryToTerminal(format: "npy"),
    "npy is binary and standard output is a terminal; write it to a file with -o FILE"
  ),
  (
    .unknownScore("x", known: ["entropy", "first"]),
    "x: no such score, expected one of entropy, first"
  ),
  (.noSuchPosition("query", 9, count: 4), "--query 9: the prompt has tokens 0 to 3"),
  (
    .misspelledCommand("inof", nearest: "info"),
    "inof: no such command or model; did you mean heed info?"
  ),
])
func `every failure is one line that says what to do`(failure: Failure, text: String) {
  #expect(failure.description == text)
}
