import Checkpoints
import Foundation
import Testing

@testable import Models

@Suite struct MapsFileTests {
  private func path(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("CheckpointsTests/Fixtures/numpy/\(name)").path
  }

  @Test func `maps of a file are seen with their tokens`() throws {
    let maps = try MapsFile(path: path("maps.npz"))
    #expect((maps.layers, maps.heads, maps.queryCount, maps.keyCount) == (2, 3, 5, 5))
    #expect(maps.isCausal)
    #expect(maps.keyTokens.map(\.text) == ["When", " Mary", " and", " John", " went"])
    #expect(maps.queryTokens.map(\.text) == maps.keyTokens.map(\.text))
    let head = HeadIndex(layer: 1, head: 2)
    let map = maps.pattern(head)
    for row in 0..<5 {
      #expect(abs((0..<5).map { map[row, $0] }.reduce(0, +) - 1) < 1e-6)
      #expect((row + 1..<5).allSatisfy { map[row, $0] == 0 })
    }
    let tile = maps.pattern(head, rows: 2..<4, columns: 1..<3)
    #expect(tile.elements == [map[2, 1], map[2, 2], map[3, 1], map[3, 2]])
  }

  @Test func `queries and keys may differ`() throws {
    let maps = try MapsFile(path: path("cross.npz"))
    #expect((maps.layers, maps.heads, maps.queryCount, maps.keyCount) == (1, 2, 3, 4))
    #expect(!maps.isCausal)
    #expect(maps.queryTokens.map(\.text) == ["a", "b", "c"])
    #expect(maps.keyTokens.map(\.text) == ["w", "x", "y", "z"])
    #expect(maps.pattern(HeadIndex(layer: 0, head: 1)).elements.allSatisfy { $0 == 0.25 })
  }

  @Test func `an array alone is taken for maps, its tokens for numbers`() throws {
    let maps = try MapsFile(path: path("alone.npy"))
    #expect((maps.layers, maps.heads, maps.queryCount, maps.keyCount) == (1, 2, 3, 4))
    #expect(maps.keyTokens.map(\.text) == ["<0>", "<1>", "<2>", "<3>"])
  }

  @Test func `a file without maps is refused`() throws {
    let error = #expect(throws: CheckpointError.self) { try MapsFile(path: path("packed.npz")) }
    #expect(
      "\(try #require(error))"
        == "\(path("packed.npz")): found no array attention (bytes, empty, f2, f4), expected one of"
        + " that name; save it with numpy.savez(file, attention=…)")
  }
}
