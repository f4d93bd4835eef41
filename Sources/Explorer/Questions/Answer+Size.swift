import Analysis
import Models

extension Answer {
  /// Bytes that it takes, the run that its maps are computed from included; rough where that is little.
  var byteCount: Int {
    switch self {
    case .vectors(let vectors): 4 * (vectors.queries.count + vectors.keys.count)
    case .valueNorms(let norms):
      4 * norms.norms.reduce(0) { $0 + $1.reduce(0) { $0 + $1.count } }
    case .outcome(let outcome):
      outcome.patterns.bytesInMemory + 64 * outcome.spelling.count
        + 32 * (outcome.predictions?.best.count ?? 0)
        + outcome.scores.reduce(0) { $0 + $1.byteCount } + (outcome.drift?.byteCount ?? 0)
    case .forecast(let forecast): 4096 + (forecast.contributions?.byteCount ?? 0)
    case .pooledMap(let pooled): 4 * (pooled.maxima.count + pooled.means.count)
    case .table(let table): table.byteCount
    case .scores(let tables): tables.reduce(0) { $0 + $1.byteCount }
    case .pruning(let curve):
      curve.importance.byteCount
        + curve.points.reduce(0) { $0 + 32 * $1.mask.removed.count + 8 * $1.random.count }
    case .next(_, let patterns): patterns.bytesInMemory
    case .other(let other): other.subject.patterns.bytesInMemory + (other.drift?.byteCount ?? 0)
    case .sinks(let report): 128 * (report.positions.count + report.feeders.count)
    case .drift(let drifts): 256 * drifts.count
    case .effect(let effect): 24 * effect.divergences.count
    case .model: 4096
    }
  }
}

extension HeadTable {
  /// Bytes that its values take.
  fileprivate var byteCount: Int { 8 * values.count }
}

extension ScoreTable {
  fileprivate var byteCount: Int { 256 + 8 * table.values.count }
}
