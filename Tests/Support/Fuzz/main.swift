// Damages files for some time and gives them to heed's readers.
//
// usage: Fuzz TESTS SCRATCH [SECONDS [SEED [READER… [--keep]]]]
//
// TESTS is the repository's folder of tests, SCRATCH takes the input at work, which stays when a reader
// crashes, hangs for 20 seconds or asks for more than half a gibibyte. With --keep, inputs that are refused in a
// way not seen before go to the corpus. READER… are all unless some are named.
import Foundation
import Fuzzing

let arguments = CommandLine.arguments
guard arguments.count >= 3 else {
  print("usage: Fuzz TESTS SCRATCH [SECONDS [SEED [READER… [--keep]]]]")
  exit(64)
}
let (tests, scratch) = (arguments[1], arguments[2])
let seconds = arguments.count > 3 ? Double(arguments[3]) ?? 60 : 60
let seed = arguments.count > 4 ? UInt64(arguments[4]) ?? 0 : 0
let keeps = arguments.last == "--keep"
let names = arguments.dropFirst(5).filter { $0 != "--keep" }
let readers = FuzzReader.all.filter { names.isEmpty || names.contains($0.name) }
guard !readers.isEmpty else {
  print("expected readers out of \(FuzzReader.all.map(\.name).joined(separator: ", "))")
  exit(64)
}

let pages = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
let mapped = rlim_t(pages.first.flatMap { Int($0) } ?? 0) * rlim_t(sysconf(Int32(_SC_PAGESIZE)))
var limit = rlimit(rlim_cur: mapped + 512 << 20, rlim_max: mapped + 512 << 20)
setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)

var random = FuzzGenerator(seed: seed)
for reader in readers {
  let folder = "\(scratch)/\(reader.name)"
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  let corpus = "\(tests)/FuzzTests/Corpus/\(reader.name)"
  var seeds = try reader.seeds(tests: tests)
  for name in (try? FileManager.default.contentsOfDirectory(atPath: corpus).sorted()) ?? [] {
    seeds.append([UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(corpus)/\(name)"))))
  }
  var (tried, refused) = (0, 0)
  var known: Set<String> = []
  let end = Date().addingTimeInterval(seconds / Double(readers.count))
  print("\(reader.name): the input at work lies in \(folder)")
  while Date() < end {
    let bytes = reader.damaged(seeds.randomElement(using: &random) ?? [], using: &random)
    alarm(20)
    let refusal: String?
    do {
      refusal = try reader.refusal(of: bytes, in: folder)
    } catch {
      print("\(reader.name): \(error); seed \(seed), the input lies in \(folder)")
      exit(1)
    }
    alarm(0)
    tried += 1
    guard let refusal else { continue }
    refused += 1
    let kind = refusal.dropFirst(folder.count).filter { $0.isLetter }.prefix(48)
    if keeps, bytes.count <= 2500, known.count < 6, known.insert(String(kind)).inserted {
      try FileManager.default.createDirectory(atPath: corpus, withIntermediateDirectories: true)
      try Data(bytes).write(to: URL(fileURLWithPath: "\(corpus)/\(seed)-\(known.count)"))
    }
  }
  print("\(reader.name): \(tried) inputs, \(refused) of them refused")
}
