import Models
import Testing

@testable import Analysis

/// Scores over many prompts.
@Suite struct SummaryTests {
  private func table(_ values: [Double]) -> HeadTable {
    HeadTable(layers: 1, heads: values.count, values: values)
  }

  @Test func `moments are those of the list, undefined numbers left out`() {
    var moments = HeadMoments(layers: 1, heads: 3)
    for row in [[1, 4, .nan], [3, 4, .nan], [8, .nan, .nan]] { moments.add(table(row)) }
    #expect(moments.mean.values.prefix(2) == [4, 4] && moments.mean.values[2].isNaN)
    #expect(abs(moments.deviation.values[0] - Statistics.deviation([1, 3, 8])) < 1e-12)
    #expect(moments.deviation.values[1] == 0 && moments.deviation.values[2].isNaN)
    #expect(moments.minimum.values.prefix(2) == [1, 4])
    #expect(moments.maximum.values.prefix(2) == [8, 4])
    #expect(moments.counts == [3, 2, 0])
  }

  @Test func `moments keep their digits far from zero`() {
    var moments = HeadMoments(layers: 1, heads: 1)
    for value in [1e9 + 1, 1e9 + 2, 1e9 + 3] { moments.add(table([value])) }
    #expect(moments.deviation.values == [1])
  }

  @Test func `tags and their combinations have means of their own`() {
    var summary = ScoreSummary(name: "x", layers: 1, heads: 1)
    summary.add(table([1]), tags: ["copy", "names"])
    summary.add(table([3]), tags: ["copy"])
    summary.add(table([5]), tags: [])
    #expect(summary.all.mean.values == [3])
    #expect(summary.tags.keys.sorted() == ["copy", "copy × names", "names"])
    #expect(summary.tags["copy"]?.mean.values == [2])
    #expect(summary.tags["copy × names"]?.mean.values == [1])
  }

  @Test func `ranks are as sure as the intervals are apart`() throws {
    var summary = ScoreSummary(name: "x", layers: 1, heads: 4)
    for noise in [-0.1, 0.1, -0.1, 0.1] {
      summary.add(table([1 + noise, 5 + noise, 1.05 - noise, .nan]), tags: [])
    }
    let ranked = summary.ranked
    #expect(ranked.map(\.head.head) == [1, 2, 0])
    #expect(ranked.map(\.ranks) == [1...1, 2...3, 2...3])
    let half = 1.96 * Statistics.deviation([-0.1, 0.1, -0.1, 0.1]) / 2
    #expect(abs(ranked[0].high - 5 - half) < 1e-12 && abs(5 - ranked[0].low - half) < 1e-12)
  }

  @Test func `one prompt has ranks without doubt`() {
    var summary = ScoreSummary(name: "x", layers: 1, heads: 2)
    summary.add(table([1, 2]), tags: [])
    #expect(summary.ranked.map(\.ranks) == [1...1, 2...2])
  }

  @Test func `quantiles and slopes are NumPy's`() {
    #expect(abs(Statistics.quantile([4, 1, 3, 2], 0.9) - 3.7) < 1e-12)
    #expect(Statistics.quantile([], 0.5).isNaN && Statistics.quantile([7], 0.9) == 7)
    #expect(abs(Statistics.slope([1, 3, 5, 7]) - 2) < 1e-12)
    #expect(Statistics.slope([1]).isNaN)
  }
}
