import Tensors
import Tokenizers

extension Prompt {
  /// The prompt of an image: its leading vectors, its registers and its patches as tokens.
  ///
  /// - Parameters:
  ///   - image: Preprocessed, `[channel, height, width]`.
  ///   - colors: How it was made, so that it can be shown; nil where that is not known.
  ///   - plan: A vision model's.
  /// - Throws: `ModelError.notVision`, `.imageShape`.
  public init(
    image: Tensor<Float>, colors: ImageColors? = nil, for plan: ModelPlan
  ) throws(ModelError) {
    guard let patches = plan.embedding.patches else { throw .notVision(family: plan.family) }
    let shape = image.shape
    let expected = [patches.channels, patches.rows * patches.side, patches.columns * patches.side]
    guard shape.count == 3, shape[0] == patches.channels, shape[1] > 0, shape[2] > 0,
      patches.resizes
        ? shape[1] % patches.side == 0 && shape[2] % patches.side == 0 : shape == expected
    else { throw .imageShape(found: shape, expected: expected) }
    let grid = PatchGrid(
      rows: shape[1] / patches.side, columns: shape[2] / patches.side,
      first: patches.leading.count + patches.registerCount)
    let names =
      patches.leading.map(\.name) + (0..<patches.registerCount).map { "R\($0)" }
      + (0..<grid.rows).flatMap { row in (0..<grid.columns).map { "\(row),\($0)" } }
    self.init(
      tokens: names.enumerated().map { index, name in
        Token(
          id: index, piece: name, bytes: Array(name.utf8), start: 0, end: 0,
          isSpecial: index < grid.first)
      })
    media = .image(image, colors: colors)
    self.grid = grid
  }

  /// The prompt of a sound: a token for every stretch of frames, spelled as its second.
  ///
  /// - Parameters:
  ///   - sound: Features, `[band, frame]`.
  ///   - secondsPerFrame: How far one frame is from the next.
  /// - Throws: `ModelError.notAudio`, `.soundShape`.
  public init(
    sound: Tensor<Float>, for plan: ModelPlan, secondsPerFrame: Double = 0.01
  ) throws(ModelError) {
    guard let frames = plan.embedding.frames else { throw .notAudio(family: plan.family) }
    let stride = frames.strides.reduce(1, *)
    let expected = [frames.bands, plan.contextLength * stride]
    guard sound.shape == expected else {
      throw .soundShape(found: sound.shape, expected: expected)
    }
    self.init(
      tokens: (0..<frames.tokens(frames: sound.shape[1])).map { index in
        let hundredths = Int((Double(index * stride) * secondsPerFrame * 100).rounded())
        let name = "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)s"
        return Token(id: index, piece: name, bytes: Array(name.utf8), start: 0, end: 0)
      })
    media = .sound(sound)
  }

  /// A text with an image in the places of its token, which is repeated where it stands once.
  ///
  /// - Parameter seen: The image as its encoder takes it.
  public func inserting(_ seen: Prompt, for plan: InsertionPlan) -> Prompt {
    let count = seen.seq - plan.dropping
    var tokens = self.tokens
    var places = tokens.indices.filter { self.tokens[$0].id == plan.token }
    if places.count == 1, let place = places.first, count > 1 {
      tokens.replaceSubrange(
        place...place, with: Array(repeating: tokens[place], count: count))
      places = Array(place..<place + count)
    }
    var prompt = Prompt(tokens: tokens, added: added, text: text)
    prompt.media = seen.media
    guard let first = places.first, places.count == count else { return prompt }
    if let grid = seen.grid {
      prompt.grid = PatchGrid(
        rows: grid.rows, columns: grid.columns, first: first + grid.first - plan.dropping)
    }
    return (try? prompt.marking([PromptSpan(name: "image", tokens: first..<first + count)]))
      ?? prompt
  }
}
