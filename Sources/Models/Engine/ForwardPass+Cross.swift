import Tensors

extension ForwardPass {
  /// Adds one block's attention, its cross attention and its MLP to the residual stream.
  ///
  /// - Returns: The residual stream that cross attention read, and what it made of it.
  mutating func transform(
    _ layer: Int, _ block: BlockPlan, _ cross: CrossPlan, reading memory: Memory<K.Element>,
    _ weightedValues: Matrix<K.Element>, _ residual: inout Tensor<K.Element>
  ) -> (residual: Tensor<K.Element>, trace: LayerTrace<K.Element>) {
    let scale = block.residualScale
    add(
      block.attention.output, block.attentionNorms, scale, weightedValues, residual.mutableMatrix())
    let before = residual
    let trace = attend(layer, cross, before.matrix, reading: memory.output.matrix)
    let target = residual.mutableMatrix()
    add(cross.attention.output, cross.norms, scale, trace.weightedValues.matrix, target)
    let norm = block.mlpNorms.input.map { Norm<K>($0, width: plan.dModel, &weights) }
    let addition = Addition<K>(block.mlpNorms, scale: scale, width: plan.dModel, &weights)
    guard let mlp = MLP<K>(block.mlp, &weights) else { return (before, trace) }
    Slices.forEach(target.rows) { rows in
      let part = target.rows(rows)
      let read = norm?.applied(to: part.matrix) ?? part.matrix.copied
      addition.add(to: part) { mlp.apply(to: read.matrix, adding: $1, into: $0) }
    }
    return (before, trace)
  }

  /// What one block's cross attention reads and writes, before its output projection.
  private mutating func attend(
    _ layer: Int, _ cross: CrossPlan, _ residual: Matrix<K.Element>,
    reading memory: Matrix<K.Element>
  ) -> LayerTrace<K.Element> {
    let plan = cross.attention
    let norm = cross.norms.input.map { Norm<K>($0, width: self.plan.dModel, &weights) }
    let projections = Projections<K>(plan, nil, &weights)
    var queries = Tensor<K.Element>(uninitialized: [residual.rows, plan.heads * plan.dHead])
    var keys = Tensor<K.Element>(uninitialized: [memory.rows, plan.kvHeads * plan.dHead])
    var values = Tensor<K.Element>(uninitialized: [memory.rows, plan.kvHeads * plan.dValue])
    let (q, k, v) = (queries.mutableMatrix(), keys.mutableMatrix(), values.mutableMatrix())
    Slices.forEach(residual.rows) { rows in
      let x = residual.rows(rows)
      let read = norm?.applied(to: x)
      projections.apply(to: read?.matrix ?? x, rows: rows, queries: q.rows(rows))
    }
    Slices.forEach(memory.rows) { rows in
      projections.apply(
        to: memory.rows(rows), rows: rows, keys: k.rows(rows), values: v.rows(rows))
    }
    // Variants differ in weighted values alone.
    if crossEdits.count == 1 { crossEdits[0].inputs(layer, plan, queries: q, keys: k, values: v) }
    let extras = extras(plan)
    let kept = (queries: K.kept(queries), keys: K.kept(keys), values: K.kept(values))
    let heads = (0..<plan.heads).map { head in
      HeadAttention(
        plan, HeadIndex(layer: layer, head: head), queries: kept.queries.matrix,
        keys: kept.keys.matrix, values: kept.values.matrix, extras: extras)
    }
    var weightedValues = Tensor<K.Element>(
      uninitialized: [residual.rows, plan.heads * plan.dValue])
    let view = RuleLayer<K>(
      heads: heads, layer: layer, layers: self.plan.layers, residual: residual,
      spans: prompt.spans, grid: nil)
    let sums = AttentionOutput<K>.fill(
      weightedValues.mutableMatrix(), heads: heads, seq: residual.rows,
      ruled: crossEdits.count == 1 ? crossEdits[0].ruled(view) : [:])
    let z = weightedValues.mutableMatrix()
    for (index, edits) in crossEdits.enumerated() {
      let rows = index * prompt.seq..<(index + 1) * prompt.seq
      edits.weightedValues(layer, plan, z.rows(rows), K.self)
    }
    return LayerTrace(
      queries: kept.queries, keys: kept.keys, values: kept.values,
      weightedValues: K.kept(weightedValues), extras: extras, sums: sums)
  }

  /// Adds what an attention's output projection makes of its weighted values.
  private mutating func add(
    _ output: LinearPlan, _ norms: NormPlacement, _ scale: Double,
    _ weightedValues: Matrix<K.Element>, _ residual: MutableMatrix<K.Element>
  ) {
    let output = Linear<K>(output, &weights)
    let addition = Addition<K>(norms, scale: scale, width: plan.dModel, &weights)
    Slices.forEach(residual.rows) { rows in
      addition.add(to: residual.rows(rows)) {
        output.apply(to: weightedValues.rows(rows), adding: $1, into: $0)
      }
    }
  }
}
