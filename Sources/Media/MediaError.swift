/// Why an image or a sound could not be taken.
public enum MediaError: Error, Hashable, Sendable {
  /// The system refused to read `file`; `reason` in its words.
  case unreadable(file: String, reason: String)
  /// A file that is no image of a kind that heed reads.
  case notAnImage(file: String, found: String)
  /// An image file that breaks its format; `reason` in the library's words.
  case damagedImage(file: String, kind: String, reason: String)
  /// A setting of `preprocessor_config.json` that heed does not follow.
  case setting(file: String, key: String, found: String, expected: String)
  /// A file that is no sound of a kind that heed reads.
  case notASound(file: String, found: String)
  /// A sound of another rate than the model was trained on.
  case sampleRate(file: String, found: Int, expected: Int)
}

extension MediaError: CustomStringConvertible {
  /// One line: the file, what was found, what was expected, what to do.
  public var description: String {
    switch self {
    case .unreadable(let file, let reason):
      "\(file): cannot be read: \(reason); check the file and its permissions"
    case .notAnImage(let file, let found):
      "\(file): found \(found), expected a PNG, JPEG or PPM image; convert it"
    case .damagedImage(let file, let kind, let reason):
      "\(file): found a damaged \(kind) image (\(reason)), expected a whole one; convert it again"
    case .setting(let file, let key, let found, let expected):
      "\(file): \(key) is \(found), expected \(expected); give preprocessed pixels with --pixels"
    case .notASound(let file, let found):
      "\(file): found \(found), expected a WAV file of PCM or float samples; convert it"
    case .sampleRate(let file, let found, let expected):
      "\(file): found \(found) samples a second, expected \(expected); resample it, such as with"
        + " sox \(file) -r \(expected) out.wav"
    }
  }
}
