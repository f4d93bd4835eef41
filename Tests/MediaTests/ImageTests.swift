import Checkpoints
import Foundation
import Testing

@testable import Media

@Suite struct ImageTests {
  @Test(arguments: ["color.png", "color.ppm"])
  func `a picture is the same in every exact format`(name: String) throws {
    let image = try ImageFile.read(Fixture.path(name))
    #expect((image.width, image.height, image.channels) == (37, 23, 3))
    #expect(image == (try ImageFile.read(Fixture.path("color.png"))))
  }

  @Test(arguments: ["alpha.png", "palette.png", "grey.png", "bits.png", "color.jpg", "grey.jpg"])
  func `pixels are those of Pillow`(name: String) throws {
    let image = try ImageFile.read(Fixture.path(name)).converted(channels: 3)
    #expect(image.pixels == (try Fixture.expectedBytes(name)))
  }

  @Test func `grey is made from colours as Pillow does`() throws {
    let image = try ImageFile.read(Fixture.path("color.png")).converted(channels: 1)
    #expect(image.pixels == (try Fixture.expectedBytes("color.png.grey")))
  }

  @Test(arguments: [
    ("color.gif", "a GIF image"), ("color.bmp", "a BMP image"), ("sweep.wav", "something else"),
  ])
  func `a file of another kind is refused by its kind`(name: String, found: String) throws {
    let path = Fixture.path(name)
    let error = #expect(throws: MediaError.self) { try ImageFile.read(path) }
    #expect(
      "\(try #require(error))"
        == "\(path): found \(found), expected a PNG, JPEG or PPM image; convert it")
  }

  @Test func `a missing picture is named`() {
    #expect(throws: MediaError.unreadable(file: "/no/such.png", reason: "no such file")) {
      try ImageFile.read("/no/such.png")
    }
  }

  @Test(arguments: ["color.png", "color.jpg", "color.ppm", "grey.pgm"])
  func `a picture cut anywhere is refused`(name: String) throws {
    let whole = try Fixture.bytes(name)
    for count in stride(from: 1, to: whole.count - 12, by: max(1, whole.count / 40)) {
      #expect(throws: MediaError.self, "\(count) bytes") {
        try ImageFile.decode(Array(whole[..<count]), file: name)
      }
    }
  }

  @Test func `a picture that claims more pixels than its bytes can hold is refused`() throws {
    var bytes = try Fixture.bytes("grey.pgm")
    bytes.replaceSubrange(0..<9, with: Array("P5 60000 6".utf8))
    #expect(throws: MediaError.self) { try ImageFile.decode(bytes, file: "x") }
  }

  @Test(arguments: [
    "vit", "vit-larger", "deit", "clip", "clip-padded", "siglip", "lanczos", "box", "nearest",
    "hamming",
  ])
  func `a processor agrees with Hugging Face's`(name: String) throws {
    let file = Fixture.path("\(name).json")
    let processor = try ImageProcessor(JSON.read(file), file: file)
    let image = try ImageFile.read(Fixture.path("color.png"))
    let expected = try Fixture.expected(name)
    // One step of 255, in the processor's unit: the smallest deviation there is 0.26.
    let step = Float(processor.rescaling / (processor.deviation.min() ?? 1))
    let difference = processor.pixels(of: image, channels: 3).maxDifference(to: expected)
    #expect(difference < 0.1 * step)
  }

  @Test func `settings that are not followed are refused by name`() {
    #expect(
      throws: MediaError.setting(
        file: "p.json", key: "do_pad", found: "true", expected: "false")
    ) { try ImageProcessor(["do_pad": true], file: "p.json") }
    #expect(throws: MediaError.self) { try ImageProcessor(["resample": 9], file: "p.json") }
    #expect(throws: MediaError.self) {
      try ImageProcessor(["size": ["longest_edge": 5]], file: "p.json")
    }
    #expect(throws: MediaError.self) {
      try ImageProcessor(["image_mean": .array([0, 0])], file: "p.json")
    }
  }
}
