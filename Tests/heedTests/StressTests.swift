import Testing

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
      for more in 0 60000 120000 180000 220000 260000 300000 400000 900000; do
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
  ])
  func `a limit of the address space ends in a refusal or in a result`(command: String) throws {
    let statuses = try statuses(command)
    #expect(statuses.count == 9)
    #expect(statuses.allSatisfy { $0 == 0 || $0 == 1 }, "\(statuses)")
    #expect(statuses.first == 1 && statuses.last == 0, "\(statuses)")
  }

  @Test func `a budget is kept or refused, whatever it is`() throws {
    for budget in ["1K", "1M", "20M", "60M", "200M", "4G"] {
      let finished = try Shell.script(
        "$heed scores sample:novels --ids \(Self.ids) --memory \(budget) >/dev/null")
      #expect(finished.status == 0 || finished.status == 1, "\(budget)")
      #expect((finished.status == 0) == finished.errorLines.isEmpty, "\(budget)")
      if finished.status == 1 {
        #expect(finished.errorLines.count == 1)
        #expect(finished.errors.contains("raise --memory"))
      }
    }
  }
}
