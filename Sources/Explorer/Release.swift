/// What heed calls itself in files that it writes.
public enum Release {
  /// The version, as `heed --version` prints it.
  public static let version = "0.1.0"
}
