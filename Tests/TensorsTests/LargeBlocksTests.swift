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

@Test func `ranges that touch become one, and a block is cut from the smallest that holds it`() {
  var pool = LargeBlocks.Pool()
  for range: Range<UInt> in [0..<10, 50..<54, 20..<30, 10..<20, 60..<60] { pool.add(range) }
  #expect(pool.free == [0..<30, 50..<54])
  #expect(pool.idleBytes == 34)
  #expect(pool.take(4) == 50)
  #expect(pool.take(25) == 0)
  #expect(pool.take(6) == nil)
  #expect(pool.free == [25..<30])
  pool.add(0..<25)
  #expect(pool.free == [0..<30])
  #expect(pool.idleBytes == 30)
}

@Test func `no more lies idle than there is room for`() {
  defer { IdleMemory.keep(atMost: .max) }
  let bytes = 24 << 20
  func idleAfterUse() -> Int {
    let blocks = (0..<6).map { _ in LargeBlocks.take(bytes) }
    for block in blocks { LargeBlocks.giveBack(block, bytes) }
    return LargeBlocks.idleBytes
  }
  // Other tests give back as well.
  #expect(idleAfterUse() > 64 << 20)
  IdleMemory.keep(atMost: 40 << 20)
  #expect(LargeBlocks.idleBytes <= 40 << 20)
  #expect(idleAfterUse() <= 40 << 20)
  IdleMemory.keep(atMost: 0)
  #expect(idleAfterUse() <= 32 << 20)
}
