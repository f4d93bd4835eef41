import Testing

@testable import Tensors

@Test func `large blocks keep what is written to them and come back aligned for vector units`() {
  let bytes = LargeBlocks.smallest + 5
  let first = LargeBlocks.take(bytes)
  let second = LargeBlocks.take(bytes)
  #expect(first != second)
  for block in [first, second] {
    #expect(UInt(bitPattern: block) % 64 == 0)
    block.initializeMemory(as: UInt8.self, repeating: 7, count: bytes)
  }
  LargeBlocks.giveBack(first, bytes)
  let third = LargeBlocks.take(bytes - 5)
  #expect(third != second)
  #expect(second.load(fromByteOffset: bytes - 1, as: UInt8.self) == 7)
  LargeBlocks.giveBack(second, bytes)
  LargeBlocks.giveBack(third, bytes - 5)
}
