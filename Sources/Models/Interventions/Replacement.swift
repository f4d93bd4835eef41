import Tensors

/// Places of a run where vectors of another run stand: what activation patching puts in.
///
/// Source: Vig et al. 2020, "Investigating Gender Bias in Language Models Using Causal Mediation Analysis";
/// Meng et al. 2022, "Locating and Editing Factual Associations in GPT".
public struct Replacement: Sendable, Hashable {
  /// Which vectors.
  public let site: Intervention.Site
  /// At which positions; nil for all of them.
  public let positions: [Int]?

  /// Vectors of `site` at some positions, or at all of them when `positions` is nil.
  public init(_ site: Intervention.Site, positions: [Int]? = nil) {
    self.site = site
    self.positions = positions
  }

  /// The replacement by what another run has in the same places.
  ///
  /// - Parameters:
  ///   - other: A run of the same model, of the part that is changed.
  ///   - seq: How many tokens the changed run has there.
  /// - Throws: `ModelError.replacementLengths` when all positions are meant and there are not as many in both;
  ///   `.noSuchPosition` for one that `other` does not have; `.noSuchHead`, `.noSuchLayer`.
  public func intervention<Element: Scalar>(
    from other: Trace<Element>, seq: Int
  ) throws(ModelError) -> Intervention {
    let rows = try rows(of: other)
    if let wrong = positions?.first(where: { !(0..<rows.rows).contains($0) }) {
      throw .noSuchPosition(wrong, seq: rows.rows)
    }
    guard positions != nil || rows.rows == seq else {
      throw .replacementLengths(site: site.description, found: rows.rows, expected: seq)
    }
    let values = positions.map { rows.gathered($0) } ?? rows.copied
    return .replace(site, positions: positions, values: values.converted(to: Double.self))
  }

  private func rows<Element: Scalar>(
    of run: Trace<Element>
  ) throws(ModelError) -> Matrix<Element> {
    switch site {
    case .queries(let head): run.queries(try run.plan.existing(head))
    case .keys(let head): run.keys(try run.plan.existing(head))
    case .values(let head): run.values(try run.plan.existing(head))
    case .weightedValues(let head): run.weightedValues(try run.plan.existing(head))
    case .residual(let layer):
      run.residuals.indices.contains(layer)
        ? run.residuals[layer].matrix : try run.plan.missing(layer)
    }
  }
}

extension ModelPlan {
  /// Reads places such as `L5.H1:z@14;L3:residual@5-7+9`: heads, or layers for the residual stream, what of
  /// them, and at which positions; without positions, at all of them.
  ///
  /// What is `q`, `k`, `v`, `z` or `residual`; the residual stream is the one that enters the layer, or, for
  /// one more than the last layer, the one that leaves it.
  ///
  /// - Throws: `ModelError.replacementUnreadable`; what `heads(named:)` throws.
  public func replacements(_ list: String) throws(ModelError) -> [Replacement] {
    var found: [Replacement] = []
    for part in list.split(separator: ";", omittingEmptySubsequences: false) {
      let ends = part.split(separator: ":", omittingEmptySubsequences: false)
      guard ends.count == 2 else { throw .replacementUnreadable(list) }
      let words = ends[1].split(separator: "@", omittingEmptySubsequences: false)
      var positions: [Int]?
      if words.count == 2 {
        guard let read = Self.positions(words[1]) else { throw .replacementUnreadable(list) }
        positions = read
      }
      guard (1...2).contains(words.count) else { throw .replacementUnreadable(list) }
      let what = words[0].drop { $0 == " " }
      if what == "residual" {
        for layer in try residualLayers(ends[0], list) {
          found.append(Replacement(.residual(layer: layer), positions: positions))
        }
        continue
      }
      for head in try heads(named: ends[0]) {
        let site: Intervention.Site
        switch what {
        case "q": site = .queries(head)
        case "k": site = .keys(head)
        case "v": site = .values(head)
        case "z": site = .weightedValues(head)
        default: throw .replacementUnreadable(list)
        }
        found.append(Replacement(site, positions: positions))
      }
    }
    return found
  }

  /// The layers that `L3,L4` names, the one after the last among them.
  private func residualLayers(
    _ words: Substring, _ list: String
  ) throws(ModelError) -> [Int] {
    var layers: [Int] = []
    for word in words.split(separator: ",", omittingEmptySubsequences: false) {
      let name = word.filter { $0 != " " }
      guard let layer = HeadIndex("\(name).0")?.layer else { throw .replacementUnreadable(list) }
      guard (0...self.layers).contains(layer) else {
        throw .noSuchLayer(layer, layers: self.layers)
      }
      layers.append(layer)
    }
    return layers
  }

  /// Positions such as `5-7+9`, each once; nil for anything else.
  private static func positions(_ text: Substring) -> [Int]? {
    var found: Set<Int> = []
    for part in text.split(separator: "+", omittingEmptySubsequences: false) {
      let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
      guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2,
        first <= last, last - first < 1 << 24
      else { return nil }
      found.formUnion(first...last)
    }
    return found.sorted()
  }

  fileprivate func existing(_ head: HeadIndex) throws(ModelError) -> HeadIndex {
    guard blocks.indices.contains(head.layer), heads(inLayer: head.layer).contains(head) else {
      throw .noSuchHead(head, layers: layers, heads: heads)
    }
    return head
  }

  fileprivate func missing<Element>(_ layer: Int) throws(ModelError) -> Matrix<Element> {
    throw .noSuchLayer(layer, layers: layers)
  }
}

extension Model {
  /// What replacements do to receivers alone: path patching.
  ///
  /// A first run has the replacements, every other head's weighted values as in `base`, and MLPs as they then
  /// become; what the receivers read in it are the interventions of the run that is asked about, in which nothing
  /// else is changed.
  ///
  /// - Parameters:
  ///   - changes: Of the sending places.
  ///   - receivers: Queries, keys or values of later heads, or a later residual stream.
  ///   - stream: The part of the model that both lie in.
  ///   - base: A run of all parts without interventions.
  /// - Throws: What running throws.
  ///
  /// Source: Wang et al. 2022, "Interpretability in the Wild", appendix B; MLPs are recomputed as in their
  /// code.
  public func paths<Element: Scalar>(
    from changes: [Intervention], to receivers: [Replacement], in stream: StreamName = .decoder,
    base: Trace<Element>, onProgress: (Progress) throws -> Void = { _ in }
  ) throws -> [Intervention] {
    let own = try self.stream(stream, of: base)
    let senders = Set(changes.compactMap(\.head))
    let frozen = own.plan.allHeads.filter { !senders.contains($0) }.map {
      Intervention.resample($0, from: own)
    }
    let sent = try run(
      base.wholePrompt, as: Element.self, interventions: frozen + changes, in: stream,
      reusing: base, onProgress: onProgress)
    let read = try self.stream(stream, of: sent)
    return try receivers.map {
      try $0.intervention(from: read, seq: $0.site.isOfKeys ? own.keyCount : own.seq)
    }
  }
}
