import Foundation
import Models
import Tensors

/// What this process may use of the machine: memory and cores that are free, in its cgroups and under
/// its limits.
struct MachineLimits {
  /// What stands before `/proc` and `/sys`.
  let root: String
  /// The address space that `ulimit -v` allows, in bytes; nil for no limit.
  let addressSpace: Int?

  /// The limits of this process.
  static var current: MachineLimits {
    var limit = rlimit()
    let isKnown = getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0
    let isLimited = isKnown && limit.rlim_cur < UInt(Int.max)
    return MachineLimits(root: "", addressSpace: isLimited ? Int(limit.rlim_cur) : nil)
  }

  /// Bytes that can be taken before somebody is killed or refused; nil when nothing says.
  ///
  /// The least of what the machine has available, what each cgroup above the process has left (memory
  /// that only caches files counts as left), and what is left of the address space.
  var freeMemory: Int? {
    let left = [machineMemory, addressSpaceLeft] + memoryGroups.map(\.left)
    return left.compactMap { $0 }.min().map { max(0, $0) }
  }

  /// Where what runs keep may go instead of memory: `TMPDIR`, else `/var/tmp`, where that is a disk.
  ///
  /// Nil under a limit of the address space, which counts mapped files as well, and where the folder lies in
  /// memory itself.
  var fileRoom: FileRoom? {
    let folder = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/var/tmp"
    guard addressSpace == nil, let free = KeptFile.space(in: folder) else { return nil }
    return FileRoom(folder: folder, free: free)
  }

  /// Physical cores among the processors that the process may run on, no more than the time that cgroups grant; at least 1.
  var cores: Int {
    let cores = Set(
      processors.map { processor in
        text("/sys/devices/system/cpu/cpu\(processor)/topology/thread_siblings_list")
          ?? "\(processor)"
      })
    // A quota of one and a half processors keeps two threads busy.
    let granted = processorGroups.compactMap(\.granted).map { Int($0.rounded(.up)) }
    return max(1, ([cores.count] + granted).min() ?? 1)
  }

  /// The processors of a list such as `0-3,8`.
  private var processors: [Int] {
    let key = "Cpus_allowed_list:"
    let line = text("/proc/self/status")?.split(separator: "\n").first { $0.hasPrefix(key) }
    return (line?.dropFirst(key.count) ?? "").split(separator: ",").flatMap { part -> [Int] in
      let ends = part.split(separator: "-").compactMap {
        Int($0.trimmingCharacters(in: .whitespaces))
      }
      guard let first = ends.first, let last = ends.last, first <= last else { return [] }
      return Array(first...last)
    }
  }

  private var machineMemory: Int? {
    let line = text("/proc/meminfo")?.split(separator: "\n").first {
      $0.hasPrefix("MemAvailable:")
    }
    return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 << 10 }
  }

  /// Address space that is taken beyond what work is planned with: stacks and arenas of threads, blocks of
  /// memory that are kept for the next use, and their alignment.
  static let reserve = 160 << 20

  private var addressSpaceLeft: Int? {
    guard let addressSpace,
      let pages = text("/proc/self/statm")?.split(separator: " ").first.flatMap({ Int($0) })
    else { return nil }
    return addressSpace - pages * Int(sysconf(Int32(_SC_PAGESIZE))) - Self.reserve
  }

  // MARK: cgroups

  /// A folder of the process's cgroup or of one above it.
  private struct Group {
    let limits: MachineLimits
    let folder: String
    let isFirstVersion: Bool

    /// Bytes that may still be taken.
    var left: Int? {
      let (limit, usage) =
        isFirstVersion
        ? ("memory.limit_in_bytes", "memory.usage_in_bytes") : ("memory.max", "memory.current")
      guard let most = number(limit), let used = number(usage) else { return nil }
      return most - used + (cached ?? 0)
    }

    private var cached: Int? {
      let key = isFirstVersion ? "total_inactive_file " : "inactive_file "
      let line = limits.text("\(folder)/memory.stat")?.split(separator: "\n").first {
        $0.hasPrefix(key)
      }
      return line?.split(separator: " ").last.flatMap { Int($0) }
    }

    /// How many processors' time the group may use.
    var granted: Double? {
      let parts: [Int?]
      if isFirstVersion {
        parts = [number("cpu.cfs_quota_us"), number("cpu.cfs_period_us")]
      } else {
        parts = (limits.text("\(folder)/cpu.max") ?? "").split(separator: " ").map { Int($0) }
      }
      guard parts.count == 2, let quota = parts[0], let period = parts[1], quota > 0, period > 0
      else { return nil }
      return Double(quota) / Double(period)
    }

    private func number(_ file: String) -> Int? {
      limits.text("\(folder)/\(file)").flatMap { Int($0) }
    }
  }

  private var memoryGroups: [Group] { groups("memory") }
  private var processorGroups: [Group] { groups("cpu") }

  /// The process's cgroups that control something, and all above them.
  private func groups(_ controller: String) -> [Group] {
    (text("/proc/self/cgroup") ?? "").split(separator: "\n").flatMap { line -> [Group] in
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { return [] }
      let isSecondVersion = parts[0] == "0" && parts[1].isEmpty
      let controllers = parts[1].split(separator: ",")
      guard isSecondVersion || controllers.contains(where: { $0 == controller }) else { return [] }
      let mount =
        isSecondVersion ? "/sys/fs/cgroup" : "/sys/fs/cgroup/\(controllers.joined(separator: ","))"
      var names = parts[2].split(separator: "/")
      var groups: [Group] = []
      while true {
        let folder = ([mount] + names.map(String.init)).joined(separator: "/")
        groups.append(Group(limits: self, folder: folder, isFirstVersion: !isSecondVersion))
        guard names.popLast() != nil else { return groups }
      }
    }
  }

  private func text(_ path: String) -> String? {
    (try? String(contentsOfFile: root + path, encoding: .utf8))?
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
