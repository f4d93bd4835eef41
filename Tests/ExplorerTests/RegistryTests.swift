import Explorer
import Foundation
import Testing

/// Names of the Swift files of a folder, without ending.
private func files(_ folder: String) throws -> [String] {
  try FileManager.default.contentsOfDirectory(atPath: "\(sourceFolder)/\(folder)")
    .filter { $0.hasSuffix(".swift") }.map { String($0.dropLast(6)) }.sorted()
}

@Test func `every file in Views is in the list of views`() throws {
  let listed = ExplorerViews.all.map { "\($0)" }
  for file in try files("Views") {
    #expect(listed.contains(file), "\(file) is not in ExplorerViews.all")
  }
  #expect(listed == listed.sorted())
}

@Test func `every file in Export is in the list of exports`() throws {
  let pictures = CanvasExports.all.map { "\($0)" }
  let tensors = TensorExports.all.map { "\($0)" }
  for file in try files("Export") {
    #expect(
      pictures.contains(file) || tensors.contains(file),
      "\(file) is neither in CanvasExports.all nor in TensorExports.all")
  }
  #expect(pictures == pictures.sorted())
  #expect(tensors == tensors.sorted())
}

@Test func `no two views or exports share a name`() {
  let views = ExplorerViews.all.map { $0.name }
  #expect(Set(views).count == views.count)
  let exports = CanvasExports.all.map { $0.name }
  #expect(Set(exports).count == exports.count)
}
