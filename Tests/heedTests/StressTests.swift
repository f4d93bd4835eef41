import Testing
import TmuxHarness

/// Work under limits that it does not fit into: it is refused in one line, and nothing is ever killed.
@Suite struct StressTests {
  /// A prompt that takes some hundred megabytes.
  private static let ids = "$(seq -s, 1 500)"

  /// The exit status under limits from one that only lets the program start to one that lets it finish.
  private func statuses(_ command: String) throws -> [Int] {
    let folder = try TemporaryFolder()
    let finished = try Shell.script(
      """
      base=400000
      until (ulimit -v $base; $heed --version) >/dev/null 2>&1; do base=$((base + 20000)); done
      for more in 0 60000 120000 220000 300000 900000; do
        (ulimit -v $((base + more)); exec $heed \(command)) >/dev/null 2>err
        status=$?
        [ $status = 0 ] || [ "$(grep -c '^heed: error: ' err)" = 1 ] || status=999
        echo $status
      done
      """, in: folder.path)
    return finished.text.split(separator: "\n").compactMap { Int($0) }
  }

  @Test(arguments: [
    "scores sample:novels --ids \(ids)", "sinks sample:novels --ids \(ids)",
    "export sample:novels --ids \(ids) --tensor attention -o maps.npy",
    "predict sample:novels --ids \(ids) --without L0.H0",
    "whatif sample:novels --ids \(ids) --rule streaming:sink=1,recent=2 --scope propagated",
    "snapshot sample:novels --ids \(ids) --view map --layer 0 --head 0",
    "bench sample:novels --ids \(ids) --repeats 1 --until scores",
    "scores sample:novels --ids \(ids) --score gate-gradient",
  ])
  func `a limit of the address space ends in a refusal or in a result`(command: String) throws {
    let statuses = try statuses(command)
    #expect(statuses.count == 6)
    #expect(statuses.allSatisfy { $0 == 0 || $0 == 1 }, "\(statuses)")
    #expect(statuses.first == 1 && statuses.last == 0, "\(statuses)")
  }

  @Test func `weights that the address space has no room for are named with their size`() throws {
    let folder = try TemporaryFolder()
    try folder.write("config.json", "{\"model_type\": \"gpt2\"}")
    let finished = try Shell.script(
      "truncate -s 8G big.safetensors; ulimit -v 4000000; $heed info big.safetensors",
      in: folder.path)
    #expect(finished.status == 1)
    #expect(
      finished.errors == """
        heed: error: big.safetensors: the system refused to map its 8589934592 bytes, as "ulimit -v" makes it; \
        raise the limit

        """)
  }

  @Test func `a question that does not fit is refused, and the explorer goes on`() throws {
    // A run and scores of its maps fit in, gradients do not.
    let tmux = try Tmux.heed(
      "sample:novels --ids $(seq -s, 1 200) --memory 15M --view scores", width: 120)
    try tmux.wait(for: "Entropy  1.0645 nats")
    try tmux.type(":score gate-gradient")
    try tmux.press("Enter")
    try tmux.wait(for: "a run with gradients of 200 tokens needs")
    try tmux.type(":score entropy")
    try tmux.press("Enter")
    try tmux.wait("the scores") {
      $0.contains("Entropy  1.0645 nats") && !$0.contains("a run with gradients")
    }
    try tmux.leaveHeed()
  }

  @Test func `a budget is kept or refused, whatever it is`() throws {
    for budget in ["1K", "1M", "20M", "60M", "200M", "4G"] {
      let finished = try Shell.script(
        "$heed scores sample:novels --ids \(Self.ids) --memory \(budget) >/dev/null")
      #expect(finished.status == 0 || finished.status == 1, "\(budget)")
      // What does not fit into memory may fit into a file, which is said.
      #expect(
        finished.status == 1
          || finished.errorLines.allSatisfy { $0.contains("of the run in a file in") },
        "\(budget): \(finished.errors)")
      if finished.status == 1 {
        #expect(finished.errorLines.count == 1)
        #expect(finished.errors.contains("raise --memory"))
      }
    }
  }

  /// Scores of a prompt, with what stands on standard error.
  private func scores(_ before: String, _ options: String) throws -> Finished {
    try Shell.script(
      "\(before) exec $heed scores sample:novels --ids \(Self.ids) --score previous \(options)")
  }

  @Test func `what memory does not hold goes to a file, and the numbers are the same`() throws {
    let folder = try TemporaryFolder()
    let plain = try scores("", "")
    // Less than a run in memory takes, more than one in a file does.
    let filed = try scores("TMPDIR=\(folder.path)", "--memory 20M")
    #expect(filed.status == 0, "\(filed.errors)")
    #expect(filed.text == plain.text)
    #expect(filed.errorLines.count == 1)
    #expect(filed.errors.contains("of the run in a file in \(folder.path): 20 MiB of memory would"))
    #expect(folder.names == [])
  }

  @Test func `a disk that is full or missing is named with what to do`() throws {
    let folder = try TemporaryFolder()
    // Files of two megabytes at most.
    let full = try scores("ulimit -f 2048; TMPDIR=\(folder.path)", "--memory 20M")
    #expect(full.status == 1)
    #expect(full.errors.contains("the disk is full after"), "\(full.errors)")
    #expect(full.errors.contains("set TMPDIR to another folder"), "\(full.errors)")
    let missing = try scores("TMPDIR=/nonexistent", "--memory 20M")
    #expect(missing.status == 1)
    #expect(missing.errors.contains("set TMPDIR to a disk with"), "\(missing.errors)")
  }
}
