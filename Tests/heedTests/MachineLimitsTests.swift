import Foundation
import Testing

@testable import heed

/// Limits as a folder of files says, and the real program under real ones.
@Suite struct MachineLimitsTests {
  /// A folder that stands for the root of a machine; gone with the value.
  final class Machine {
    let root = FileManager.default.temporaryDirectory.appendingPathComponent(
      "limits-\(UUID().uuidString)")

    init(_ files: [String: String]) throws {
      for (path, text) in files {
        let file = root.appendingPathComponent(path)
        try FileManager.default.createDirectory(
          at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data((text + "\n").utf8).write(to: file)
      }
    }

    deinit { try? FileManager.default.removeItem(at: root) }

    func limits(addressSpace: Int? = nil) -> MachineLimits {
      MachineLimits(root: root.path, addressSpace: addressSpace)
    }
  }

  private let meminfo = "MemTotal: 8388608 kB\nMemAvailable: 4194304 kB"

  @Test func `a machine without cgroups has what it calls available`() throws {
    let machine = try Machine(["proc/meminfo": meminfo])
    #expect(machine.limits().freeMemory == 4 << 30)
    let bare = try Machine([:])
    withExtendedLifetime(bare) { #expect(bare.limits().freeMemory == nil) }
  }

  @Test func `the tightest cgroup above the process counts, its caches as free`() throws {
    let machine = try Machine([
      "proc/meminfo": meminfo,
      "proc/self/cgroup": "0::/batch/job",
      "sys/fs/cgroup/batch/job/memory.max": "max",
      "sys/fs/cgroup/batch/job/memory.current": "100",
      "sys/fs/cgroup/batch/memory.max": "1073741824",
      "sys/fs/cgroup/batch/memory.current": "805306368",
      "sys/fs/cgroup/batch/memory.stat": "anon 5\ninactive_file 268435456\nactive_file 7",
    ])
    #expect(machine.limits().freeMemory == 512 << 20)
  }

  @Test func `cgroups of the first version are read, from folders above when the own is hidden`()
    throws
  {
    let machine = try Machine([
      "proc/meminfo": meminfo,
      "proc/self/status": "Name: x\nCpus_allowed_list:\t0-3",
      "proc/self/cgroup": "5:cpu,cpuacct:/box\n4:memory:/box/1\n0::/",
      "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712",
      "sys/fs/cgroup/memory/memory.usage_in_bytes": "1048576",
      "sys/fs/cgroup/memory/box/memory.limit_in_bytes": "3221225472",
      "sys/fs/cgroup/memory/box/memory.usage_in_bytes": "1073741824",
      "sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_quota_us": "150000",
      "sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_period_us": "100000",
    ])
    #expect(machine.limits().freeMemory == 2 << 30)
    #expect(machine.limits().cores == 2)
  }

  @Test func `an address space that is used up leaves nothing`() throws {
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let machine = try Machine(["proc/meminfo": meminfo, "proc/self/statm": "1000 10 5"])
    #expect(
      machine.limits(addressSpace: 1500 * page + MachineLimits.reserve).freeMemory == 500 * page)
    #expect(machine.limits(addressSpace: 500 * page).freeMemory == 0)
  }

  @Test func `threads are physical cores, no more than the quota`() throws {
    let siblings = Dictionary(
      uniqueKeysWithValues: (0..<8).map {
        ("sys/devices/system/cpu/cpu\($0)/topology/thread_siblings_list", "\($0 % 4),\($0 % 4 + 4)")
      })
    func cores(_ allowed: String, _ more: [String: String] = [:]) throws -> Int {
      var files = siblings.merging(more) { $1 }
      files["proc/self/status"] = "Threads: 1\nCpus_allowed_list:\t\(allowed)"
      let machine = try Machine(files)
      return withExtendedLifetime(machine) { machine.limits().cores }
    }
    #expect(try cores("0-7") == 4)
    #expect(try cores("0,4") == 1)
    #expect(try cores("1-2,5") == 2)
    #expect(try cores("") == 1)
    let group = ["proc/self/cgroup": "0::/slice"]
    let file = "sys/fs/cgroup/slice/cpu.max"
    #expect(try cores("0-7", group.merging([file: "200000 100000"]) { $1 }) == 2)
    #expect(try cores("0-7", group.merging([file: "max 100000"]) { $1 }) == 4)
  }

  @Test func `under a limited address space a run is refused before it is killed`() throws {
    let ids = Array(repeating: "5", count: 256).joined(separator: ",")
    let words = "predict sample:novels --ids \(ids)"
    var refusals = 0
    // Below, a debug build's own code and libraries leave too little to say anything.
    for limit in stride(from: 200_000, through: 450_000, by: 50_000) {
      let result = try Shell.script("ulimit -v \(limit) && exec \"$heed\" \(words)")
      guard result.status != 0 else { continue }
      refusals += 1
      #expect(result.status == 1, "\(limit): \(result.errors)")
      #expect(result.errors.contains("the budget is"), "\(limit): \(result.errors)")
      #expect(result.errors.contains("raise --memory"), "\(limit): \(result.errors)")
      // It counts mapped files too.
      #expect(!result.errors.contains("TMPDIR"), "\(limit): \(result.errors)")
    }
    // Too little for anything at the one end, enough at the other.
    #expect((1...6).contains(refusals))
  }
}
