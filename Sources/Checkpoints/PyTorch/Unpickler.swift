import Tensors

/// Reads a pickle without running anything: only what a state dict needs is understood.
///
/// Source: CPython's `Lib/pickletools.py` for the operations, `torch/_weights_only_unpickler.py` for
/// the idea of the few that are needed.
struct Unpickler {
  /// Containers, storages and tensors met so far.
  var heap = PickleHeap()
  private var cursor: ByteCursor
  private var stack: [PickleValue] = []
  private var marks: [Int] = []
  private var memo: [Int: PickleValue] = [:]

  /// Where the pickle ended.
  var end: Int { cursor.position }

  /// The largest pickle that is read, in bytes: a state dict's takes about 200 per tensor.
  static let limit = 100_000_000

  init(_ bytes: UnsafeRawBufferPointer, at position: Int = 0) {
    let end = min(bytes.count, position.addingReportingOverflow(Self.limit).partialValue)
    cursor = ByteCursor(UnsafeRawBufferPointer(rebasing: bytes[..<end]), at: position)
  }

  /// Reads up to the end of the pickle.
  mutating func run() throws(PyTorchFault) -> PickleValue {
    while true {
      let position = cursor.position
      guard let code = cursor.number(UInt8.self) else {
        throw .pickle(found: position >= Self.limit ? "more than 100 MB" : "no end")
      }
      guard code != UInt8(ascii: ".") else { return try pop() }
      guard try step(code) else {
        throw .opcode(name: Self.name(of: code), position: position)
      }
    }
  }

  /// One operation; false for one that is not understood.
  private mutating func step(_ code: UInt8) throws(PyTorchFault) -> Bool {
    switch code {
    case 0x80: try check(read(UInt8.self) <= 5, "a protocol after 5")
    case 0x95: _ = try read(UInt64.self)  // FRAME: a hint about lengths
    case UInt8(ascii: "("): marks.append(stack.count)
    case UInt8(ascii: "N"): stack.append(.none)
    case 0x88: stack.append(.bool(true))
    case 0x89: stack.append(.bool(false))
    case UInt8(ascii: "K"): stack.append(.int(Int(try read(UInt8.self))))
    case UInt8(ascii: "M"): stack.append(.int(Int(try read(UInt16.self))))
    case UInt8(ascii: "J"): stack.append(.int(Int(try read(Int32.self))))
    case 0x8A: try long()
    case UInt8(ascii: "G"):
      stack.append(.double(Double(bitPattern: try read(UInt64.self).byteSwapped)))
    case UInt8(ascii: "X"), UInt8(ascii: "T"): try text(read(UInt32.self))
    case 0x8C, UInt8(ascii: "U"): try text(read(UInt8.self))
    case UInt8(ascii: "}"): newDict()
    case UInt8(ascii: "]"):
      stack.append(.list(heap.lists.count))
      heap.lists.append([])
    case UInt8(ascii: ")"): tuple([])
    case UInt8(ascii: "t"): tuple(try popToMark())
    case 0x85: tuple([try pop()])
    case 0x86, 0x87:
      let last = try pop()
      let middle = try pop()
      tuple(code == 0x86 ? [middle, last] : [try pop(), middle, last])
    case UInt8(ascii: "q"): try remember(Int(read(UInt8.self)))
    case UInt8(ascii: "r"): try remember(Int(read(UInt32.self)))
    case 0x94: try remember(memo.count)
    case UInt8(ascii: "h"): try recall(Int(read(UInt8.self)))
    case UInt8(ascii: "j"): try recall(Int(read(UInt32.self)))
    case UInt8(ascii: "a"):
      let value = try pop()
      try append([value])
    case UInt8(ascii: "e"): try append(popToMark())
    case UInt8(ascii: "s"):
      let value = try pop()
      let key = try pop()
      try set([key, value])
    case UInt8(ascii: "u"): try set(popToMark())
    case UInt8(ascii: "c"):
      guard let module = cursor.line(), let name = cursor.line() else {
        throw .pickle(found: "no end of a name")
      }
      try global("\(module).\(name)")
    case 0x93:
      guard case .string(let name) = try pop(), case .string(let module) = try pop() else {
        throw .pickle(found: "a global without a name")
      }
      try global("\(module).\(name)")
    case UInt8(ascii: "R"): try reduce()
    case UInt8(ascii: "b"): try build()
    case UInt8(ascii: "Q"): try persistent()
    default: return false
    }
    return true
  }
}

// MARK: - The stack

extension Unpickler {
  private func check(_ holds: Bool, _ found: String) throws(PyTorchFault) {
    guard holds else { throw .pickle(found: found) }
  }

  private mutating func read<Number: FixedWidthInteger>(
    _: Number.Type
  ) throws(PyTorchFault) -> Number {
    guard let number = cursor.number(Number.self) else { throw .pickle(found: "no end") }
    return number
  }

  private mutating func text<Count: BinaryInteger>(_ count: Count) throws(PyTorchFault) {
    guard let text = cursor.text(count) else { throw .pickle(found: "no end of a text") }
    stack.append(.string(text))
  }

  /// A whole number of any length, little-endian with a sign.
  private mutating func long() throws(PyTorchFault) {
    guard let bytes = cursor.take(try read(UInt8.self)) else {
      throw .pickle(found: "no end of a number")
    }
    guard bytes.count <= 8 else { return stack.append(.opaque) }
    let negative = (bytes.last ?? 0) & 0x80 != 0
    var value: UInt64 = negative ? .max : 0
    for byte in bytes.reversed() { value = value << 8 | UInt64(byte) }
    stack.append(.int(Int(Int64(bitPattern: value))))
  }

  private mutating func pop() throws(PyTorchFault) -> PickleValue {
    guard stack.count > marks.last ?? 0, let value = stack.popLast() else {
      throw .pickle(found: "too few values")
    }
    return value
  }

  private mutating func popToMark() throws(PyTorchFault) -> [PickleValue] {
    guard let mark = marks.popLast(), mark <= stack.count else {
      throw .pickle(found: "no start of a group")
    }
    defer { stack.removeSubrange(mark...) }
    return Array(stack[mark...])
  }

  private mutating func tuple(_ values: [PickleValue]) {
    stack.append(.tuple(heap.tuples.count))
    heap.tuples.append(values)
  }

  private mutating func newDict() {
    stack.append(.dict(heap.dicts.count))
    heap.dicts.append([])
  }

  private mutating func remember(_ index: Int) throws(PyTorchFault) {
    guard let top = stack.last else { throw .pickle(found: "too few values") }
    memo[index] = top
  }

  private mutating func recall(_ index: Int) throws(PyTorchFault) {
    guard let value = memo[index] else { throw .pickle(found: "a value before its definition") }
    stack.append(value)
  }

  private mutating func append(_ values: [PickleValue]) throws(PyTorchFault) {
    guard case .list(let index) = stack.last else { throw .pickle(found: "no list to add to") }
    heap.lists[index] += values
  }

  private mutating func set(_ values: [PickleValue]) throws(PyTorchFault) {
    guard case .dict(let index) = stack.last, values.count % 2 == 0 else {
      throw .pickle(found: "no dict to add to")
    }
    for place in stride(from: 0, to: values.count, by: 2) {
      heap.dicts[index].append((values[place], values[place + 1]))
    }
  }
}

// MARK: - The few functions

extension Unpickler {
  private mutating func global(_ name: String) throws(PyTorchFault) {
    guard let known = PickleGlobal(name) else { throw .global(name) }
    stack.append(.global(known))
  }

  private mutating func reduce() throws(PyTorchFault) {
    guard case .tuple(let index) = try pop(), case .global(let function) = try pop() else {
      throw .pickle(found: "a call of no function")
    }
    let arguments = heap.tuples[index]
    switch function {
    case .orderedDict:
      try check(arguments.isEmpty, "an OrderedDict with arguments")
      newDict()
    case .size:
      guard let value = arguments.first else { throw .pickle(found: "a size without numbers") }
      stack.append(value)
    case .rebuildParameter:
      guard let value = arguments.first, case .tensor = value else {
        throw .tensor(found: "a parameter without a tensor")
      }
      stack.append(value)
    case .rebuildTensor, .rebuildTensorV2, .rebuildTensorV3: try rebuild(function, arguments)
    case .storage, .type: throw .pickle(found: "a call of a type")
    }
  }

  /// Arguments: storage, offset, sizes, strides; then requires_grad and hooks; the third version
  /// gives the number type after these and counts storage in bytes.
  private mutating func rebuild(
    _ function: PickleGlobal, _ arguments: [PickleValue]
  ) throws(PyTorchFault) {
    guard arguments.count >= (function == .rebuildTensorV3 ? 7 : 4),
      case .storage(let storage) = arguments[0], case .int(let offset) = arguments[1],
      let shape = heap.integers(arguments[2]), let strides = heap.integers(arguments[3])
    else { throw .tensor(found: "a tensor without storage, sizes and strides") }
    let type: StorageType
    if function == .rebuildTensorV3 {
      guard case .global(.type(let named)) = arguments[6] else {
        throw .tensor(found: "a tensor of no known type")
      }
      type = named
    } else {
      guard let stored = heap.storages[storage].type else {
        throw .tensor(found: "a tensor over raw bytes")
      }
      type = stored
    }
    stack.append(.tensor(heap.tensors.count))
    heap.tensors.append(
      PickleTensor(storage: storage, type: type, offset: offset, shape: shape, strides: strides))
  }

  /// Sets what a dict carries beside its items; state dicts carry version numbers, which do not
  /// matter here.
  private mutating func build() throws(PyTorchFault) {
    _ = try pop()
    guard case .dict = stack.last else { throw .pickle(found: "attributes of no dict") }
  }

  /// `("storage", class, key, device, count)`; the older format adds a view, which is none today.
  private mutating func persistent() throws(PyTorchFault) {
    guard case .tuple(let index) = try pop() else { throw .pickle(found: "a foreign reference") }
    let parts = heap.tuples[index]
    guard parts.count >= 5, case .string("storage") = parts[0],
      case .global(.storage(let type)) = parts[1], case .string(let key) = parts[2],
      case .int(let count) = parts[4], count >= 0
    else { throw .pickle(found: "a reference to no storage") }
    if parts.count > 5 {
      guard case .none = parts[5] else { throw .pickle(found: "a view into another storage") }
    }
    stack.append(.storage(heap.storages.count))
    heap.storages.append(PickleStorage(key: key, type: type, count: count))
  }

  /// What pickletools calls an operation.
  private static func name(of code: UInt8) -> String {
    let names: [UInt8: String] = [
      0x81: "NEWOBJ", 0x92: "NEWOBJ_EX", 0x82: "EXT1", 0x83: "EXT2", 0x84: "EXT4",
      UInt8(ascii: "i"): "INST", UInt8(ascii: "o"): "OBJ", UInt8(ascii: "P"): "PERSID",
      UInt8(ascii: "B"): "BINBYTES", UInt8(ascii: "C"): "SHORT_BINBYTES", 0x8F: "EMPTY_SET",
      0x8E: "BINBYTES8", 0x8B: "LONG4", 0x96: "BYTEARRAY8", UInt8(ascii: "2"): "DUP",
    ]
    let hex = String(code, radix: 16, uppercase: true)
    return names[code] ?? "0x\(hex.count < 2 ? "0" : "")\(hex)"
  }
}
