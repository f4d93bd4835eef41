import Foundation
import Testing

@testable import Tensors

/// Numbers that lie in a file instead of memory.
@Suite struct KeptFileTests {
  private let folder = FileManager.default.temporaryDirectory.path

  @Test func `a tensor comes back from the file as it was, and leaves no name behind`() throws {
    let before = try FileManager.default.contentsOfDirectory(atPath: folder)
    let file = try KeptFile(in: folder)
    let numbers = (0..<3000).map { Float($0) / 7 }
    let first = try file.keep(Tensor(numbers, shape: [30, 100]))
    let second = try file.keep(Tensor<Float>([1, .nan, -Float.infinity], shape: [3]))
    #expect(first.shape == [30, 100])
    #expect(first.elements == numbers)
    #expect(first.matrix.rows(2..<3).copied.elements == Array(numbers[200..<300]))
    #expect(second.elements[1].isNaN && second.elements[2] == -Float.infinity)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder)
    #expect(!names.contains { $0.hasPrefix("heed-") && !before.contains($0) && $0.count == 11 })
  }

  @Test func `what is written to a kept tensor goes to a copy`() throws {
    let file = try KeptFile(in: folder)
    let kept = try file.keep(Tensor<Float>(repeating: 2, shape: [2000]))
    var changed = kept
    changed.mutableMatrix().fill(5)
    #expect(kept.elements.allSatisfy { $0 == 2 })
    #expect(changed.elements.allSatisfy { $0 == 5 })
  }

  @Test func `the file outlives its owner as long as numbers lie in it`() throws {
    func make() throws -> Kept<Float> {
      let file = try KeptFile(in: folder)
      return try Kept<Float>.whole(Tensor(repeating: 3, shape: [5000])).moved(to: file)
    }
    #expect(try make().tensor.elements.allSatisfy { $0 == 3 })
    let rounded = try Kept<Float>.rounded(
      Tensor<Float>(repeating: 3, shape: [5, 1000]).matrix.rounded()
    ).moved(to: KeptFile(in: folder))
    #expect(rounded.tensor.elements.allSatisfy { $0 == 3 })
  }

  @Test func `a folder that cannot be written is named with a remedy`() {
    let error = #expect(throws: KeptFileError.self) { try KeptFile(in: "/nonexistent") }
    #expect(
      error?.description
        == "/nonexistent: what the run keeps cannot be written there: No such file or directory;"
        + " set TMPDIR to another folder, or raise --memory")
    #expect(
      KeptFileError.full(folder: "/var/tmp", written: 5 << 20).description
        == "/var/tmp: the disk is full after 5 MiB of what the run keeps; make room there, set"
        + " TMPDIR to another folder, or raise --memory")
  }

  @Test func `more memory than there can be is refused before it is touched`() throws {
    try MemoryRefusal.probe(0)
    try MemoryRefusal.probe(1 << 20)
    #expect(throws: MemoryRefusal(bytes: 1 << 60)) { try MemoryRefusal.probe(1 << 60) }
    #expect(
      MemoryRefusal(bytes: 4096).description
        == "out of memory: the system refused 4096 bytes more, as \"ulimit -v\" makes it; raise the"
        + " limit, or give a shorter prompt or a smaller --memory")
  }
}
