import Foundation
import Testing

@testable import Tokenizers

/// The text of the error for a tokenizer.json; nil when it opens.
private func refusal(_ json: String) -> String? {
  do {
    _ = try Tokenizer(json: Array(json.utf8), file: "t.json")
    return nil
  } catch { return error.description }
}

/// A small valid file with some members replaced.
private func file(
  model: String = #"{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":["a b"]}"#,
  _ rest: String = ""
) -> String {
  #"{"version":"1.0","model":\#(model)\#(rest.isEmpty ? "" : "," + rest)}"#
}

private let instead = "give token ids with --ids"

@Test func `a small file opens`() throws {
  let tokenizer = try Tokenizer(json: Array(file().utf8))
  #expect(tokenizer.encode("abb").tokens.map(\.piece) == ["ab", "b"])
  #expect(tokenizer.encode("abb").added.isEmpty)
}

@Test func `merges are read as texts and as pairs`() throws {
  let pairs = file(model: #"{"vocab":{"a":0," ":1,"a ":2},"merges":[["a"," "]]}"#)
  #expect(try Tokenizer(json: Array(pairs.utf8)).ids(Array("a a".utf8)) == [2, 0])
}

@Test func `a folder without a tokenizer points to ids`() {
  #expect(throws: TokenizerError.noTokenizer(folder: "/nowhere")) {
    try Tokenizer.open(folder: "/nowhere")
  }
  #expect(
    TokenizerError.noTokenizer(folder: "m").description
      == "m: found no tokenizer.json, expected one beside config.json; fetch it, or \(instead), which needs no tokenizer"
  )
}

@Test(arguments: [
  ("", "the end of the file on line 1"), ("{\n\n", "the end of the file on line 3"),
  ("{\"a\":\nx}", "'x' on line 2"), ("{} {}", "'{' on line 1"), ("{\"a\":NaN}", "'N' on line 1"),
  ("{\"a\":\"\\ud800\"}", "half of a surrogate pair on line 1"),
  ("{\"a\":\"\\u12\"}", "an escape without four hexadecimal digits on line 1"),
  (#"{"a":"\x"}"#, "'x' on line 1"), ("{\"a\":\"\n\"}", "a control character in a text on line 1"),
  (String(repeating: "[", count: 1000), "values nested over 200 deep on line 1"),
  ("{\"a\":1,}", "'}' on line 1"), ("{\"a\" 1}", "'1' on line 1"),
  ("{\"a\":1.2.3}", "'1' on line 1"),
])
func `what is no JSON is refused with its line`(json: String, found: String) {
  #expect(refusal(json) == "t.json: found \(found), expected JSON; fetch the file again")
}

@Test(arguments: ["[^a&&[b]]", "[a&&b]", "[a&&[b]c]", "[&&[b]]", "[a&&[b&&[c]]]", "[a&&[b]"])
func `an intersection of classes that is not rewritten is refused`(pattern: String) {
  let split =
    #""pre_tokenizer":{"type":"Split","pattern":{"Regex":"\#(pattern)"},"behavior":"Isolated"}"#
  #expect(
    refusal(file(split))
      == "t.json: found \"\(pattern)\" as pre_tokenizer.pattern.Regex, expected a regular expression; fetch the file again"
  )
}

@Test func `an intersection of classes holds what both hold`() throws {
  let text = Array("ab-12 é&".utf8)
  func matches(_ pattern: String) throws -> String {
    var found: [UInt8] = []
    try #require(Pattern(pattern)).forEachMatch(in: text, 0..<text.count) { found += text[$0] }
    return String(decoding: found, as: UTF8.self)
  }
  #expect(try matches(#"[\w&&[^\d]]+"#) == "abé")
  #expect(try matches(#"[a-z\d&&[b2\]]]"#) == "b2")
  #expect(try matches(#"\[?[a&]\]?"#) == "a&")
}

@Test func `bytes that are no text are refused`() {
  #expect(throws: TokenizerError.invalidJSON(file: "f", line: 1, found: "bytes that are no UTF-8"))
  {
    try Tokenizer(json: [0x22, 0xFF, 0x22], file: "f")
  }
}

@Test(arguments: [
  ("[]", "a list as the whole file, expected an object"),
  ("{}", "nothing as model, expected an object"),
  (file(model: "3"), "3 as model, expected an object"),
  (
    file(model: #"{"type":"BPE"}"#), "nothing as model.vocab, expected an object from pieces to ids"
  ),
  (
    file(model: #"{"vocab":{"a":-1}}"#),
    "-1 as model.vocab.a, expected a whole number from 0 to 16777215"
  ),
  (
    file(model: #"{"vocab":{"a":0.5}}"#),
    "0.5 as model.vocab.a, expected a whole number from 0 to 16777215"
  ),
  (
    file(model: #"{"vocab":{"a":99999999}}"#),
    "99999999 as model.vocab.a, expected a whole number from 0 to 16777215"
  ),
  (
    file(model: #"{"vocab":{"a":0},"merges":["aa"]}"#),
    "\"aa\" as model.merges[0], expected two pieces"
  ),
  (
    file(model: #"{"vocab":{"a":0},"merges":[["a"]]}"#),
    "a list as model.merges[0], expected two pieces"
  ),
  (
    file(model: #"{"vocab":{"a":0},"unk_token":"?"}"#),
    "\"?\" as model.unk_token, expected a piece of model.vocab"
  ),
  (
    file(model: #"{"type":"WordLevel","vocab":{"a":0}}"#),
    "nothing as model.unk_token, expected a piece of model.vocab"
  ),
  (file(#""pre_tokenizer":"ByteLevel""#), "\"ByteLevel\" as pre_tokenizer, expected an object"),
  (file(#""pre_tokenizer":{}"#), "nothing as pre_tokenizer.type, expected a text"),
  (
    file(#""pre_tokenizer":{"type":"ByteLevel","use_regex":1}"#),
    "1 as pre_tokenizer.use_regex, expected true or false"
  ),
  (file(#""added_tokens":{}"#), "an object as added_tokens, expected a list"),
  (
    file(#""added_tokens":[{"content":"x"}]"#),
    "nothing as added_tokens[0].id, expected a whole number from 0 to 16777215"
  ),
  (
    file(#""pre_tokenizer":{"type":"Split","pattern":{"Regex":"(a"},"behavior":"Removed"}"#),
    "\"(a\" as pre_tokenizer.pattern.Regex, expected a regular expression"
  ),
  (
    file(#""pre_tokenizer":{"type":"Split","pattern":{"String":"a"},"behavior":"Torn"}"#),
    "\"Torn\" as pre_tokenizer.behavior, expected Removed, Isolated, Contiguous, MergedWithPrevious or MergedWithNext"
  ),
  (
    file(#""normalizer":{"type":"Precompiled","precompiled_charsmap":"//////8="}"#),
    "8 bytes as normalizer.precompiled_charsmap, expected a trie and its texts in base64"
  ),
  (
    file(model: #"{"type":"Unigram","vocab":[["a",0.0],["b"]]}"#),
    "a list as model.vocab[1], expected a piece and its score"
  ),
  (
    file(model: #"{"type":"Unigram","vocab":[["a",0.0]],"unk_id":1}"#),
    "1 as model.unk_id, expected an id of model.vocab"
  ),
  (
    file(#""post_processor":{"type":"BertProcessing","cls":["a",0],"sep":["b"]}"#),
    "a list as post_processor.sep, expected a piece and its id"
  ),
  (
    file(
      #""post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"[X]"}}]}"#),
    "\"[X]\" as post_processor.single[0].SpecialToken.id, expected one of special_tokens"
  ),
  (
    file(#""post_processor":{"type":"TemplateProcessing","single":[{"Sequence":{"id":"C"}}]}"#),
    "\"C\" as post_processor.single[0].Sequence.id, expected A or B"
  ),
  (
    file(#""post_processor":{"type":"TemplateProcessing","single":[{}]}"#),
    "neither as post_processor.single[0], expected Sequence or SpecialToken"
  ),
  (
    file(
      #""post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"X"}}],"special_tokens":{"X":{"id":"X","ids":[9]}}}"#
    ), "token id 9 as post_processor, expected an id of the vocabulary"
  ),
])
func `a value that does not belong is refused with its place`(json: String, found: String) {
  #expect(refusal(json) == "t.json: found \(found); fetch the file again")
}

@Test(arguments: [
  (
    file(model: #"{"type":"Future"}"#),
    "model of type Future, expected one of BPE, Unigram, WordLevel, WordPiece"
  ),
  (
    file(#""normalizer":{"type":"Future"}"#),
    "normalizer of type Future, expected one of BertNormalizer, ByteLevel, Lowercase, NFC, NFD, NFKC, NFKD, Nmt, Precompiled, Prepend, Replace, Sequence, StripAccents, Strip"
  ),
  (
    file(
      #""pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"UnicodeScripts"}]}"#),
    "pre_tokenizer.pretokenizers[0] of type UnicodeScripts, expected one of BertPreTokenizer, ByteLevel, CharDelimiterSplit, Digits, Metaspace, Punctuation, Sequence, Split, Whitespace, WhitespaceSplit"
  ),
  (
    file(#""post_processor":{"type":"Future"}"#),
    "post_processor of type Future, expected one of BertProcessing, ByteLevel, RobertaProcessing, Sequence, TemplateProcessing"
  ),
  (
    file(#""decoder":{"type":"Future"}"#),
    "decoder of type Future, expected one of BPEDecoder, ByteFallback, ByteLevel, CTC, Fuse, Metaspace, Replace, Sequence, Strip, WordPiece"
  ),
])
func `a stage that is not implemented is refused by name`(json: String, found: String) {
  #expect(refusal(json) == "t.json: found \(found), which is what heed reads so far; \(instead)")
}

@Test(arguments: [
  (file(model: #"{"vocab":{},"dropout":0.1}"#), "model.dropout = 0.1"),
  (file(model: #"{"vocab":{},"new":[]}"#), "model.new = a list"),
  (file(#""future":null"#), "future = null"),
  (
    file(
      #""post_processor":{"type":"Sequence","processors":[{"type":"TemplateProcessing"},{"type":"TemplateProcessing"}]}"#
    ), "post_processor.processors[1] = a second template in a Sequence"
  ),
])
func `an option that is not implemented is refused by name`(json: String, found: String) {
  #expect(
    refusal(json)
      == "t.json: found \(found), which heed does not implement yet, expected its default; \(instead)"
  )
}

@Test(arguments: [(#"["a c"]"#, "a c", 0, "c"), (#"["a b","b a"]"#, "b a", 1, "ba")])
func `a merge of unknown tokens is refused by name`(
  merges: String, merge: String, number: Int, token: String
) {
  let json = file(model: #"{"vocab":{"a":0,"b":1,"ab":2},"merges":\#(merges)}"#)
  #expect(
    refusal(json)
      == "t.json: found no token \"\(token)\" for merge \(number), \"\(merge)\", expected it in model.vocab; fetch the file again"
  )
}
