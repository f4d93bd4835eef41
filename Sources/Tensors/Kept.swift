/// Numbers that a run keeps: as they were computed or, where products round them anyway, as the bfloat16
/// numbers that products take, in half the memory.
public enum Kept<Element: Scalar>: Sendable {
  /// As they were computed.
  case whole(Tensor<Element>)
  /// Rounded.
  case rounded(Tensor<BFloat16>)

  /// The numbers in the engine's type: the same memory, or a copy where they are rounded.
  public var tensor: Tensor<Element> {
    switch self {
    case .whole(let tensor): tensor
    case .rounded(let tensor):
      tensor.matrix.widened().converted(to: Element.self).reshaped(tensor.shape)
    }
  }

  /// A window on all of them, rows of the last dimension.
  public var matrix: KeptMatrix<Element> {
    switch self {
    case .whole(let tensor): .whole(tensor.matrix)
    case .rounded(let tensor): .rounded(tensor.matrix)
    }
  }

  /// These rows, then others, as these are kept.
  public func joined(with other: Kept) -> Kept {
    guard case .rounded(let mine) = self, case .rounded(let others) = other else {
      return .whole(tensor.matrix.joined(with: other.tensor.matrix))
    }
    return .rounded(mine.matrix.joined(with: others.matrix))
  }

  /// Bytes that they take.
  public var byteCount: Int {
    switch self {
    case .whole(let tensor): tensor.count * MemoryLayout<Element>.stride
    case .rounded(let tensor): tensor.count * MemoryLayout<BFloat16>.stride
    }
  }
}

/// A read-only window of rows and columns on numbers that a run keeps.
public enum KeptMatrix<Element: Scalar>: Sendable {
  /// As they were computed.
  case whole(Matrix<Element>)
  /// Rounded.
  case rounded(Matrix<BFloat16>)

  /// The number of rows.
  public var rows: Int {
    switch self {
    case .whole(let matrix): matrix.rows
    case .rounded(let matrix): matrix.rows
    }
  }

  /// Some of the rows.
  public func rows(_ range: Range<Int>) -> KeptMatrix {
    switch self {
    case .whole(let matrix): .whole(matrix.rows(range))
    case .rounded(let matrix): .rounded(matrix.rows(range))
    }
  }

  /// Some of the columns.
  public func columns(_ range: Range<Int>) -> KeptMatrix {
    switch self {
    case .whole(let matrix): .whole(matrix.columns(range))
    case .rounded(let matrix): .rounded(matrix.columns(range))
    }
  }

  /// The numbers in the engine's type: the same memory, or a copy where they are rounded.
  public var matrix: Matrix<Element> {
    switch self {
    case .whole(let matrix): matrix
    case .rounded(let matrix): matrix.widened().converted(to: Element.self).matrix
    }
  }
}

extension Kernels {
  /// Numbers as runs on these kernels keep them.
  public static func kept(_ tensor: Tensor<Element>) -> Kept<Element> {
    roundsFactors ? .rounded(rounded(tensor.matrix).reshaped(tensor.shape)) : .whole(tensor)
  }

  /// `c = scale · a · bᵀ`.
  public static func multiply(
    _ a: KeptMatrix<Element>, transposing b: KeptMatrix<Element>, scale: Element,
    into c: MutableMatrix<Element>
  ) {
    guard case .rounded(let a) = a, case .rounded(let b) = b else {
      return multiply(
        a.matrix, b.matrix, transposed: true, scale: scale, adding: false, into: c)
    }
    multiply(a, b, transposed: true, adding: false, into: c)
    if scale != 1 { Self.scale(c, by: scale) }
  }

  /// `c = a · b`, or `c += a · b` when `adding`; `a` is rounded where `b` is.
  public static func multiply(
    _ a: Matrix<Element>, _ b: KeptMatrix<Element>, adding: Bool, into c: MutableMatrix<Element>
  ) {
    switch b {
    case .whole(let b):
      multiply(a, b, transposed: false, scale: 1, adding: adding, into: c)
    case .rounded(let b):
      multiply(rounded(a).matrix, b, transposed: false, adding: adding, into: c)
    }
  }
}
