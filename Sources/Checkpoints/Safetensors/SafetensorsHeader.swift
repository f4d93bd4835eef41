import Foundation
import Tensors

/// The header of a safetensors file: each tensor's name, type, shape and place.
struct SafetensorsHeader {
  /// One tensor; `begin..<end` counts from the end of the header.
  struct Entry {
    let name: String
    let type: StorageType
    let shape: [Int]
    let begin, end: Int
  }

  /// The tensors, by their place.
  let entries: [Entry]
  /// The texts under `__metadata__`.
  let metadata: [String: String]

  /// Reads `data`; every entry's numbers agree with each other afterwards.
  init(_ data: Data, file: String) throws(CheckpointError) {
    guard data.first == UInt8(ascii: "{") else {
      throw .safetensors(file: file, fault: .header(found: "something that is no object"))
    }
    let raw: Raw
    do {
      raw = try JSON.decode(Raw.self, from: data, file: file)
    } catch {
      guard case .invalidJSON(_, let found) = error else { throw error }
      throw .safetensors(file: file, fault: .header(found: found))
    }
    if let name = Self.repeatedName(in: data) {
      throw .safetensors(file: file, fault: .duplicateName(name))
    }
    do {
      entries = try Self.check(raw.entries)
    } catch { throw .safetensors(file: file, fault: error) }
    metadata = raw.metadata
  }

  /// Checks each entry on its own and sorts them by place.
  private static func check(_ raw: [String: RawEntry]) throws(SafetensorsFault) -> [Entry] {
    var entries: [Entry] = []
    entries.reserveCapacity(raw.count)
    // By name, so that of several faults always the same one is told.
    for (name, tensor) in raw.sorted(by: { $0.key < $1.key }) {
      // A type that is not read may still belong to a tensor that nobody uses.
      let type = StorageType(plain: tensor.dtype)
      guard let bytes = type.byteCount(of: tensor.shape) else {
        throw .invalidShape(tensor: name, shape: tensor.shape)
      }
      let offsets = tensor.dataOffsets
      guard offsets.count == 2, offsets[0] >= 0, offsets[0] <= offsets[1] else {
        throw .invalidOffsets(tensor: name, offsets: offsets)
      }
      guard type == .unknown(tensor.dtype) || offsets[1] - offsets[0] == bytes else {
        throw .wrongSize(tensor: name, found: offsets[1] - offsets[0], expected: bytes)
      }
      entries.append(
        Entry(name: name, type: type, shape: tensor.shape, begin: offsets[0], end: offsets[1]))
    }
    return entries.sorted { ($0.begin, $0.end, $0.name) < ($1.begin, $1.end, $1.name) }
  }

  /// The first name that the outermost object has twice: decoders keep one of them and say nothing.
  ///
  /// - Parameter data: Valid JSON.
  private static func repeatedName(in data: Data) -> String? {
    var seen: Set<Data> = []
    var depth = 0
    var start: Data.Index?
    var text = data.startIndex..<data.startIndex
    var escaped = false
    for index in data.indices {
      let byte = data[index]
      if let opening = start {
        if byte == UInt8(ascii: "\""), !escaped {
          text = (opening + 1)..<index
          start = nil
        }
        escaped = byte == UInt8(ascii: "\\") && !escaped
        continue
      }
      switch byte {
      case UInt8(ascii: "\""): start = index
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
      case UInt8(ascii: ":") where depth == 1:
        // Bytes as written: the same name written with other escapes is beyond any known writer.
        guard seen.insert(data[text]).inserted else {
          return String(decoding: data[text], as: UTF8.self)
        }
      default: break
      }
    }
    return nil
  }
}

/// A tensor's entry, in the format's words, as it is read and written.
struct RawEntry: Codable {
  let dtype: String
  let shape: [Int]
  let dataOffsets: [Int]

  enum CodingKeys: String, CodingKey {
    case dtype, shape
    case dataOffsets = "data_offsets"
  }
}

/// The header's object, its metadata apart.
private struct Raw: Decodable {
  var entries: [String: RawEntry] = [:]
  var metadata: [String: String] = [:]

  init(from decoder: any Decoder) throws {
    let members = try decoder.container(keyedBy: JSON.Name.self)
    for key in members.allKeys {
      if key.stringValue == "__metadata__" {
        metadata = try members.decode([String: String].self, forKey: key)
      } else {
        entries[key.stringValue] = try members.decode(RawEntry.self, forKey: key)
      }
    }
  }
}
