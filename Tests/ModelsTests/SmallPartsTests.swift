import Testing

@testable import Models

@Test(arguments: [
  ("0", 0), ("900", 900), ("512K", 512 << 10), ("512k", 512 << 10), ("400M", 400 << 20),
  ("2.5G", 5 << 29), ("16GiB", 16 << 30), ("16GB", 16 << 30), ("1T", 1 << 40), (".5K", 512),
])
func `sizes in bytes are read`(text: String, bytes: Int) {
  #expect(ByteCount(text)?.bytes == bytes)
}

@Test(arguments: [
  "", "G", "-1", "1.2.3", "4 G", "4X", "lots", "1e3", "NaN", "inf", "9999999999T", "4Gi",
])
func `what is no size is refused`(text: String) {
  #expect(ByteCount(text) == nil)
}

@Test(arguments: [
  (0, "0 bytes"), (1023, "1023 bytes"), (1024, "1 KiB"), (1536, "1.5 KiB"), (10 << 20, "10 MiB"),
  (3 << 30, "3 GiB"), (5 << 39, "2.5 TiB"), (1 << 50, "1024.0 TiB"),
])
func `sizes in bytes are printed in binary units`(bytes: Int, text: String) {
  #expect(ByteCount(bytes).description == text)
}

@Test(arguments: ["L5.H1", "l5.h1", "5.1", "L5.1", "05.01"])
func `a head is read in every spelling`(text: String) {
  #expect(HeadIndex(text) == HeadIndex(layer: 5, head: 1))
}

@Test(arguments: [
  "", "5", "5.", ".1", "5.1.2", "L5H1", "H1.L5", "L-1.H0", "LL5.H1", "L5.H", "5,1", " 5.1",
  "L5.H99999999999999999999", "L٥.H1",
])
func `what is no head is refused`(text: String) {
  #expect(HeadIndex(text) == nil)
}

@Test func `a head is printed as it is read, and layers come first`() {
  let head = HeadIndex(layer: 11, head: 3)
  #expect("\(head)" == "L11.H3")
  #expect(HeadIndex("\(head)") == head)
  let sorted = [HeadIndex(layer: 1, head: 0), HeadIndex(layer: 0, head: 9)].sorted()
  #expect(sorted.map(\.description) == ["L0.H9", "L1.H0"])
}
