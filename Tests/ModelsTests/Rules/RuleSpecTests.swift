import Foundation
import Testing

@testable import Models

/// Names and parameters as people type them.
@Suite struct RuleSpecTests {
  @Test func `every rule file is in the registry, in order`() throws {
    let folder = Reference.folder.deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Sources/Models/Rules")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0.hasSuffix("Rule.swift") }.map { String($0.dropLast(".swift".count)) }
    // Not rules themselves: the protocol, and what rules are made into.
    let rules = Set(files).subtracting(["AttentionRule", "AppliedRule", "HeadRule"])
    let listed = AttentionRules.all.map { "\($0)" }
    #expect(Set(listed) == rules)
    #expect(listed == listed.sorted { $0.lowercased() < $1.lowercased() })
    #expect(Set(AttentionRules.all.map { $0.card.name }).count == listed.count)
  }

  @Test func `a rule's defaults are spelled out`() throws {
    #expect(try RuleSpec("streaming").description == "streaming:sink=4,recent=512,positions=true")
    #expect(try RuleSpec("flow").description == "flow")
    #expect(
      try RuleSpec(parsing: "clipped:gamma=-0.5").description == "clipped:gamma=-0.5,eta=1")
  }

  @Test func `what is spelled out reads back as the same`() throws {
    for type in AttentionRules.all {
      let spec = try RuleSpec(type.card.name)
      #expect(try RuleSpec(parsing: spec.description) == spec)
      for parameter in type.card.parameters {
        #expect(!parameter.help.isEmpty && parameter.spelled(parameter.standard) != nil)
        let turned = spec.turning(parameter.name, by: 1)
        #expect(try RuleSpec(parsing: turned.description) == turned)
        #expect(turned.turning(parameter.name, by: -1).name == spec.name)
      }
    }
  }

  @Test func `a parameter turns by steps and stays in its range`() throws {
    let spec = try RuleSpec(parsing: "streaming:recent=8,sink=0")
    #expect(
      spec.turning("recent", by: 2).description == "streaming:sink=0,recent=12,positions=true")
    #expect(spec.turning("sink", by: -3) == spec)
    #expect(spec.turning("positions", by: 1).description.hasSuffix("positions=cache"))
    #expect(spec.turning("nothing", by: 1) == spec)
    #expect(try RuleSpec("act").turning("beta", by: 1).description.contains("beta=0.44"))
  }

  @Test func `what is no rule, parameter or value is named with what would do`() throws {
    #expect(throws: RuleError.self) { try RuleSpec(parsing: "stream") }
    #expect(throws: RuleError.self) { try RuleSpec(parsing: "") }
    for (text, message) in [
      (
        "streaming:recent=0",
        "--rule streaming: recent is \"0\", expected a whole number of at least 1"
      ),
      (
        "streaming:window=3",
        "--rule streaming: no parameter window, expected one of sink, recent, positions"
      ),
      (
        "streaming:recent",
        "--rule streaming: \"recent\" is no key=value, expected for example sink=…; the parameters are"
          + " sink, recent, positions"
      ),
      (
        "window:",
        "--rule window: found no key=value after the colon or a comma, expected for example size=…; the"
          + " parameters are size, dilation"
      ),
      (
        "window:size=3,",
        "--rule window: found no key=value after the colon or a comma, expected for example size=…; the"
          + " parameters are size, dilation"
      ),
      (
        "flow:",
        "--rule flow: found no key=value after the colon or a comma; the rule has no parameters"
      ),
      (
        "act:beta=2", "--rule act: beta is \"2\", expected a number from 0 to 1"
      ),
      (
        "combiner:form=log",
        "--rule combiner: form is \"log\", expected one of fixed, logsparse"
      ),
      ("flow:x=1", "--rule flow: no parameter x; the rule has none"),
      (
        "pointer",
        "--rule pointer: needs learned scoring vectors and LSTM states, which this checkpoint does not"
          + " have, so there is nothing to apply; heed rules lists what can be"
      ),
    ] {
      do {
        _ = try RuleSpec(parsing: text)
        Issue.record("\(text) was taken")
      } catch {
        #expect(error.description == message)
      }
    }
    #expect(
      throws: RuleError.badValue(
        rule: "no-sink", parameter: "positions", found: "a",
        expected: "whole numbers of at least 0 with + between them, such as 0+3")
    ) { try RuleSpec(parsing: "no-sink:positions=a").rule() }
    #expect(
      throws: RuleError.fileNeeded(
        rule: "lofit", parameter: "file", holds: "learned scales and offsets")
    ) { try RuleSpec("lofit").rule() }
  }

  @Test func `a plan says which heads have which rule`() throws {
    let plan = try Reference("llama-full").model.plan
    let spec = try RuleSpec(parsing: "window:size=2")
    #expect(RulePlan(spec, in: plan.allHeads).text(plan) == "window:size=2,dilation=1 in all heads")
    var some = RulePlan(spec, in: plan.heads(inLayer: 1))
    some[HeadIndex(layer: 0, head: 1)] = try RuleSpec("flow")
    #expect(some.text(plan) == "flow in L0.H1; window:size=2,dilation=1 in L1")
  }
}
