import Tensors

extension ForwardPass {
  /// What the prompt puts into the residual stream: `[seq, dModel]`.
  mutating func embed() -> Tensor<K.Element> {
    let embedding = plan.embedding
    var residual: Tensor<K.Element>
    switch embedding.source {
    case .tokens(let table, let types): residual = tokens(table, types: types)
    case .patches(let patches): residual = embedded(patches)
    case .frames(let frames): residual = embedded(frames)
    }
    if embedding.scale != 1 { K.scale(residual.mutableMatrix(), by: K.Element(embedding.scale)) }
    if let projection = embedding.projection {
      residual = Linear<K>(projection, &weights).applied(to: residual.matrix)
    }
    if let insertion = plan.insertion { insert(insertion, into: residual.mutableMatrix()) }
    addPositions(to: residual.mutableMatrix())
    if case .patches(let patches) = embedding.source, let registers = patches.registers {
      residual = inserted(registers, after: patches.leading.count, into: residual.matrix)
    }
    if let norm = embedding.norm {
      Norm<K>(norm, width: residual.shape[1], &weights).apply(to: residual.mutableMatrix())
    }
    if let projection = embedding.outerProjection {
      residual = Linear<K>(projection, &weights).applied(to: residual.matrix)
    }
    return residual
  }

  private func tokens(_ table: WeightPlan, types: WeightPlan?) -> Tensor<K.Element> {
    var result = Tensor<K.Element>(
      uninitialized: [prompt.seq, table.shape.last ?? plan.dModel])
    let target = result.mutableMatrix()
    /// Only the rows that the prompt names are widened.
    func row(_ table: WeightPlan, _ id: Int) -> Tensor<K.Element>? {
      weights.weights[table].rows(id..<id + 1).widened(to: K.Element.self)
    }
    for (position, id) in prompt.ids.enumerated() {
      let place = target.rows(position..<position + 1)
      if let embedding = row(table, id) { place.copy(from: embedding.matrix) }
      if let types, let type = row(types, prompt.typeID(at: position)) {
        K.add(type.matrix, to: place)
      }
    }
    return result
  }

  /// Pixels of patches, channel by channel, through the projection, after the leading vectors.
  private mutating func embedded(_ patches: PatchPlan) -> Tensor<K.Element> {
    guard let image = prompt.media?.tensor, let grid = prompt.grid else {
      preconditionFailure("a prompt without an image was refused")
    }
    let side = patches.side
    let (count, width) = (grid.rows * grid.columns, patches.channels * side * side)
    var pixels = Tensor<K.Element>(uninitialized: [count, width])
    let target = pixels.mutableMatrix()
    let source = image.converted(to: K.Element.self).matrix
    let height = image.shape[1]
    for patch in 0..<count {
      let (top, left) = (patch / grid.columns * side, patch % grid.columns * side)
      for channel in 0..<patches.channels {
        for line in 0..<side {
          let start = (channel * side + line) * side
          target.window(rows: patch..<patch + 1, columns: start..<start + side).copy(
            from: source.window(
              rows: channel * height + top + line..<channel * height + top + line + 1,
              columns: left..<left + side))
        }
      }
    }
    let leading = patches.leading.count
    var result = Tensor<K.Element>(uninitialized: [leading + count, plan.dModel])
    let rows = result.mutableMatrix()
    for (row, vector) in patches.leading.enumerated() {
      rows.rows(row..<row + 1).copy(from: weights.tensor(vector.weight).matrix)
    }
    Linear<K>(patches.projection, &weights).apply(
      to: pixels.matrix, into: rows.rows(leading..<leading + count))
    return result
  }

  /// Features of frames through the convolutions.
  private mutating func embedded(_ frames: FramePlan) -> Tensor<K.Element> {
    guard let sound = prompt.media?.tensor else {
      preconditionFailure("a prompt without a sound was refused")
    }
    // Bands by frames.
    var bands = sound.converted(to: K.Element.self).matrix
    var result = Tensor<K.Element>(uninitialized: [0, 0])
    for (convolution, stride) in zip(frames.convolutions, frames.strides) {
      let count = (bands.columns - 1) / stride + 1
      var windows = Tensor<K.Element>(repeating: 0, shape: [count, 3 * bands.rows])
      let target = windows.mutableMatrix()
      for frame in 0..<count {
        for offset in 0..<3 {
          let source = frame * stride + offset - 1
          guard (0..<bands.columns).contains(source) else { continue }
          for band in 0..<bands.rows { target[frame, 3 * band + offset] = bands[band, source] }
        }
      }
      result = Linear<K>(convolution, &weights).applied(to: windows.matrix, activation: .gelu)
      bands = Self.transposed(result.matrix)
    }
    return result
  }

  private static func transposed(_ matrix: Matrix<K.Element>) -> Matrix<K.Element> {
    var result = Tensor<K.Element>(uninitialized: [matrix.columns, matrix.rows])
    let target = result.mutableMatrix()
    for row in 0..<matrix.rows {
      for column in 0..<matrix.columns { target[column, row] = matrix[row, column] }
    }
    return result.matrix
  }

  /// Puts rows between others.
  private mutating func inserted(
    _ plan: WeightPlan, after count: Int, into matrix: Matrix<K.Element>
  ) -> Tensor<K.Element> {
    let added = weights.tensor(plan).matrix
    var result = Tensor<K.Element>(uninitialized: [matrix.rows + added.rows, matrix.columns])
    let target = result.mutableMatrix()
    target.rows(0..<count).copy(from: matrix.rows(0..<count))
    target.rows(count..<count + added.rows).copy(from: added)
    target.rows(count + added.rows..<target.rows).copy(from: matrix.rows(count..<matrix.rows))
    return result
  }

  /// Puts an image's vectors in the places of its token.
  private func insert(_ plan: InsertionPlan, into residual: MutableMatrix<K.Element>) {
    guard let memory else { return }
    let places = prompt.ids.indices.filter { prompt.tokens[$0].id == plan.token }
    for (row, place) in places.enumerated() where row < memory.output.shape[0] {
      residual.rows(place..<place + 1).copy(from: memory.output.matrix.rows(row..<row + 1))
    }
  }

  private mutating func addPositions(to residual: MutableMatrix<K.Element>) {
    switch plan.embedding.positions {
    case nil: return
    case .stored(let table, let first):
      if let patches = plan.embedding.patches, let grid = prompt.grid,
        (grid.rows, grid.columns) != (patches.rows, patches.columns)
      {
        let resized = ResizedPositions<K>(
          weights.tensor(table).matrix, patches: patches, rows: grid.rows, columns: grid.columns)
        return K.add(resized.table.matrix, to: residual)
      }
      // A table of patches may have one more dimension, of size one.
      guard table.usedShape.count == 2, table.view == nil else {
        return K.add(weights.tensor(table).matrix.rows(0..<residual.rows), to: residual)
      }
      if let rows = weights.weights[table].rows(first..<first + residual.rows)
        .widened(to: K.Element.self)
      {
        K.add(rows.matrix, to: residual)
      }
    case .sinusoidal:
      let half = residual.columns / 2
      var table = Tensor<K.Element>(uninitialized: [residual.rows, residual.columns])
      let target = table.mutableMatrix()
      for position in 0..<residual.rows {
        for i in 0..<half {
          let angle =
            Double(position) * Double.exp(-Double.log(10000) * Double(2 * i) / Double(2 * half))
          target[position, i] = K.Element(Double.sin(angle))
          target[position, half + i] = K.Element(Double.cos(angle))
        }
      }
      K.add(table.matrix, to: residual)
    }
  }
}

extension ModelPlan {
  /// How an image enters the text; nil where none does.
  var insertion: InsertionPlan? {
    guard case .inserted(_, let insertion) = encoder else { return nil }
    return insertion
  }
}

/// Learned positions of patches, resized to another grid.
///
/// Bicubic with a = −0.75, pixel centres aligned, edges repeated: `torch.nn.functional.interpolate`.
struct ResizedPositions<K: Kernels> {
  /// Leading vectors' positions as they are, then the grid's, `[leading + rows · columns, dModel]`.
  let table: Tensor<K.Element>

  init(_ stored: Matrix<K.Element>, patches: PatchPlan, rows: Int, columns: Int) {
    let leading = patches.leading.count
    var table = Tensor<K.Element>(
      repeating: 0, shape: [leading + rows * columns, stored.columns])
    let target = table.mutableMatrix()
    target.rows(0..<leading).copy(from: stored.rows(0..<leading))
    let (down, across) = (
      Self.taps(from: patches.rows, to: rows), Self.taps(from: patches.columns, to: columns)
    )
    for (y, vertical) in down.enumerated() {
      for (x, horizontal) in across.enumerated() {
        let place = target.rows(leading + y * columns + x..<leading + y * columns + x + 1)
        for (row, weight) in vertical {
          for (column, share) in horizontal {
            let source = leading + row * patches.columns + column
            K.add(
              stored.rows(source..<source + 1), scale: K.Element(weight * share), to: place)
          }
        }
      }
    }
    self.table = table
  }

  /// For each place the four it is made of, with their weights.
  private static func taps(from input: Int, to output: Int) -> [[(Int, Double)]] {
    let a = -0.75
    func weight(_ distance: Double) -> Double {
      let x = abs(distance)
      return x <= 1
        ? ((a + 2) * x - (a + 3)) * x * x + 1 : ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
    }
    return (0..<output).map { place in
      let center = (Double(place) + 0.5) * Double(input) / Double(output) - 0.5
      let base = center.rounded(.down)
      return (-1...2).map { offset in
        let index = Int(base) + offset
        return (min(input - 1, max(0, index)), weight(center - Double(index)))
      }
    }
  }
}
