import Foundation
import Testing

@testable import Analysis
@testable import Models

/// The shape of the program: who may import whom, and what is in which list.
@Suite struct ArchitectureTests {
  /// The targets that Package.swift declares below Sources, and the names each may import.
  private func declared() throws -> [String: Set<String>] {
    let text = try Repository.text("Package.swift")
    var targets: [String: Set<String>] = [:]
    // A declaration begins at `.target(` or `.executableTarget(` and ends where the next one begins.
    let starts = text.ranges(of: /\.(?:executableTarget|target|testTarget)\(/)
    for (index, start) in starts.enumerated() {
      guard !text[start].contains("testTarget") else { continue }
      let end = index + 1 < starts.count ? starts[index + 1].lowerBound : text.endIndex
      let body = text[start.upperBound..<end]
      guard let name = body.firstMatch(of: /name: "(\w+)"/)?.1 else { continue }
      let list = body.firstMatch(of: /dependencies: \[((?:[^\[\]])*)\]/)?.1 ?? ""
      let names = list.matches(of: /"([\w-]+)"/).map { String($0.1) }
      targets[String(name)] = Set(names).subtracting(["swift-argument-parser"])
    }
    return targets
  }

  /// Modules that a target's files import.
  private func imported(by target: String) throws -> Set<String> {
    var modules: Set<String> = []
    for file in Repository.allSwiftFiles(below: "Sources/\(target)") {
      for line in try Repository.text(file).split(separator: "\n") {
        let pattern =
          /^\s*(?:@\w+(?:\(\w+\))? )*(?:public |internal |private |fileprivate |package )?import (?:(?:struct|class|enum|func|protocol|var|let|typealias) )?(\w+)/
        if let match = line.firstMatch(of: pattern) { modules.insert(String(match.1)) }
      }
    }
    return modules
  }

  /// What the toolchain brings along.
  private let system: Set<String> = [
    "Foundation", "Darwin", "Glibc", "Synchronization", "Dispatch",
  ]

  @Test func `every target imports what Package.swift lets it, and nothing else`() throws {
    let targets = try declared()
    let folders = try FileManager.default.contentsOfDirectory(atPath: Repository.path + "/Sources")
    #expect(targets.count > 8)
    for target in folders.sorted()
    where !Repository.allSwiftFiles(below: "Sources/\(target)").isEmpty {
      let allowed = try #require(targets[target], "\(target) is not in Package.swift")
      let found = try imported(by: target).subtracting(system)
      #expect(found.subtracting(allowed).isEmpty, "\(target) imports more than Package.swift says")
      #expect(allowed.subtracting(found).isEmpty, "\(target) does not import all that it may")
    }
  }

  @Test func `imports point down`() throws {
    let order = [
      "heed", "Terminal", "Explorer", "Analysis", "Models", "Media", "Checkpoints", "Tokenizers",
      "Tensors",
    ]
    for (place, target) in order.enumerated() {
      let above = Set(order.prefix(place + 1))
      #expect(try imported(by: target).isDisjoint(with: above), "\(target) imports upwards")
    }
    #expect(try imported(by: "Tokenizers").isDisjoint(with: order), "Tokenizers stands alone")
  }

  @Test(arguments: [
    ("CNcurses", "Terminal"), ("COneDNN", "Tensors"), ("CKernels", "Tensors"),
    ("CPCRE2", "Tokenizers"), ("CImages", "Media"),
  ])
  func `a C library has one user`(library: String, user: String) throws {
    for target in try FileManager.default.contentsOfDirectory(atPath: Repository.path + "/Sources")
    {
      #expect(try imported(by: target).contains(library) == (target == user), "\(target)")
    }
  }

  @Test func `zlib packs what is written and unpacks what is read`() throws {
    for target in try FileManager.default.contentsOfDirectory(atPath: Repository.path + "/Sources")
    {
      let isUser = ["Checkpoints", "Explorer"].contains(target)
      #expect(try imported(by: target).contains("CZlib") == isUser, "\(target)")
    }
  }

  @Test func `every family and every score is in its list, in order`() throws {
    let families = Families.all.map { "\($0)" }
    #expect(families == (try Repository.swiftFiles(in: "Sources/Models/Families")))
    let scores = HeadScores.all.map { "\($0)" }
    #expect(scores == (try Repository.swiftFiles(in: "Sources/Analysis/Scores")))
  }

  @Test func `no two families or scores share a name`() {
    let types = Families.all.flatMap { $0.modelTypes }
    #expect(Set(types).count == types.count)
    #expect(types.allSatisfy { Families.named($0) != nil })
    let names = HeadScores.all.map { $0.name }
    #expect(Set(names).count == names.count)
    #expect(names.allSatisfy { HeadScores.named($0)?.name == $0 })
  }
}
