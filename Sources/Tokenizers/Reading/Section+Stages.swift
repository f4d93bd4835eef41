extension Section {
  /// The normalizer that this section describes.
  func normalizer() throws(TokenizerError) -> any Normalizer {
    let type = try string("type")
    guard let found = Normalizers.all.first(where: { $0.type == type }) else {
      throw unsupported(type, known: Normalizers.all.map { $0.type })
    }
    return try found.init(self)
  }

  /// The model that this section describes.
  func model() throws(TokenizerError) -> any TokenModel {
    // Files of before 2020 name no type; they are BPE.
    let type = try optionalString("type") ?? BPE.type
    guard let found = TokenModels.all.first(where: { $0.type == type }) else {
      throw unsupported(type, known: TokenModels.all.map { $0.type })
    }
    return try found.init(self)
  }

  /// The decoder that this section describes.
  func decoder() throws(TokenizerError) -> any TokenDecoder {
    let type = try string("type")
    guard let found = TokenDecoders.all.first(where: { $0.type == type }) else {
      throw unsupported(type, known: TokenDecoders.all.map { $0.type })
    }
    return try found.init(self)
  }

  /// The pre-tokenizer that this section describes.
  func preTokenizer() throws(TokenizerError) -> any PreTokenizer {
    let type = try string("type")
    guard let found = PreTokenizers.all.first(where: { $0.type == type }) else {
      throw unsupported(type, known: PreTokenizers.all.map { $0.type })
    }
    return try found.init(self)
  }

  /// The post-processor that this section describes.
  func postProcessor() throws(TokenizerError) -> any PostProcessor {
    let type = try string("type")
    guard let found = PostProcessors.all.first(where: { $0.type == type }) else {
      throw unsupported(type, known: PostProcessors.all.map { $0.type })
    }
    return try found.init(self)
  }

  private func unsupported(_ type: String, known: [String]) -> TokenizerError {
    .unsupportedStage(file: file, place: place, type: type, known: known)
  }
}
