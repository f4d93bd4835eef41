import Tensors

/// A value in a pickle.
///
/// What contains others is an index into the heap: values nest as deep as a file likes, and cycles
/// and deep chains must neither leak nor overflow the stack when they are let go.
enum PickleValue {
  case none
  case bool(Bool)
  case int(Int)
  case double(Double)
  case string(String)
  /// A name of the few that are known.
  case global(PickleGlobal)
  case tuple(Int)
  case list(Int)
  case dict(Int)
  case storage(Int)
  case tensor(Int)
  /// Something that no state dict looks at, such as a whole number of more than 64 bits.
  case opaque
}

/// A stretch of numbers that tensors share.
struct PickleStorage {
  let key: String
  /// nil for raw bytes.
  let type: StorageType?
  /// Numbers in it, or bytes.
  let count: Int
}

/// A tensor's place in a storage.
struct PickleTensor {
  let storage: Int
  let type: StorageType
  let offset: Int
  let shape, strides: [Int]
}

/// All containers of one pickle.
struct PickleHeap {
  var tuples: [[PickleValue]] = []
  var lists: [[PickleValue]] = []
  var dicts: [[(key: PickleValue, value: PickleValue)]] = []
  var storages: [PickleStorage] = []
  var tensors: [PickleTensor] = []

  /// The whole numbers of a tuple, 64 at most; nil when there is anything else.
  func integers(_ value: PickleValue) -> [Int]? {
    // Tensors may share one tuple in the file but not in memory: hence the limit.
    guard case .tuple(let index) = value, tuples[index].count <= 64 else { return nil }
    var numbers: [Int] = []
    for case .int(let number) in tuples[index] { numbers.append(number) }
    return numbers.count == tuples[index].count ? numbers : nil
  }
}

/// The functions, classes and types that a state dict needs.
///
/// Everything else is refused by name.
enum PickleGlobal: Hashable {
  case orderedDict, rebuildTensor, rebuildTensorV2, rebuildTensorV3, rebuildParameter, size
  /// A class of storages; nil for raw bytes.
  case storage(StorageType?)
  /// A number type.
  case type(StorageType)

  /// The global of that name; nil when it is none of ours.
  init?(_ name: String) {
    guard let known = Self.known[name] else { return nil }
    self = known
  }

  private static let known: [String: PickleGlobal] = {
    var known: [String: PickleGlobal] = [
      "collections.OrderedDict": .orderedDict,
      "torch._utils._rebuild_tensor": .rebuildTensor,
      "torch._utils._rebuild_tensor_v2": .rebuildTensorV2,
      "torch._utils._rebuild_tensor_v3": .rebuildTensorV3,
      "torch._utils._rebuild_parameter": .rebuildParameter,
      "torch.Size": .size,
      "torch.storage.UntypedStorage": .storage(nil),
    ]
    let storages: KeyValuePairs<String, StorageType> = [
      "Double": .float64, "Float": .float32, "Half": .float16, "BFloat16": .bfloat16,
      "Long": .int64, "Int": .int32, "Short": .int16, "Char": .int8, "Byte": .uint8, "Bool": .bool,
    ]
    for (name, type) in storages { known["torch.\(name)Storage"] = .storage(type) }
    let types: KeyValuePairs<String, StorageType> = [
      "float64": .float64, "float32": .float32, "float16": .float16, "bfloat16": .bfloat16,
      "float8_e4m3fn": .float8e4m3, "float8_e5m2": .float8e5m2, "int64": .int64, "int32": .int32,
      "int16": .int16, "int8": .int8, "uint64": .uint64, "uint32": .uint32, "uint16": .uint16,
      "uint8": .uint8, "bool": .bool,
    ]
    for (name, type) in types { known["torch.\(name)"] = .type(type) }
    return known
  }()
}
