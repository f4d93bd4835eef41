import Foundation
import Testing

@testable import Tokenizers

@Test func `tokens that split a character have the offsets of their bytes`() throws {
  let tokenizer = try Tokenizer.open(folder: samplesFolder + "/novels")
  let tokens = tokenizer.encode("é日", addSpecial: false).tokens
  #expect(tokens.map(\.start) == [0, 1, 2, 3, 4])
  #expect(tokens.map(\.bytes) == [[0xC3], [0xA9], [0xE6], [0x97], [0xA5]])
}

@Test func `spaces before a word belong to its offsets`() throws {
  let tokenizer = try Tokenizer.open(folder: samplesFolder + "/novels")
  let tokens = tokenizer.encode("to the", addSpecial: false).tokens
  #expect(tokens.map { [$0.start, $0.end] } == [[0, 2], [2, 6]])
}

@Test func `offsets count the bytes of the original where it is no UTF-8`() throws {
  let tokenizer = try Tokenizer.open(folder: samplesFolder + "/novels")
  let tokens = tokenizer.encode([0x61, 0xE2, 0x82, 0x62], addSpecial: false).tokens
  #expect(tokens.first?.end == 1)
  #expect(tokens.last.map { [$0.start, $0.end] } == [3, 4])
  #expect(tokens.dropFirst().first.map { [$0.start, $0.end] } == [1, 3])
}

@Test func `special tokens written in the text are recognised`() throws {
  let tokenizer = try Tokenizer.open(folder: samplesFolder + "/novels")
  let encoding = tokenizer.encode("a<|endoftext|>", addSpecial: false)
  #expect(encoding.tokens.last?.id == 0)
  #expect(encoding.tokens.last?.isSpecial == true)
  #expect(encoding.tokens.last.map { [$0.start, $0.end] } == [1, 14])
  #expect(encoding.added.isEmpty)
}

@Test func `no text gives no tokens but the added ones`() throws {
  let tokenizer = try Tokenizer.open(folder: samplesFolder + "/novels")
  #expect(tokenizer.encode("", addSpecial: false).tokens.isEmpty)
  #expect(tokenizer.encode("").tokens.map(\.id) == [0])
}

@Test(arguments: [
  ("novels", ["bos"]), ("sort", ["eos"]), ("prefixed", ["bos", "eos"]), ("words", ["cls", "sep"]),
  ("added", []),
])
func `what was added is named`(name: String, added: [String]) throws {
  let tokenizer = try Golden.read(name).tokenizer
  #expect(tokenizer.encode("the").added == added)
  #expect(tokenizer.encode("the", addSpecial: false).added.isEmpty)
}

@Test func `ids without a text have running offsets`() throws {
  let tokenizer = try Tokenizer.open(folder: samplesFolder + "/novels")
  let ids = tokenizer.ids(Array(" the store".utf8))
  let tokens = tokenizer.tokens(ids: ids + [999_999])
  #expect(tokens.first.map { [$0.start, $0.end] } == [0, 4])
  #expect(tokens.last == Token(id: 999_999, piece: "", bytes: [], start: 10, end: 10))
  #expect(tokenizer.piece(999_999) == nil)
  #expect(tokenizer.bytes(-1) == nil)
}

@Test func `ids of words stand apart where decoding puts a blank between them`() throws {
  let sort = try Tokenizer.open(folder: samplesFolder + "/sort")
  let ids = sort.ids(Array("41 7 93".utf8))
  #expect(sort.tokens(ids: ids).map { [$0.start, $0.end] } == [[0, 2], [3, 4], [5, 7]])
  let vocabulary = "{\"[UNK]\":0,\"play\":1,\"##ing\":2,\"well\":3,\".\":4}"
  let json =
    "{\"model\":{\"type\":\"WordPiece\",\"unk_token\":\"[UNK]\",\"continuing_subword_prefix\":\"##\","
    + "\"max_input_chars_per_word\":100,\"vocab\":\(vocabulary)},\"decoder\":{\"type\":\"WordPiece\"}}"
  let tokens = try Tokenizer(json: Array(json.utf8)).tokens(ids: [1, 2, 3, 4])
  #expect(tokens.map { [$0.start, $0.end] } == [[0, 4], [4, 7], [8, 12], [12, 13]])
}

@Test func `decoding can leave special tokens out`() throws {
  let tokenizer = try Tokenizer.open(folder: samplesFolder + "/novels")
  let ids = tokenizer.encode("the").tokens.map(\.id)
  #expect(String(decoding: tokenizer.decode(ids), as: UTF8.self) == "<|endoftext|>the")
  #expect(String(decoding: tokenizer.decode(ids, skipSpecial: true), as: UTF8.self) == "the")
}

@Test func `pieces that differ only in their normal form are two`() throws {
  let json =
    "{\"model\":{\"type\":\"WordLevel\",\"vocab\":{\"<unk>\":0,\"\u{E9}\":1,\"e\u{301}\":2}}}"
  let tokenizer = try Tokenizer(json: Array(json.utf8))
  #expect(tokenizer.ids(Array("\u{E9}".utf8)) == [1])
  #expect(tokenizer.ids(Array("e\u{301}".utf8)) == [2])
}

@Test func `escapes in JSON are read`() throws {
  let json =
    #"{"model":{"type":"WordLevel","unk_token":"\u003c","vocab":{"\u003c":0,"\ud83d\ude00":1,"\n\t\"\\\/":2}}}"#
  let tokenizer = try Tokenizer(json: Array(json.utf8))
  #expect(tokenizer.piece(0) == "<")
  #expect(tokenizer.ids(Array("😀".utf8)) == [1])
  #expect(tokenizer.piece(2) == "\n\t\"\\/")
}
