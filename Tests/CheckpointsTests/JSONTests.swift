import Foundation
import Testing

@testable import Checkpoints

private func read(_ text: String) throws -> JSON {
  try JSONDecoder().decode(JSON.self, from: Data(text.utf8))
}

/// The text of the error for a file, without its path.
private func refusal(_ text: String) throws -> String? {
  let folder = try TemporaryFolder()
  let file = try folder.write("config.json", text)
  do {
    _ = try JSON.read(file)
    return nil
  } catch {
    #expect(error.description.hasPrefix(file + ": "))
    return String(error.description.dropFirst(file.count + 2))
  }
}

@Test func `every kind of value is read as what it is`() throws {
  let value = try read(
    #"{"n":null,"t":true,"f":false,"i":1,"z":0,"d":1e-05,"s":"1","a":[1,"x",[]],"o":{}}"#)
  #expect(value["n"] == .null)
  #expect(value["n"]?.isNull == true)
  #expect(value["t"] == .bool(true))
  #expect(value["f"] == .bool(false))
  #expect(value["i"] == .int(1))
  #expect(value["z"] == .int(0))
  #expect(value["d"] == .double(1e-05))
  #expect(value["s"] == .string("1"))
  #expect(value["a"] == .array([.int(1), .string("x"), .array([])]))
  #expect(value["o"] == .object([:]))
  #expect(value["missing"] == nil)
}

@Test func `numbers are given as asked and nothing else is`() throws {
  let value = try read(#"[8, 8.0, 8.5, "8", true, 10000000000000000000]"#)
  #expect(value.array?.map(\.int) == [8, 8, nil, nil, nil, nil])
  #expect(value.array?.map(\.double) == [8, 8, 8.5, nil, nil, 1e19])
  #expect(value[3]?.string == "8")
  #expect(value[4]?.bool == true)
  #expect(value[0]?.bool == nil)
  #expect(value[6] == nil)
}

@Test func `an empty file is told`() throws {
  #expect(
    try refusal("") == "found an empty file, expected JSON; repair the file or fetch it again")
}

@Test func `numbers that only Python writes are told with their line`() throws {
  #expect(
    try refusal("{\n \"NaN\": 1,\n \"eps\": NaN}")
      == "found NaN on line 3, which is no JSON number, expected JSON; repair the file or fetch it again"
  )
  #expect(
    try refusal("{\"a\": -Infinity}")
      == "found Infinity on line 1, which is no JSON number, expected JSON; repair the file or fetch it again"
  )
}

@Test func `broken JSON is told with its line`() throws {
  for text in ["{\n\"a\": 1,\n\"b\" 2\n}", "{\n\"a\": 1,\n\"b\": x\n}"] {
    #expect(
      try refusal(text)
        == "found invalid value on line 3, expected JSON; repair the file or fetch it again")
  }
}

@Test func `JSON that is cut short is told`() throws {
  #expect(
    try refusal("{\"a\": 1")
      == "found unexpected end of file during JSON parse, expected JSON; repair the file or fetch it again"
  )
}
