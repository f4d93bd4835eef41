import Testing

@testable import Media

@Suite struct SoundTests {
  @Test func `log-mel features agree with Whisper's extractor`() throws {
    let settings = try LogMel.open(folder: Fixture.folder.path)
    #expect(settings == LogMel(seconds: 1))
    let path = Fixture.path("sweep.wav")
    let features = try settings.features(of: WAVFile(path: path), file: path)
    // Both go through float32; near silence a logarithm magnifies its rounding.
    #expect(features.maxDifference(to: try Fixture.expected("sweep")) < 1e-4)
  }

  @Test func `a sound of another rate is refused with the way out`() throws {
    let sound = try WAVFile(path: Fixture.path("sweep.wav"))
    let error = #expect(throws: MediaError.self) {
      try LogMel(rate: 8000).features(of: sound, file: "a.wav")
    }
    #expect(
      "\(try #require(error))"
        == "a.wav: found 16000 samples a second, expected 8000; resample it, such as with"
        + " sox a.wav -r 8000 out.wav")
  }

  @Test func `no sound is made of something else`() throws {
    let whole = try Fixture.bytes("sweep.wav")
    for bytes in [
      [], Array(whole[..<30]), Array("RIFF....WAVE".utf8), try Fixture.bytes("color.png"),
    ] {
      #expect(throws: MediaError.self) { try WAVFile(bytes, file: "a.wav") }
    }
  }

  @Test func `samples of every width mean the same`() throws {
    func file(code: UInt8, bits: UInt8, _ samples: [UInt8]) -> [UInt8] {
      let head: [UInt8] = [
        code, 0, 1, 0, 0x80, 0x3E, 0, 0, 0, 0, 0, 0, 0, 0, bits, 0,
      ]
      return Array("RIFF".utf8) + [0, 0, 0, 0] + Array("WAVEfmt ".utf8) + [16, 0, 0, 0] + head
        + Array("data".utf8) + [UInt8(samples.count), 0, 0, 0] + samples
    }
    let halves: [(UInt8, UInt8, [UInt8])] = [
      (1, 8, [192]), (1, 16, [0, 0x40]), (1, 24, [0, 0, 0x40]), (1, 32, [0, 0, 0, 0x40]),
      (3, 32, [0, 0, 0, 0x3F]),
    ]
    for (code, bits, bytes) in halves {
      #expect(try WAVFile(file(code: code, bits: bits, bytes), file: "x").samples == [0.5])
    }
    #expect(throws: MediaError.self) { try WAVFile(file(code: 2, bits: 4, [0]), file: "x") }
  }
}
