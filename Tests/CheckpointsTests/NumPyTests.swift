import Foundation
import Tensors
import Testing

@testable import Checkpoints

@Suite struct NumPyTests {
  private func path(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Fixtures/numpy/\(name)").path
  }

  @Test(arguments: ["stored.npz", "packed.npz"])
  func `arrays of every type come out as they went in`(name: String) throws {
    let file = try NumPyFile(path: path(name))
    #expect(
      file.arrays.map(\.name) == [
        "bytes", "empty", "f2", "f4", "f8", "i8", "scalar", "text", "u1",
      ])
    for type in ["f2", "f4", "f8"] {
      let numbers = try #require(file[type]?.numbers)
      #expect(numbers.shape == [2, 3, 4])
      #expect(numbers.widened(to: Float.self)?.elements == (0..<24).map { Float($0) / 8 })
    }
    #expect(file["i8"]?.numbers?.integers() == [0, 1, 2, 3, 4])
    #expect(file["u1"]?.numbers?.integers() == [0, 1, 2, 3, 4])
    #expect(file["scalar"]?.numbers?.widened(to: Float.self)?.elements == [0.5])
    #expect(file["empty"]?.shape == [0, 3])
    #expect(file["text"]?.texts == ["a", "ünder", "🙂", ""])
    #expect(file["bytes"]?.texts == ["ab", "c"])
  }

  @Test func `an array alone goes by the name of its file`() throws {
    let array = try #require(try NumPyFile(path: path("alone.npy"))["alone"])
    #expect(array.shape == [2, 3, 4])
  }

  @Test(arguments: [("fortran.npy", "<f8 in Fortran order"), ("big.npy", ">f4")])
  func `an array of another type is refused by name`(name: String, type: String) throws {
    let stem = String(name.dropLast(4))
    #expect(
      throws: CheckpointError.numpy(
        file: path(name), fault: .type(array: stem, found: type))
    ) { try NumPyFile(path: path(name)) }
    #expect(
      "\(NumPyFault.type(array: "a", found: ">f4"))"
        == "found a stored as >f4, expected little-endian floats, whole numbers or texts in C order;"
        + " convert it with numpy.ascontiguousarray and astype(\"float32\")")
  }

  @Test(arguments: ["stored.npz", "packed.npz", "alone.npy"])
  func `a file cut anywhere is refused`(name: String) throws {
    let whole = try Data(contentsOf: URL(fileURLWithPath: path(name)))
    let folder = try TemporaryFolder()
    for count in stride(from: 0, to: whole.count, by: max(1, whole.count / 60)) {
      let cut = try folder.write("cut", Array(whole[..<count]))
      #expect(throws: CheckpointError.self, "\(count) bytes") { try NumPyFile(path: cut) }
    }
  }

  @Test func `an entry that claims more than deflate can make is refused`() throws {
    var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path("packed.npz"))))
    // The unpacked size in the first entry of the directory.
    let directory = try #require(
      (0..<bytes.count - 4).first { Array(bytes[$0..<$0 + 4]) == [0x50, 0x4B, 1, 2] })
    bytes.replaceSubrange(directory + 24..<directory + 28, with: [0, 0, 0, 0x7F])
    let folder = try TemporaryFolder()
    let file = try folder.write("bomb.npz", bytes)
    let error = #expect(throws: CheckpointError.self) { try NumPyFile(path: file) }
    guard case .numpy(_, .archive(let found)) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(found.contains("claims 2130706432 bytes"))
  }
}
