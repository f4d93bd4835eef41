// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "heed",
  products: [
    .executable(name: "heed", targets: ["heed"])
  ],
  dependencies: [
    // Pinned: a test reads the experimental machine-readable help of exactly this version.
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/LebJe/TOMLKit", exact: "0.6.0"),
  ],
  targets: [
    // Imports point down only: Tests/heedTests/ArchitectureTests.swift compares the code with this list.
    .executableTarget(
      name: "heed",
      dependencies: [
        "Terminal", "Explorer", "Analysis", "Models", "Media", "Checkpoints", "Tokenizers",
        "Tensors",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "TOMLKit", package: "TOMLKit"),
      ]),
    .target(name: "Terminal", dependencies: ["Explorer", "CNcurses"]),
    .target(
      name: "Explorer", dependencies: ["Analysis", "Models", "Tokenizers", "Tensors", "CZlib"]),
    .target(name: "Analysis", dependencies: ["Models", "Tensors"]),
    .target(name: "Models", dependencies: ["Checkpoints", "Tokenizers", "Tensors"]),
    .target(name: "Media", dependencies: ["Checkpoints", "Tensors", "CImages"]),
    .target(name: "Checkpoints", dependencies: ["Tensors", "CZlib"]),
    .target(name: "Tokenizers", dependencies: ["CPCRE2"]),
    .target(name: "Tensors", dependencies: ["COneDNN", "CKernels"]),

    .target(
      name: "CNcurses",
      exclude: ["heed-direct.ti"],
      linkerSettings: [.linkedLibrary("ncursesw"), .linkedLibrary("tinfo")]),
    .target(
      name: "CImages", linkerSettings: [.linkedLibrary("png16"), .linkedLibrary("jpeg")]),
    .target(name: "CPCRE2", linkerSettings: [.linkedLibrary("pcre2-8")]),
    .target(name: "CZlib", linkerSettings: [.linkedLibrary("z")]),
    .target(name: "COneDNN", linkerSettings: [.linkedLibrary("dnnl")]),
    .target(
      name: "CKernels",
      // Its loops are ten times slower without: tests of long prompts would wait for them.
      cSettings: [.unsafeFlags(["-O2"], .when(configuration: .debug))],
      linkerSettings: [.linkedLibrary("m")]),

    .testTarget(name: "TensorsTests", dependencies: ["Tensors"]),
    .testTarget(
      name: "CheckpointsTests", dependencies: ["Checkpoints", "Tensors"], exclude: ["Fixtures"]),
    .testTarget(
      name: "MediaTests", dependencies: ["Media", "Checkpoints", "Tensors"], exclude: ["Fixtures"]),
    .testTarget(name: "TokenizersTests", dependencies: ["Tokenizers"], exclude: ["Fixtures"]),
    .testTarget(
      name: "ModelsTests", dependencies: ["Models", "Checkpoints", "Tokenizers", "Tensors"],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "AnalysisTests", dependencies: ["Analysis", "Models", "Checkpoints", "Tensors"],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "ExplorerTests",
      dependencies: ["Explorer", "Analysis", "Models", "Tensors", "Tokenizers"],
      exclude: ["Goldens"]),
    .testTarget(
      name: "TerminalTests", dependencies: ["Terminal", "Explorer", "TmuxHarness", "TerminalDemo"]),
    .testTarget(
      name: "heedTests",
      dependencies: [
        "heed", "Explorer", "Analysis", "Models", "Checkpoints", "Tokenizers", "Tensors",
        "TmuxHarness",
      ], exclude: ["Fixtures"]),

    .testTarget(name: "FuzzTests", dependencies: ["Fuzzing"], exclude: ["Corpus"]),

    // Readers and damaged files: `make fuzz` runs them for a while, FuzzTests what was kept.
    .target(
      name: "Fuzzing", dependencies: ["Checkpoints", "Tokenizers", "Tensors"],
      path: "Tests/Support/Fuzzing"),
    .executableTarget(name: "Fuzz", dependencies: ["Fuzzing"], path: "Tests/Support/Fuzz"),

    // What end-to-end tests run programs in, and a program for trying the event loop.
    .target(name: "TmuxHarness", path: "Tests/Support/TmuxHarness"),
    .executableTarget(
      name: "TerminalDemo", dependencies: ["Terminal", "Explorer"],
      path: "Tests/Support/TerminalDemo"),
  ]
)
